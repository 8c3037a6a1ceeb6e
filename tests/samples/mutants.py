"""Wrong variants of the sample clients, each with one error that a team could make, and the test that fails."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Mutant:
    """A wrong client.

    Attributes:
        folder: The folder of the right client in `examples`.
        error: What it does wrong.
        file: The file that is changed.
        before: Text that occurs in it once.
        after: The text in its place.
        test: The test that fails.
    """

    folder: str
    error: str
    file: str
    before: str
    after: str
    test: str

    def __str__(self) -> str:
        """The id of its test."""
        return f"{self.folder}-{self.error.replace(' ', '-')}"

    def change(self, copy: Path) -> None:
        """Put the error into a copy of the right client."""
        path = copy / self.file
        right = path.read_text("utf-8")
        assert right.count(self.before) == 1, f"{self.before!r} must occur once in {path}"
        path.write_text(right.replace(self.before, self.after), "utf-8")


_RESENDS = "sends again after an unknown outcome"
_FIRST_PAGE = "fetches only the first page"
_NO_CODES = "takes every number as accepted"
_BATCHES = "sends too many numbers at once"
_THREADS = "exceeds the thread limit"
_SYSTEM_ERROR = "takes 1001999 as a refusal"
_NO_RETRY = "never tries again"
_HTTP = "ignores the HTTP status"
_SEQID = "uses a seqid twice"
_CONNECTION = "takes a refused connection as unknown"
_PAGES = "loses the pages before a failure"
_SLOW = "waits without end for a slow answer"

_REFUSALS = "100100[1-7]|10040(0[1-9]|1[0-5])"
_MORE_REFUSALS = r"100[14]\d\d\d"
_UNKNOWN = "ASendWithoutAReadableAnswerIsUnknownAndNotSentAgain"
_LIMIT, _NO_LIMIT = "NUMBERS_PER_REQUEST = 500", "NUMBERS_PER_REQUEST = 1000"

_JAVA = "src/main/java/ccell/CcellClient.java"
_HTTP_CLIENT = "src/main/java/ccell/HttpClientTransport.java"
_URL_CONNECTION = "src/main/java/ccell/UrlConnectionTransport.java"
_JAVA_UNKNOWN = "#aSendWithoutAReadableAnswerIsUnknownAndNotSentAgain(java.lang.String)"
_JAVA_SLOW = "#aSendThatIsNotAnsweredInTimeIsUnknownAndNotSentAgain(java.lang.String)"

MUTANTS = [
    *(
        Mutant("java", *each)
        for each in (
            (_RESENDS, _JAVA, "error.state != State.NOT_SENT || ", "", f"UrlConnectionTransportTest{_JAVA_UNKNOWN}"),
            (
                "lets HttpURLConnection send again",
                _URL_CONNECTION,
                "connection.setFixedLengthStreamingMode(body.length);",
                "",
                f"UrlConnectionTransportTest{_JAVA_UNKNOWN}",
            ),
            (
                "follows redirects",
                _HTTP_CLIENT,
                ".version(HttpClient.Version.HTTP_1_1)",
                ".followRedirects(HttpClient.Redirect.ALWAYS)",
                f"HttpClientTransportTest{_JAVA_UNKNOWN}",
            ),
            (
                _HTTP,
                _HTTP_CLIENT,
                "answer.statusCode() != 200",
                "answer.statusCode() < 0",
                f"HttpClientTransportTest{_JAVA_UNKNOWN}",
            ),
            (
                _FIRST_PAGE,
                _JAVA,
                "page.size() >= full",
                "false",
                "HttpClientTransportTest#reportsAreFetchedUntilAPageIsNotFull(int,java.lang.String)",
            ),
            (
                _NO_CODES,
                _JAVA,
                "code.equals(SUCCESS) ? State.ACCEPTED : refusedOrUnknown(code)",
                "State.ACCEPTED",
                "HttpClientTransportTest#eachNumberHasItsOwnCode()",
            ),
            (
                _BATCHES,
                _JAVA,
                _LIMIT,
                _NO_LIMIT,
                "HttpClientTransportTest#manyNumbersAreSentInRequestsOfAtMost500()",
            ),
            (
                _THREADS,
                _JAVA,
                "slots = new Semaphore(3, true)",
                "slots = new Semaphore(9, true)",
                "HttpClientTransportTest#threadsThatShareAClientKeepToTheThreadLimit()",
            ),
            (
                _SYSTEM_ERROR,
                _JAVA,
                _REFUSALS,
                _MORE_REFUSALS.replace("\\", "\\\\"),
                f"UrlConnectionTransportTest{_JAVA_UNKNOWN}",
            ),
            (
                _NO_RETRY,
                _JAVA,
                "attempts = 4",
                "attempts = 1",
                "HttpClientTransportTest#aRequestOverTheThreadLimitIsSentAgainAfterAPause()",
            ),
            (
                _SEQID,
                _JAVA,
                "serial.getAndIncrement()",
                "serial.get()",
                "HttpClientTransportTest#aSignedSendHasASignOfItsOwnAndNoPassword()",
            ),
            (
                _SLOW,
                _URL_CONNECTION,
                "timeoutMillis * 1_000_000L",
                "Long.MAX_VALUE",
                f"UrlConnectionTransportTest{_JAVA_SLOW}",
            ),
            (
                "escapes no line break",
                _JAVA,
                '.replace("\\n", "&#10;")',
                "",
                "HttpClientTransportTest#everyCharacterArrivesUnchanged()",
            ),
            (
                _CONNECTION,
                _JAVA,
                'throw new CcellException(State.NOT_SENT, "", error.getMessage())',
                'throw new CcellException(State.UNKNOWN, "", error.getMessage())',
                "HttpClientTransportTest#nothingIsSentWithoutAConnection()",
            ),
        )
    ),
    *(
        Mutant("php", error, "src/CcellClient.php", *each)
        for error, *each in (
            (
                _RESENDS,
                "$error->state !== State::NotSent || ",
                "",
                f"test{_UNKNOWN}",
            ),
            (
                "keeps its connection so that curl sends again",
                "$curl = curl_init($url);",
                "static $curl; $curl ??= curl_init(); curl_setopt($curl, CURLOPT_URL, $url);",
                f"test{_UNKNOWN}",
            ),
            (_FIRST_PAGE, "count($page) >= $full", "false", "testReportsAreFetchedUntilAPageIsNotFull"),
            (
                _NO_CODES,
                "$code === self::SUCCESS ? State::Accepted : self::refusedOrUnknown($code)",
                "State::Accepted",
                "testEachNumberHasItsOwnCode",
            ),
            (
                _BATCHES,
                _LIMIT,
                _NO_LIMIT,
                "testManyNumbersAreSentInRequestsOfAtMost500",
            ),
            (_THREADS, "@flock($file, LOCK_EX)", "true", "testProcessesKeepToTheThreadLimit"),
            (
                _SYSTEM_ERROR,
                _REFUSALS,
                _MORE_REFUSALS,
                f"test{_UNKNOWN}",
            ),
            (_NO_RETRY, "ATTEMPTS = 4", "ATTEMPTS = 1", "testARequestOverTheThreadLimitIsSentAgainAfterAPause"),
            (_HTTP, "$status !== 200", "false", f"test{_UNKNOWN}"),
            (_SEQID, "random_int(0, 999_999)", "1", "testASignedSendHasASignOfItsOwnAndNoPassword"),
            (
                _CONNECTION,
                "CcellException(State::NotSent, 'no connection",
                "CcellException(State::Unknown, 'no connection",
                "testNothingIsSentWithoutAConnection",
            ),
        )
    ),
    *(
        Mutant("node", error, "ccell.js", *each)
        for error, *each in (
            (_RESENDS, ' || error.state !== "not sent" || ', " || ", '"kind":"close"'),
            (_FIRST_PAGE, "count = items.length;", "count = 0;", "650 reports are fetched"),
            (
                _NO_CODES,
                'code === SUCCESS ? "accepted" : refusedOrUnknown(code)',
                '"accepted"',
                "each number has its own code",
            ),
            (_BATCHES, _LIMIT, _NO_LIMIT, "many numbers are sent"),
            (_THREADS, "this.#free > 0", "true", "sends at the same time keep to the thread limit"),
            (_SYSTEM_ERROR, _REFUSALS, _MORE_REFUSALS, '"code":"1001999"'),
            (_NO_RETRY, "attempts = 4", "attempts = 1", "sent again after a pause"),
            (_HTTP, "answer.status !== 200", "false", '"status":502'),
            ("follows redirects", 'redirect: "manual"', 'redirect: "follow"', '"status":307'),
            (_SEQID, "serial = (serial + 1) % 1_000_000;", "", "a signed send"),
            (_CONNECTION, 'CcellError("not sent", `no', 'CcellError("unknown", `no', "without a connection"),
        )
    ),
    *(
        Mutant("go", error, "ccell.go", *each)
        for error, *each in (
            (_RESENDS, " || err.State != NotSent", "", f"Test{_UNKNOWN}"),
            (_FIRST_PAGE, " || len(page) < full", " || true", "TestReportsAreFetchedUntilAPageIsNotFull"),
            (
                _NO_CODES,
                "stateOf(one.Return), one.Return",
                "Accepted, one.Return",
                "TestEachNumberHasItsOwnCode",
            ),
            (_BATCHES, "= 500\n", "= 1000\n", "TestManyNumbersAreSentInRequestsOfAtMost500"),
            (
                _THREADS,
                "make(chan struct{}, threads)",
                "make(chan struct{}, 9)",
                "TestGoroutinesThatShareAClientKeepToTheThreadLimit",
            ),
            (
                _SYSTEM_ERROR,
                _REFUSALS,
                _MORE_REFUSALS,
                f"Test{_UNKNOWN}",
            ),
            (_NO_RETRY, "= 4\n", "= 1\n", "TestARequestOverTheThreadLimitIsSentAgainAfterAPause"),
            (
                _HTTP,
                "response.StatusCode != http.StatusOK",
                "response.StatusCode == 0",
                f"Test{_UNKNOWN}",
            ),
            (
                "follows redirects",
                "{ return http.ErrUseLastResponse }",
                "{ return nil }",
                f"Test{_UNKNOWN}",
            ),
            (_SEQID, "client.serial.Add(1)", "client.serial.Load()", "TestASignedSendHasASignOfItsOwnAndNoPassword"),
            (
                _CONNECTION,
                'State: NotSent, Info: "no',
                'State: Unknown, Info: "no',
                "TestNothingIsSentWithoutAConnection",
            ),
        )
    ),
    *(
        Mutant("csharp", error, "CcellClient.cs", *each)
        for error, *each in (
            (
                _RESENDS,
                "error.State == State.NotSent && ",
                "error.State != State.Refused && ",
                _UNKNOWN,
            ),
            (_FIRST_PAGE, "page.Count >= full", "page.Count > full", "ReportsAreFetchedUntilAPageIsNotFull"),
            (
                _NO_CODES,
                "code == Success ? State.Accepted : RefusedOrUnknown(code)",
                "State.Accepted",
                "EachNumberHasItsOwnCode",
            ),
            (
                _BATCHES,
                "NumbersPerRequest = 500",
                "NumbersPerRequest = 1000",
                "ManyNumbersAreSentInRequestsOfAtMost500",
            ),
            (
                _THREADS,
                "new SemaphoreSlim(threads, threads)",
                "new SemaphoreSlim(9)",
                "SendsAtTheSameTimeKeepToTheThreadLimit",
            ),
            (
                _SYSTEM_ERROR,
                _REFUSALS,
                _MORE_REFUSALS,
                _UNKNOWN,
            ),
            (_NO_RETRY, "Attempts = 4", "Attempts = 1", "ARequestOverTheThreadLimitIsSentAgainAfterAPause"),
            (
                _HTTP,
                "answer.StatusCode != HttpStatusCode.OK",
                "answer.StatusCode == 0",
                _UNKNOWN,
            ),
            (
                "follows redirects",
                "AllowAutoRedirect = false",
                "AllowAutoRedirect = true",
                _UNKNOWN,
            ),
            (
                _SEQID,
                "Interlocked.Increment(ref serial)",
                "serial",
                "ASignedSendHasASignOfItsOwnAndNoPassword",
            ),
            (
                _CONNECTION,
                'new CcellException(State.NotSent, "no',
                'new CcellException(State.Unknown, "no',
                "NothingIsSentWithoutAConnection",
            ),
        )
    ),
    *(
        Mutant("python", error, "ccell_client.py", *each)
        for error, *each in (
            (_RESENDS, "error.state is not State.NOT_SENT or ", "", "test_a_send_without_a_readable_answer"),
            (_FIRST_PAGE, "len(items) < size", "True", "test_reports_are_fetched"),
            (
                _PAGES,
                'self._pages("report", REPORTS_PER_ANSWER, Report)',
                'iter([*self._pages("report", REPORTS_PER_ANSWER, Report)])',
                "test_pages_before_a_failure",
            ),
            (
                _NO_CODES,
                'State.ACCEPTED if code == "0" else State.REFUSED if code in REFUSALS else State.UNKNOWN',
                "State.ACCEPTED",
                "test_each_number_has_its_own_code",
            ),
            (_BATCHES, _LIMIT, _NO_LIMIT, "test_many_numbers"),
            (_THREADS, "BoundedSemaphore(threads)", "BoundedSemaphore(9)", "test_threads_that_share_a_client"),
            (
                _SYSTEM_ERROR,
                "range(1001001, 1001008)",
                "range(1001001, 1002000)",
                "test_a_send_without_a_readable_answer",
            ),
            (_NO_RETRY, "attempts=4", "attempts=1", "test_a_request_over_the_thread_limit_is_sent_again"),
            (_HTTP, "answer.status != 200", "answer.status == 0", "test_a_send_without_a_readable_answer"),
            (_SEQID, "(self._serial + 1)", "self._serial", "test_a_signed_send"),
            (_CONNECTION, 'State.NOT_SENT, f"no', 'State.UNKNOWN, f"no', "test_nothing_is_sent_without_a_connection"),
            (_SLOW, "time.monotonic() > deadline", "False", "test_a_send_that_is_not_answered_in_time"),
        )
    ),
]
