// java.net.http. The option jdk.net.hosts.file resolves the name, and a truststore holds the authority.
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;

class Info {
    static final String BODY = "<root userid=\"200001\" password=\"123456\"></root>";

    public static void main(String[] arguments) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(arguments[0])).POST(BodyPublishers.ofString(BODY)).build();
        System.out.println(HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).body());
    }
}
