using System;
using System.Collections.Generic;
using System.Linq;
using System.Net.Http;
using System.Runtime.Serialization.Json;
using System.Text;
using System.Threading.Tasks;
using System.Xml;
using System.Xml.Linq;

namespace Ccell
{
    /// <summary>An account of its own for one test, arranged by the emulator's control API.</summary>
    internal sealed class Account
    {
        internal static readonly string Url =
            Environment.GetEnvironmentVariable("CCELL_FAKE_URL") ?? "http://127.0.0.1:8026";

        private static readonly HttpClient Http = new HttpClient();

        internal Account()
        {
            var opened = Request("POST", "", "{}");
            Userid = (string)opened.Element("userid");
            Password = (string)opened.Element("password");
        }

        internal string Userid { get; }
        internal string Password { get; }
        internal List<TimeSpan> Pauses { get; } = new List<TimeSpan>();

        internal CcellClient Client(TimeSpan? timeout = null)
        {
            return new CcellClient(Url, Userid, Password, timeout: timeout)
            {
                Pause = pause =>
                {
                    Pauses.Add(pause);
                    return Task.CompletedTask;
                },
            };
        }

        /// <summary>Sends a request to the account's part of the control API.</summary>
        /// <param name="body">JSON with ' in place of ".</param>
        internal XElement Control(string method, string path, string body = "")
        {
            return Request(method, "/" + Userid + path, body.Replace('\'', '"'));
        }

        /// <summary>The values of a member of each of the account's requests or messages.</summary>
        internal List<string> Items(string path, string member)
        {
            var page = Control("GET", path + "?limit=1000");
            return page.Element("items").Elements().Select(item => (string)item.Element(member)).ToList();
        }

        internal List<string> Codes()
        {
            return Items("/journal", "code");
        }

        /// <summary>Returns the JSON of the answer, read as XML.</summary>
        private static XElement Request(string method, string path, string body)
        {
            var request = new HttpRequestMessage(new HttpMethod(method), Url + "/_ccell/v1/accounts" + path);
            var token = Environment.GetEnvironmentVariable("CCELL_FAKE_CONTROL_TOKEN");
            if (token != null)
            {
                request.Headers.Add("Authorization", "Bearer " + token);
            }
            if (body != "")
            {
                request.Content = new StringContent(body, Encoding.UTF8, "application/json");
            }
            var answer = Http.SendAsync(request).GetAwaiter().GetResult();
            var text = answer.Content.ReadAsByteArrayAsync().GetAwaiter().GetResult();
            if (!answer.IsSuccessStatusCode)
            {
                throw new InvalidOperationException($"{method} {path}: {Encoding.UTF8.GetString(text)}");
            }
            if (text.Length == 0)
            {
                return null;
            }
            using (var reader = JsonReaderWriterFactory.CreateJsonReader(text, XmlDictionaryReaderQuotas.Max))
            {
                return XElement.Load(reader);
            }
        }
    }
}
