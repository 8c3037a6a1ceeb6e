import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The JDK's java.net.http. By default it offers HTTP/2 with each request. */
final class NetHttp {
    private static final Pattern XML = Pattern.compile(
            ".*<root return=\"0\" info=\"成功\">\\s*"
                    + "<resp msgid=\"(\\d+)\" phone=\"\\d+\" return=\"(\\d+)\" info=\"([^\"]*)\"/>.*",
            Pattern.DOTALL);

    public static void main(String[] arguments) throws Exception {
        String url = arguments[0] + Call.PATH;
        String userid = arguments[1];
        String password = Call.password(arguments[2]);
        String id = "\"" + UUID.randomUUID() + "\"";
        switch (arguments[3]) {
            case "post": {
                String json = Call.json(id, userid, password, Call.CONTENT, Call.EACH_PHONE).replace("\":", "\" : ");
                sendJson(request(url, json).header("Content-Type", "application/json").build(), id);
                break;
            }
            case "post-content-encoded": {
                String content = URLEncoder.encode(Call.CONTENT, "UTF-8");
                sendJson(request(url, Call.json(id, userid, password, content, Call.JOINED_PHONES)).build(), id);
                break;
            }
            case "get": {
                String secret = Call.sign(Call.seqid(), arguments[2]);
                String json = Call.json(id, userid, secret, Call.CONTENT, Call.EACH_PHONE);
                sendJson(HttpRequest.newBuilder(URI.create(url + "?" + URLEncoder.encode(json, "UTF-8"))).build(), id);
                break;
            }
            case "xml":
                sendXml(arguments[0] + "/sms3_api/xmlapi/send.jsp", userid, arguments[2]);
                break;
            default:
                throw new IllegalArgumentException(arguments[3]);
        }
    }

    private static HttpRequest.Builder request(String url, String body) {
        return HttpRequest.newBuilder(URI.create(url)).POST(HttpRequest.BodyPublishers.ofString(body));
    }

    private static void sendJson(HttpRequest request, String id) throws InterruptedException {
        String answer = send(request);
        if (answer != null) {
            Call.read(answer, id);
        }
    }

    private static void sendXml(String url, String userid, String password) throws InterruptedException {
        String submit = "<submit phone=\"" + Call.JOINED_PHONES + "\" content=\"" + Call.CONTENT + "\"/>";
        String body = "<root userid=\"" + userid + "\" password=\"" + password + "\">" + submit + "</root>";
        String answer = send(request(url, body).expectContinue(true).build());
        if (answer != null) {
            Matcher read = XML.matcher(answer);
            if (!read.matches()) {
                throw new IllegalStateException("unreadable: " + answer);
            }
            Call.print(read.group(2), read.group(1), read.group(3));
        }
    }

    /** Returns the answer, decoded by its charset; null if there was none. */
    private static String send(HttpRequest request) throws InterruptedException {
        try {
            return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body();
        } catch (IOException error) {
            Call.printLost(error);
            return null;
        }
    }
}
