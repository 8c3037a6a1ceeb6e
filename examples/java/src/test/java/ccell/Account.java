package ccell;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** An account of its own for one test, arranged by the emulator's control API. */
final class Account implements AutoCloseable {
    static final String URL = Optional.ofNullable(System.getenv("CCELL_FAKE_URL")).orElse("http://127.0.0.1:8026");
    private static final String ACCOUNTS = URL + "/_ccell/v1/accounts";
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    final String userid;
    final String password;

    Account() {
        JsonObject opened = request("POST", ACCOUNTS, "{}");
        userid = opened.get("userid").getAsString();
        password = opened.get("password").getAsString();
    }

    /** Sends a request to the account's part of the control API. The body is JSON with ' in place of ". */
    JsonObject control(String method, String path, String body) {
        return request(method, ACCOUNTS + "/" + userid + path, body.replace('\'', '"'));
    }

    void settings(String settings) {
        control("PATCH", "", settings);
    }

    void fault(String fault) {
        control("POST", "/faults", fault);
    }

    /** The codes of the account's requests, in order. */
    List<String> journal() {
        List<String> codes = new ArrayList<>();
        items("/journal").forEach(entry -> codes.add(entry.getAsJsonObject().get("code").getAsString()));
        return codes;
    }

    JsonArray items(String path) {
        return control("GET", path + "?limit=1000", "").getAsJsonArray("items");
    }

    @Override
    public void close() {
        control("DELETE", "", "");
    }

    private static JsonObject request(String method, String url, String body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url))
                .header("Content-Type", "application/json")
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
        Optional.ofNullable(System.getenv("CCELL_FAKE_CONTROL_TOKEN"))
                .ifPresent(token -> request.header("Authorization", "Bearer " + token));
        try {
            var answer = HTTP.send(request.build(), BodyHandlers.ofString());
            if (answer.statusCode() >= 300) {
                throw new AssertionError(method + " " + url + ": " + answer.body());
            }
            JsonElement json = JsonParser.parseString(answer.body());
            return json.isJsonObject() ? json.getAsJsonObject() : new JsonObject();
        } catch (IOException | InterruptedException error) {
            throw new AssertionError("no emulator at " + URL + ": start it with `ccell-fake serve`", error);
        }
    }
}
