import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URL;
import java.net.URLEncoder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/** The JDK's HttpURLConnection. It declares a POST as a form by default. */
final class UrlConnection {
    public static void main(String[] arguments) throws Exception {
        String url = arguments[0] + Call.PATH;
        String userid = arguments[1];
        String password = Call.password(arguments[2]);
        String json = Call.json("1", userid, password, Call.CONTENT, Call.JOINED_PHONES);
        switch (arguments[3]) {
            case "post":
                post(url, "1", json, StandardCharsets.UTF_8);
                break;
            case "post-gbk":
                post(url, "1", json, Charset.forName("GBK"));
                break;
            case "get": {
                String seqid = Call.seqid();
                String id = "\"" + seqid + "\"";
                String signed = Call.json(id, userid, Call.sign(seqid, arguments[2]), Call.CONTENT, Call.EACH_PHONE);
                get(url + "?" + URLEncoder.encode(signed, "UTF-8"), id);
                break;
            }
            case "get-single-quoted": {
                // The class sends a raw query in the JVM's default charset, so the content is encoded.
                String content = URLEncoder.encode(Call.CONTENT, "UTF-8");
                String quoted = Call.json("1", userid, password, content, Call.JOINED_PHONES).replace('"', '\'');
                get(url + "?" + quoted, "1");
                break;
            }
            default:
                throw new IllegalArgumentException(arguments[3]);
        }
    }

    private static void post(String url, String id, String json, Charset charset) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) new URL(url).openConnection();
        connection.setRequestMethod("POST");
        connection.setDoOutput(true);
        try (OutputStream body = connection.getOutputStream()) {
            body.write(json.getBytes(charset));
        }
        read(connection, id);
    }

    private static void get(String url, String id) throws IOException {
        read((HttpURLConnection) new URL(url).openConnection(), id);
    }

    private static void read(HttpURLConnection connection, String id) {
        String answer;
        try (InputStream body = connection.getInputStream()) {
            String charset = connection.getContentType().replaceFirst(".*charset=", "");
            answer = new String(body.readAllBytes(), charset);
        } catch (IOException error) {
            Call.printLost(error);
            return;
        }
        Call.read(answer, id);
    }
}
