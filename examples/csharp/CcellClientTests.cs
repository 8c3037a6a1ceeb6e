using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Ccell
{
    [TestFixture]
    public class CcellClientTests
    {
        private const string Content = "验证码为1234。【签名】";
        private const string Phone = "13800000000";
        private const string Again = "{'Location': '/sms3_api/xmlapi/send.jsp'}";
        private const string Accepted =
            "<root return=\\\"0\\\"><resp phone=\\\"13800000000\\\" return=\\\"0\\\"/></root>";

        private Account account;

        [SetUp]
        public void OpenAccount()
        {
            account = new Account();
        }

        [TearDown]
        public void CloseAccount()
        {
            account.Control("DELETE", "");
        }

        [Test]
        public void ACodeIsSentAndReportedAMinuteLater()
        {
            account.Control("PUT", "/clock", "{'mode': 'frozen'}");
            account.Control("PATCH", "", "{'report_delay': 60}");
            var client = account.Client();
            var outcome = client.SendAsync(new[] { Phone }, Content, "order-17").GetAwaiter().GetResult().Single();
            Assert.That(outcome.State, Is.EqualTo(State.Accepted));
            Assert.That(ReportPages(client), Is.Empty);

            account.Control("POST", "/clock/advance", "{'seconds': 60}");
            var report = ReportPages(client).Single().Single();
            Assert.That(
                new[] { report.Msgid, report.Linkid, report.Phone, report.Status },
                Is.EqualTo(new[] { outcome.Msgid, "order-17", Phone, "0" }));
        }

        [Test]
        public void EachNumberHasItsOwnCode()
        {
            var outcomes = Send(account.Client(), Phone, "19500001111");
            Assert.That(outcomes[0].State, Is.EqualTo(State.Accepted));
            Assert.That(outcomes[1].State, Is.EqualTo(State.Refused));
            Assert.That(outcomes[1].Code, Is.EqualTo("1004001"));
            Assert.That(outcomes[1].Info, Is.EqualTo("手机号不可识别19500001111"));
        }

        [Test]
        public void EveryCharacterArrivesUnchanged()
        {
            var content = "<a href=\"x\">&amp; 'b'</a>\r\n\t+%41 😀【签名】";
            account.Client().SendAsync(new[] { Phone }, content).Wait();
            Assert.That(account.Items("/messages", "content"), Is.EqualTo(new[] { content }));
        }

        [Test]
        public void ManyNumbersAreSentInRequestsOfAtMost500()
        {
            var outcomes = Send(account.Client(), Phones(1001));
            Assert.That(outcomes.Select(outcome => outcome.Phone), Is.EqualTo(Phones(1001)));
            Assert.That(States(outcomes), Is.EqualTo(new[] { State.Accepted }));
            Assert.That(account.Items("/journal", "items"), Is.EqualTo(new[] { "500", "500", "1" }));
        }

        [Test]
        public void ANumberThatOccursTwiceGetsOneMessage()
        {
            Assert.That(Send(account.Client(), Phone, Phone), Has.Count.EqualTo(1));
            Assert.That(account.Items("/messages", "phone"), Has.Count.EqualTo(1));
        }

        [TestCase("", Content)]
        [TestCase("138 0000", Content)]
        [TestCase("13800000000,13900000000", Content)]
        [TestCase("+8613800000000", Content)]
        [TestCase(Phone, "\u001b")]
        [TestCase(Phone, "\uffff")]
        public void AWrongArgumentIsAnErrorBeforeAnythingIsSent(string phone, string content)
        {
            Assert.That(
                () => account.Client().SendAsync(new[] { phone }, content).GetAwaiter().GetResult(),
                Throws.InstanceOf<ArgumentException>());
            Assert.That(account.Codes(), Is.Empty);
        }

        [TestCase("{'kind': 'close', 'processed': true}")]
        [TestCase("{'kind': 'reset', 'processed': true}")]
        [TestCase("{'kind': 'truncate'}")]
        [TestCase("{'kind': 'broken_xml'}")]
        [TestCase("{'kind': 'http', 'status': 502, 'processed': true, 'body': '" + Accepted + "'}")]
        [TestCase("{'kind': 'http', 'status': 307, 'processed': true, 'headers': " + Again + "}")]
        [TestCase("{'kind': 'http', 'status': 200, 'processed': true, 'body': '<html/>'}")]
        [TestCase("{'kind': 'code', 'code': '1001999'}")]
        public void ASendWithoutAReadableAnswerIsUnknownAndNotSentAgain(string fault)
        {
            var client = account.Client();
            Send(client, Phone); // A library that keeps connections has one now.
            account.Control("POST", "/faults", fault);
            var outcomes = Send(client, Phones(501));
            Assert.That(States(outcomes.Take(500)), Is.EqualTo(new[] { State.Unknown }));
            Assert.That(outcomes[500].State, Is.EqualTo(State.NotSent));
            Assert.That(account.Codes(), Has.Count.EqualTo(2));
            Assert.That(
                account.Items("/messages", "phone"), Has.Count.EqualTo(fault.Contains("1001999") ? 1 : 501));
            Assert.That(account.Pauses, Is.Empty);
        }

        [Test]
        public void ASendThatIsNotAnsweredInTimeIsUnknownAndNotSentAgain(
            [Values("{'kind': 'delay', 'seconds': 1.5}", "{'kind': 'dribble', 'piece': 20, 'seconds': 0.2}")]
            string fault)
        {
            account.Control("POST", "/faults", fault);
            var outcomes = Send(account.Client(TimeSpan.FromMilliseconds(500)), Phone);
            Assert.That(outcomes[0].State, Is.EqualTo(State.Unknown));
            account.Control("POST", "/wait", "{'phone': '138*', 'timeout': 30}");
            Assert.That(account.Codes(), Is.EqualTo(new[] { "0" }));
        }

        [Test]
        public void ANumberThatTheAnswerDoesNotContainIsUnknown()
        {
            account.Control("POST", "/faults", "{'kind': 'http', 'status': 200, 'body': '" + Accepted + "'}");
            var outcomes = Send(account.Client(), Phones(2));
            Assert.That(
                outcomes.Select(outcome => outcome.State), Is.EqualTo(new[] { State.Accepted, State.Unknown }));
        }

        [Test]
        public void ARequestOverTheThreadLimitIsSentAgainAfterAPause()
        {
            account.Control("POST", "/holds", "{'slots': 3}");
            var client = account.Client();
            client.Pause = pause => Task.Run(() => account.Control("DELETE", "/holds"));
            Assert.That(States(Send(client, Phone)), Is.EqualTo(new[] { State.Accepted }));
            Assert.That(account.Codes(), Is.EqualTo(new[] { "1001006", "0" }));
        }

        [Test]
        public void ARequestOverTheThreadLimitIsGivenUpAfterFourAttempts()
        {
            account.Control("POST", "/holds", "{'slots': 3}");
            var outcome = Send(account.Client(), Phone).Single();
            Assert.That(outcome.State, Is.EqualTo(State.NotSent));
            Assert.That(outcome.Code, Is.EqualTo("1001006"));
            Assert.That(account.Codes(), Is.EqualTo(Enumerable.Repeat("1001006", 4)));
            Assert.That(account.Pauses, Has.Count.EqualTo(3));
            Assert.That(account.Pauses, Is.Ordered);
        }

        [Test]
        public void NothingIsSentWithoutAConnection()
        {
            var unused = new TcpListener(IPAddress.Loopback, 0);
            unused.Start();
            var port = ((IPEndPoint)unused.LocalEndpoint).Port;
            unused.Stop();
            var pauses = 0;
            var client = new CcellClient("http://127.0.0.1:" + port, "200001", "123456")
            {
                Pause = pause => Task.FromResult(pauses++),
            };
            Assert.That(States(Send(client, Phone)), Is.EqualTo(new[] { State.NotSent }));
            Assert.That(pauses, Is.EqualTo(3));
        }

        [Test]
        public void ARefusedRequestIsNotSentAgain()
        {
            account.Control("PATCH", "", "{'balance': 0}");
            var outcome = Send(account.Client(), Phone).Single();
            Assert.That(outcome.State, Is.EqualTo(State.Refused));
            Assert.That(outcome.Code, Is.EqualTo("1001002"));
            Assert.That(account.Codes(), Is.EqualTo(new[] { "1001002" }));
        }

        [Test]
        public void SendsAtTheSameTimeKeepToTheThreadLimit()
        {
            account.Control("PATCH", "", "{'processing_time': 0.1}");
            var client = account.Client();
            var sends = Phones(9).Select(phone => client.SendAsync(new[] { phone }, Content)).ToArray();
            var outcomes = Task.WhenAll(sends).GetAwaiter().GetResult().SelectMany(send => send);
            Assert.That(States(outcomes), Is.EqualTo(new[] { State.Accepted }));
            Assert.That(account.Codes(), Is.EqualTo(Enumerable.Repeat("0", 9)));
        }

        [TestCase(299, new[] { 299 })]
        [TestCase(300, new[] { 300 })]
        [TestCase(650, new[] { 300, 300, 50 })]
        public void ReportsAreFetchedUntilAPageIsNotFull(int count, int[] sizes)
        {
            var client = account.Client();
            Send(client, Phones(count));
            Assert.That(ReportPages(client).Select(page => page.Count), Is.EqualTo(sizes));
            Assert.That(ReportPages(client), Is.Empty);
        }

        [Test]
        public void PagesBeforeAFailureAreHandedOver()
        {
            var client = account.Client();
            Send(client, Phones(301));
            account.Control("POST", "/faults", "{'kind': 'close', 'operation': 'report', 'skip': 1}");
            var sizes = new List<int>();
            CcellException failure = null;
            try
            {
                client.ReportsAsync(page => Task.Run(() => sizes.Add(page.Count))).GetAwaiter().GetResult();
            }
            catch (CcellException error)
            {
                failure = error;
            }
            Assert.That(sizes, Is.EqualTo(new[] { 300 }));
            Assert.That(failure.State, Is.EqualTo(State.Unknown));
        }

        [Test]
        public void RepliesAreFetchedUntilAPageIsNotFull()
        {
            foreach (var phone in Phones(101))
            {
                account.Control("POST", "/upmsgs", "{'phone': '" + phone + "', 'content': ' 好的 <ok> '}");
            }
            var pages = new List<List<Upmsg>>();
            account.Client().UpmsgsAsync(page => Task.Run(() => pages.Add(page))).Wait();
            Assert.That(pages.Select(page => page.Count), Is.EqualTo(new[] { 100, 1 }));
            Assert.That(pages[1][0].Phone, Is.EqualTo(Phones(101)[100]));
            Assert.That(pages[1][0].Msgcontent, Is.EqualTo(" 好的 <ok> "));
        }

        [Test]
        public void ASignedSendHasASignOfItsOwnAndNoPassword()
        {
            var client = account.Client();
            client.Signed = true;
            foreach (var phone in Phones(2))
            {
                Assert.That(States(Send(client, phone)), Is.EqualTo(new[] { State.Accepted }));
            }
            foreach (var request in account.Items("/journal", "request"))
            {
                Assert.That(request.Contains("sign="), request);
                Assert.That(!request.Contains("password="), request);
            }
        }

        private static string[] Phones(int count)
        {
            return Enumerable.Range(0, count).Select(number => $"138{number:D8}").ToArray();
        }

        private static List<Outcome> Send(CcellClient client, params string[] phones)
        {
            return client.SendAsync(phones, Content).GetAwaiter().GetResult();
        }

        private static List<State> States(IEnumerable<Outcome> outcomes)
        {
            return outcomes.Select(outcome => outcome.State).Distinct().ToList();
        }

        private static List<List<Report>> ReportPages(CcellClient client)
        {
            var pages = new List<List<Report>>();
            client.ReportsAsync(page => Task.Run(() => pages.Add(page))).GetAwaiter().GetResult();
            return pages;
        }
    }
}
