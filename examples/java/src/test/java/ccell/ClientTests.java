package ccell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests of the client, for each transport. */
abstract class ClientTests {
    private static final String CONTENT = "验证码为1234。【签名】";
    private static final String PHONE = "13800000000";
    private static final String ACCEPTED =
            "<root return=\\\"0\\\"><resp phone=\\\"13800000000\\\" return=\\\"0\\\"/></root>";
    private static final String AGAIN = "{'Location': '/sms3_api/xmlapi/send.jsp'}";

    private final List<Long> pauses = new ArrayList<>();
    private Account account;

    abstract Transport transport(int timeoutMillis);

    @BeforeEach
    void openAccount() {
        account = new Account();
    }

    @AfterEach
    void closeAccount() {
        account.close();
    }

    private CcellClient client() {
        return client(30_000);
    }

    private CcellClient client(int timeoutMillis) {
        return new CcellClient(transport(timeoutMillis), Account.URL, account.userid, account.password)
                .pause(pauses::add);
    }

    private static List<String> phones(int count) {
        return IntStream.range(0, count).mapToObj(number -> String.format(Locale.ROOT, "138%08d", number)).toList();
    }

    private static Set<State> states(List<Outcome> outcomes) {
        return outcomes.stream().map(outcome -> outcome.state).collect(Collectors.toSet());
    }

    private static List<Integer> reportPages(CcellClient client) throws CcellException {
        List<Integer> sizes = new ArrayList<>();
        client.reports(page -> sizes.add(page.size()));
        return sizes;
    }

    @Test
    void aCodeIsSentAndReportedAMinuteLater() throws CcellException {
        account.control("PUT", "/clock", "{'mode': 'frozen'}");
        account.settings("{'report_delay': 60}");
        Outcome outcome = client().send(List.of(PHONE), CONTENT, "order-17").get(0);
        assertEquals(State.ACCEPTED, outcome.state);
        assertEquals(List.of(), reportPages(client()));

        account.control("POST", "/clock/advance", "{'seconds': 60}");
        List<Report> reports = new ArrayList<>();
        client().reports(reports::addAll);
        assertEquals(1, reports.size());
        assertEquals(outcome.msgid, reports.get(0).msgid);
        assertEquals("order-17", reports.get(0).linkid);
        assertEquals(PHONE, reports.get(0).phone);
        assertEquals("0", reports.get(0).status);
    }

    @Test
    void eachNumberHasItsOwnCode() {
        List<Outcome> outcomes = client().send(List.of(PHONE, "19500001111"), CONTENT, null);
        assertEquals(State.ACCEPTED, outcomes.get(0).state);
        assertEquals(State.REFUSED, outcomes.get(1).state);
        assertEquals("1004001", outcomes.get(1).code);
        assertEquals("手机号不可识别19500001111", outcomes.get(1).info);
    }

    @Test
    void everyCharacterArrivesUnchanged() {
        String content = "<a href=\"x\">&amp; 'b'</a>\r\n\t+%41 😀【签名】";
        client().send(List.of(PHONE), content, null);
        var message = account.items("/messages").get(0).getAsJsonObject();
        assertEquals(content, message.get("content").getAsString());
    }

    @Test
    void manyNumbersAreSentInRequestsOfAtMost500() {
        List<Outcome> outcomes = client().send(phones(1001), CONTENT, null);
        assertEquals(phones(1001), outcomes.stream().map(outcome -> outcome.phone).toList());
        assertEquals(Set.of(State.ACCEPTED), states(outcomes));
        List<Integer> sizes = new ArrayList<>();
        account.items("/journal").forEach(entry -> sizes.add(entry.getAsJsonObject().get("items").getAsInt()));
        assertEquals(List.of(500, 500, 1), sizes);
    }

    @Test
    void aNumberThatOccursTwiceGetsOneMessage() {
        assertEquals(1, client().send(List.of(PHONE, PHONE), CONTENT, null).size());
        assertEquals(1, account.items("/messages").size());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "138 0000", "13800000000,13900000000", "+8613800000000"})
    void aPhoneThatDoesNotConsistOfDigitsIsAnErrorBeforeAnythingIsSent(String phone) {
        assertThrows(
                IllegalArgumentException.class, () -> client().send(List.of(PHONE, phone), CONTENT, null));
        assertEquals(List.of(), account.journal());
    }

    @ParameterizedTest
    @ValueSource(strings = {"\0", "\33", "\ud83d", "\uffff"})
    void aCharacterThatXmlDoesNotAllowIsAnErrorBeforeAnythingIsSent(String character) {
        assertThrows(
                IllegalArgumentException.class, () -> client().send(List.of(PHONE), CONTENT + character, null));
        assertEquals(List.of(), account.journal());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'kind': 'close', 'processed': true}",
                "{'kind': 'reset', 'processed': true}",
                "{'kind': 'truncate'}",
                "{'kind': 'broken_xml'}",
                "{'kind': 'http', 'status': 502, 'processed': true, 'body': '" + ACCEPTED + "'}",
                "{'kind': 'http', 'status': 307, 'processed': true, 'headers': " + AGAIN + "}",
                "{'kind': 'http', 'status': 200, 'processed': true, 'body': '<html/>'}",
                "{'kind': 'code', 'code': '1001999'}"
            })
    void aSendWithoutAReadableAnswerIsUnknownAndNotSentAgain(String fault) {
        CcellClient client = client();
        client.send(List.of(PHONE), CONTENT, null); // A library that keeps connections has one now.
        account.fault(fault);
        List<Outcome> outcomes = client.send(phones(501), CONTENT, null);
        assertEquals(Set.of(State.UNKNOWN), states(outcomes.subList(0, 500)));
        assertEquals(State.NOT_SENT, outcomes.get(500).state);
        assertEquals(2, account.journal().size());
        assertEquals(fault.contains("1001999") ? 1 : 501, account.items("/messages").size());
        assertEquals(List.of(), pauses);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{'kind': 'delay', 'seconds': 1.5}", "{'kind': 'dribble', 'piece': 20, 'seconds': 0.2}"})
    void aSendThatIsNotAnsweredInTimeIsUnknownAndNotSentAgain(String fault) {
        account.fault(fault);
        Outcome outcome = client(500).send(List.of(PHONE), CONTENT, null).get(0);
        assertEquals(State.UNKNOWN, outcome.state);
        account.control("POST", "/wait", "{'phone': '138*', 'timeout': 30}");
        assertEquals(List.of("0"), account.journal());
    }

    @Test
    void aNumberThatTheAnswerDoesNotContainIsUnknown() {
        account.fault("{'kind': 'http', 'status': 200, 'body': '" + ACCEPTED + "'}");
        List<Outcome> outcomes = client().send(phones(2), CONTENT, null);
        assertEquals(State.ACCEPTED, outcomes.get(0).state);
        assertEquals(State.UNKNOWN, outcomes.get(1).state);
    }

    @Test
    void aRequestOverTheThreadLimitIsSentAgainAfterAPause() {
        account.control("POST", "/holds", "{'slots': 3}");
        CcellClient client = client().pause(millis -> account.control("DELETE", "/holds", ""));
        assertEquals(Set.of(State.ACCEPTED), states(client.send(List.of(PHONE), CONTENT, null)));
        assertEquals(List.of("1001006", "0"), account.journal());
    }

    @Test
    void aRequestOverTheThreadLimitIsGivenUpAfterFourAttempts() {
        account.control("POST", "/holds", "{'slots': 3}");
        Outcome outcome = client().send(List.of(PHONE), CONTENT, null).get(0);
        assertEquals(State.NOT_SENT, outcome.state);
        assertEquals("1001006", outcome.code);
        assertEquals(Collections.nCopies(4, "1001006"), account.journal());
        assertEquals(3, pauses.size());
        assertEquals(pauses.stream().sorted().toList(), pauses);
    }

    @Test
    void nothingIsSentWithoutAConnection() throws Exception {
        int port;
        try (ServerSocket unused = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = unused.getLocalPort();
        }
        CcellClient client =
                new CcellClient(transport(30_000), "http://127.0.0.1:" + port, "200001", "123456").pause(pauses::add);
        assertEquals(Set.of(State.NOT_SENT), states(client.send(List.of(PHONE), CONTENT, null)));
        assertEquals(3, pauses.size());
    }

    @Test
    void nothingIsSentWithoutATlsHandshake() throws Exception {
        byte[] alert = {21, 3, 3, 0, 2, 2, 40}; // A TLS record: "handshake failure".
        try (ServerSocket server = new ServerSocket(0, 9, InetAddress.getLoopbackAddress())) {
            Thread refusing = new Thread(() -> {
                try {
                    while (true) {
                        try (Socket socket = server.accept()) {
                            socket.getInputStream().read(new byte[65536]);
                            socket.getOutputStream().write(alert);
                        }
                    }
                } catch (IOException closed) {
                    // The test has ended.
                }
            });
            refusing.start();
            String url = "https://127.0.0.1:" + server.getLocalPort();
            CcellClient client = new CcellClient(transport(30_000), url, "200001", "123456").pause(pauses::add);
            assertEquals(Set.of(State.NOT_SENT), states(client.send(List.of(PHONE), CONTENT, null)));
        }
    }

    @Test
    void aRefusedRequestIsNotSentAgain() {
        account.settings("{'balance': 0}");
        Outcome outcome = client().send(List.of(PHONE), CONTENT, null).get(0);
        assertEquals(State.REFUSED, outcome.state);
        assertEquals("1001002", outcome.code);
        assertEquals(List.of("1001002"), account.journal());
    }

    @Test
    void threadsThatShareAClientKeepToTheThreadLimit() throws Exception {
        account.settings("{'processing_time': 0.1}");
        CcellClient client = client();
        var pool = Executors.newFixedThreadPool(9);
        List<Callable<List<Outcome>>> sends = new ArrayList<>();
        phones(9).forEach(phone -> sends.add(() -> client.send(List.of(phone), CONTENT, null)));
        for (Future<List<Outcome>> send : pool.invokeAll(sends)) {
            assertEquals(Set.of(State.ACCEPTED), states(send.get()));
        }
        pool.shutdown();
        assertEquals(Collections.nCopies(9, "0"), account.journal());
    }

    @ParameterizedTest
    @CsvSource({"299, 299", "300, 300", "650, 300 300 50"})
    void reportsAreFetchedUntilAPageIsNotFull(int count, String sizes) throws CcellException {
        CcellClient client = client();
        client.send(phones(count), CONTENT, null);
        String fetched = reportPages(client).stream().map(String::valueOf).collect(Collectors.joining(" "));
        assertEquals(sizes, fetched);
        assertEquals(List.of(), reportPages(client));
    }

    @Test
    void pagesBeforeAFailureAreHandedOver() {
        CcellClient client = client();
        client.send(phones(301), CONTENT, null);
        account.fault("{'kind': 'close', 'operation': 'report', 'skip': 1}");
        List<Report> reports = new ArrayList<>();
        CcellException error = assertThrows(CcellException.class, () -> client.reports(reports::addAll));
        assertEquals(State.UNKNOWN, error.state);
        assertEquals(300, reports.size());
    }

    @Test
    void repliesAreFetchedUntilAPageIsNotFull() throws CcellException {
        for (String phone : phones(101)) {
            account.control("POST", "/upmsgs", "{'phone': '" + phone + "', 'content': ' 好的 <ok> '}");
        }
        List<List<Upmsg>> pages = new ArrayList<>();
        client().upmsgs(pages::add);
        assertEquals(List.of(100, 1), pages.stream().map(List::size).toList());
        assertEquals(phones(101).get(100), pages.get(1).get(0).phone);
        assertEquals(" 好的 <ok> ", pages.get(1).get(0).msgcontent);
    }

    @Test
    void aSignedSendHasASignOfItsOwnAndNoPassword() {
        CcellClient client = client().signed();
        for (String phone : phones(2)) {
            assertEquals(Set.of(State.ACCEPTED), states(client.send(List.of(phone), CONTENT, null)));
        }
        account.items("/journal").forEach(entry -> {
            String request = entry.getAsJsonObject().get("request").getAsString();
            assertTrue(request.contains("sign="), request);
            assertFalse(request.contains("password="), request);
        });
    }
}
