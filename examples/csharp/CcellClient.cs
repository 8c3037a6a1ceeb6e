using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading;
using System.Threading.Tasks;
using System.Xml;
using System.Xml.Linq;

namespace Ccell
{
    /// <summary>What is known about a message.</summary>
    public enum State
    {
        Accepted,
        Refused,

        /// <summary>It may have been sent. Look for its linkid in the reports before you send it again.</summary>
        Unknown,

        /// <summary>You may send it again.</summary>
        NotSent,
    }

    /// <summary>Outcome of a send for one number.</summary>
    public sealed class Outcome
    {
        internal Outcome(string phone, string linkid, State state, string code, string info, string msgid = "")
        {
            Phone = phone;
            Linkid = linkid;
            State = state;
            Code = code;
            Info = info;
            Msgid = msgid;
        }

        public string Phone { get; }
        public string Linkid { get; }
        public State State { get; }

        /// <summary>The gateway's code; empty without an answer.</summary>
        public string Code { get; }

        /// <summary>The gateway's text, or the reason why there is none.</summary>
        public string Info { get; }

        /// <summary>The number of the message in its report; empty without an answer.</summary>
        public string Msgid { get; }
    }

    /// <summary>Status report.</summary>
    public sealed class Report
    {
        internal Report(XElement report)
        {
            Msgid = report.Text("msgid");
            Linkid = report.Text("linkid");
            Phone = report.Text("phone").Trim();
            Recvtime = report.Text("recvtime");
            Status = report.Text("status");
            Info = report.Text("info");
        }

        public string Msgid { get; }
        public string Linkid { get; }
        public string Phone { get; }

        /// <summary>China's time.</summary>
        public string Recvtime { get; }

        /// <summary>"0" means delivered.</summary>
        public string Status { get; }

        public string Info { get; }
    }

    /// <summary>Upstream message: a message from a phone.</summary>
    public sealed class Upmsg
    {
        internal Upmsg(XElement upmsg)
        {
            Spnumber = upmsg.Text("spnumber");
            Phone = upmsg.Text("phone").Trim();
            Motime = upmsg.Text("motime");
            Msgcontent = upmsg.Text("msgcontent");
        }

        public string Spnumber { get; }
        public string Phone { get; }

        /// <summary>China's time.</summary>
        public string Motime { get; }

        public string Msgcontent { get; }
    }

    /// <summary>A request without success. In the state Unknown, the gateway may have processed it.</summary>
    public sealed class CcellException : Exception
    {
        internal CcellException(State state, string info, string code = "")
            : base($"{state}: {code} {info}")
        {
            State = state;
            Info = info;
            Code = code;
        }

        public State State { get; }
        public string Info { get; }
        public string Code { get; }
    }

    /// <summary>Client of one account. All threads should share it, because it keeps to the thread limit.</summary>
    public sealed class CcellClient
    {
        private const int NumbersPerRequest = 500;
        private const int ReportsPerAnswer = 300;
        private const int UpmsgsPerAnswer = 100;
        private const int Attempts = 4;
        private const string Success = "0";
        private const string TooManyRequests = "1001006";

        // Codes after which nothing was sent. After any other code the outcome is unknown, as after 1001999.
        private static readonly Regex Refusals = new Regex(@"\A(100100[1-7]|10040(0[1-9]|1[0-5]))\z");
        private static readonly HashSet<SocketError> NotConnected = new HashSet<SocketError>
        {
            SocketError.ConnectionRefused, SocketError.HostNotFound, SocketError.TryAgain, SocketError.NoData,
        };

        private readonly HttpClient http;
        private readonly string url;
        private readonly string userid;
        private readonly string password;
        private readonly SemaphoreSlim slots;
        private readonly Random random = new Random();
        private int serial;

        /// <param name="threads">
        /// The account's thread limit. If several processes use the account, divide it among them.
        /// </param>
        public CcellClient(string url, string userid, string password, int threads = 3, TimeSpan? timeout = null)
        {
            this.url = url.TrimEnd('/') + "/sms3_api/xmlapi/";
            this.userid = userid;
            this.password = password;
            slots = new SemaphoreSlim(threads, threads);
            serial = random.Next(1000000);
            http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false })
            {
                Timeout = timeout ?? TimeSpan.FromSeconds(30),
            };
        }

        /// <summary>Signs requests instead of sending the password.</summary>
        public bool Signed { get; set; }

        /// <summary>How to pause before a further attempt.</summary>
        public Func<TimeSpan, Task> Pause { get; set; } = Task.Delay;

        /// <summary>Sends to each different number once, and returns an outcome for each.</summary>
        /// <param name="linkid">Your reference for these messages; null for a generated one.</param>
        /// <exception cref="ArgumentException">A phone or a text is impossible. Nothing was sent.</exception>
        public async Task<List<Outcome>> SendAsync(IEnumerable<string> phones, string content, string linkid = null)
        {
            linkid = linkid ?? Guid.NewGuid().ToString("N");
            var numbers = phones.Distinct().ToList();
            var wrong = numbers.FirstOrDefault(phone => !Regex.IsMatch(phone, @"\A[0-9]+\z"));
            if (wrong != null)
            {
                throw new ArgumentException($"a phone must consist of digits, got '{wrong}'", nameof(phones));
            }
            try
            {
                XmlConvert.VerifyXmlChars(content + linkid);
            }
            catch (XmlException error)
            {
                throw new ArgumentException("content and linkid must consist of characters that XML allows", error);
            }

            var outcomes = new List<Outcome>();
            for (var start = 0; start < numbers.Count; start += NumbersPerRequest)
            {
                var batch = numbers.Skip(start).Take(NumbersPerRequest).ToList();
                var submit = new XElement(
                    "submit",
                    new XAttribute("phone", string.Join(",", batch)),
                    new XAttribute("content", content),
                    new XAttribute("linkid", linkid));
                try
                {
                    var resps = new Dictionary<string, XElement>();
                    foreach (var resp in (await CallAsync("send", submit).ConfigureAwait(false)).Elements("resp"))
                    {
                        resps[resp.Text("phone").Trim()] = resp;
                    }
                    outcomes.AddRange(batch.Select(
                        phone => ToOutcome(phone, linkid, resps.TryGetValue(phone, out var resp) ? resp : null)));
                }
                catch (CcellException error)
                {
                    outcomes.AddRange(batch.Select(
                        phone => new Outcome(phone, linkid, error.State, error.Code, error.Info)));
                    outcomes.AddRange(numbers.Skip(start + NumbersPerRequest).Select(
                        phone => new Outcome(phone, linkid, State.NotSent, "", "an earlier request failed")));
                    break;
                }
            }
            return outcomes;
        }

        /// <summary>
        /// Hands over pages of reports until there are no more. Store each page: the gateway hands it out only once.
        /// </summary>
        /// <exception cref="CcellException">A request failed. The pages before it were handed over.</exception>
        public Task ReportsAsync(Func<List<Report>, Task> store)
        {
            return FetchAsync("report", ReportsPerAnswer, item => new Report(item), store);
        }

        /// <summary>Hands over pages of upstream messages, as ReportsAsync does.</summary>
        public Task UpmsgsAsync(Func<List<Upmsg>, Task> store)
        {
            return FetchAsync("upmsg", UpmsgsPerAnswer, item => new Upmsg(item), store);
        }

        private async Task FetchAsync<T>(string endpoint, int full, Func<XElement, T> read, Func<List<T>, Task> store)
        {
            List<T> page;
            do
            {
                var root = await CallAsync(endpoint, null).ConfigureAwait(false);
                page = root.Elements(endpoint).Select(read).ToList();
                if (page.Count > 0)
                {
                    await store(page).ConfigureAwait(false);
                }
            }
            while (page.Count >= full);
        }

        /// <summary>Retries, with longer and longer pauses, only what was surely not sent.</summary>
        private async Task<XElement> CallAsync(string endpoint, XElement submit)
        {
            for (var attempt = 1; ; attempt++)
            {
                await slots.WaitAsync().ConfigureAwait(false);
                try
                {
                    return await RequestAsync(endpoint, submit).ConfigureAwait(false);
                }
                catch (CcellException error) when (error.State == State.NotSent && attempt < Attempts)
                {
                    // Tried again below.
                }
                finally
                {
                    slots.Release();
                }
                await Pause(TimeSpan.FromSeconds(Math.Pow(2, attempt) * (0.25 + Jitter() / 4))).ConfigureAwait(false);
            }
        }

        private async Task<XElement> RequestAsync(string endpoint, XElement submit)
        {
            var body = new XElement("root", Credentials(), submit).ToString(SaveOptions.DisableFormatting);
            var root = Parse(await PostAsync(url + endpoint + ".jsp", body).ConfigureAwait(false));
            var code = root.Text("return");
            if (code == Success && root.Name == "root")
            {
                return root;
            }
            var state = code == TooManyRequests ? State.NotSent : RefusedOrUnknown(code);
            throw new CcellException(state, root.Text("info"), code);
        }

        /// <summary>Posts once: HttpClient does not resend the content of a POST.</summary>
        private async Task<byte[]> PostAsync(string address, string body)
        {
            using (var request = new HttpRequestMessage(HttpMethod.Post, address))
            {
                request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
                request.Content.Headers.ContentType = new MediaTypeHeaderValue("text/xml") { CharSet = "UTF-8" };
                // A kept connection may close just when a request is written. A new one does not.
                request.Headers.ConnectionClose = true;
                try
                {
                    using (var answer = await http.SendAsync(request).ConfigureAwait(false))
                    {
                        if (answer.StatusCode != HttpStatusCode.OK)
                        {
                            throw new CcellException(State.Unknown, $"HTTP status {(int)answer.StatusCode}");
                        }
                        return await answer.Content.ReadAsByteArrayAsync().ConfigureAwait(false);
                    }
                }
                catch (Exception error) when (error is HttpRequestException || error is IOException)
                {
                    throw IsNotConnected(error)
                        ? new CcellException(State.NotSent, "no connection: " + error.GetBaseException().Message)
                        : new CcellException(State.Unknown, "no answer: " + error.GetBaseException().Message);
                }
                catch (OperationCanceledException)
                {
                    throw new CcellException(State.Unknown, $"no answer within {http.Timeout.TotalSeconds} s");
                }
            }
        }

        private static bool IsNotConnected(Exception error)
        {
            return error.GetBaseException() is SocketException cause && NotConnected.Contains(cause.SocketErrorCode);
        }

        private XAttribute[] Credentials()
        {
            var account = new XAttribute("userid", userid);
            if (!Signed)
            {
                return new[] { account, new XAttribute("password", password) };
            }
            // Each request needs a seqid of its own: China's time as yyMMddHHmmss, and six digits.
            var number = (uint)Interlocked.Increment(ref serial) % 1000000;
            var seqid = FormattableString.Invariant($"{DateTime.UtcNow.AddHours(8):yyMMddHHmmss}{number:D6}");
            var sign = Md5(seqid + Md5(password));
            return new[] { account, new XAttribute("seqid", seqid), new XAttribute("sign", sign) };
        }

        private double Jitter()
        {
            lock (random)
            {
                return random.NextDouble();
            }
        }

        private static Outcome ToOutcome(string phone, string linkid, XElement resp)
        {
            if (resp == null)
            {
                return new Outcome(phone, linkid, State.Unknown, "", "the answer does not contain the number");
            }
            var code = resp.Text("return");
            var state = code == Success ? State.Accepted : RefusedOrUnknown(code);
            return new Outcome(phone, linkid, state, code, resp.Text("info"), resp.Text("msgid"));
        }

        private static State RefusedOrUnknown(string code)
        {
            return Refusals.IsMatch(code) ? State.Refused : State.Unknown;
        }

        private static XElement Parse(byte[] answer)
        {
            try
            {
                using (var reader = XmlReader.Create(new MemoryStream(answer))) // It refuses a DTD.
                {
                    return XElement.Load(reader);
                }
            }
            catch (XmlException error)
            {
                throw new CcellException(State.Unknown, "unreadable answer: " + error.Message);
            }
        }

        private static string Md5(string text)
        {
            using (var md5 = MD5.Create())
            {
                return string.Concat(md5.ComputeHash(Encoding.UTF8.GetBytes(text)).Select(one => one.ToString("x2")));
            }
        }
    }

    internal static class Attributes
    {
        /// <summary>The value of an attribute; empty if there is none.</summary>
        internal static string Text(this XElement element, string name)
        {
            return (string)element.Attribute(name) ?? "";
        }
    }
}
