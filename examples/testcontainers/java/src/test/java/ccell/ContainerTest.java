package ccell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.junit.jupiter.Container;
import org.testcontainers.junit.jupiter.Testcontainers;

/** The emulator in a container, for all tests of this class. Each test has an account of its own. */
@Testcontainers
class ContainerTest {
    private static final String TOKEN = "token-of-the-tests";

    @Container
    private static final GenericContainer<?> CONTAINER = new GenericContainer<>("ccell-fake:latest")
            .withExposedPorts(8026)
            .withEnv("CCELL_FAKE_CONTROL_TOKEN", TOKEN)
            .waitingFor(Wait.forHttp("/_ccell/readyz").forPort(8026));

    /** Address of the emulator, as your application needs it. */
    private static String url() {
        return "http://" + CONTAINER.getHost() + ":" + CONTAINER.getMappedPort(8026);
    }

    @Test
    void aMessageReachesTheEmulator() throws Exception {
        String account = control("POST", "", "{}");
        String userid = member(account, "userid");
        String password = member(account, "password");

        // Your application sends.
        String body = "<root userid=\"" + userid + "\" password=\"" + password + "\">"
                + "<submit phone=\"13800000000\" content=\"验证码为1234。【签名】\"/></root>";
        HttpRequest send = HttpRequest.newBuilder(URI.create(url() + "/sms3_api/xmlapi/send.jsp"))
                .POST(BodyPublishers.ofString(body))
                .build();
        String answer = HttpClient.newHttpClient().send(send, BodyHandlers.ofString()).body();
        assertTrue(answer.contains("return=\"0\""), answer);

        assertEquals("验证码为1234。【签名】", member(control("GET", "/" + userid + "/messages", ""), "content"));
    }

    /** Calls the control API, and returns its JSON. */
    private static String control(String method, String path, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url() + "/_ccell/v1/accounts" + path))
                .header("Authorization", "Bearer " + TOKEN)
                .header("Content-Type", "application/json")
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
                .build();
        return HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).body();
    }

    /** Reads a text from JSON. Your tests may have a library for it. */
    private static String member(String json, String name) {
        Matcher member = Pattern.compile("\"" + name + "\":\"([^\"]*)\"").matcher(json);
        assertTrue(member.find(), json);
        return member.group(1);
    }
}
