import java.io.IOException;
import java.net.URLEncoder;
import org.apache.commons.httpclient.HttpClient;
import org.apache.commons.httpclient.HttpMethod;
import org.apache.commons.httpclient.methods.GetMethod;
import org.apache.commons.httpclient.methods.PostMethod;
import org.apache.commons.httpclient.methods.StringRequestEntity;

/** Jakarta Commons HttpClient 3.1, with the settings it comes with. */
final class CommonsHttpClient {
    public static void main(String[] arguments) throws Exception {
        String url = arguments[0] + Call.PATH;
        String userid = arguments[1];
        switch (arguments[3]) {
            case "post": {
                String id = "\"1\"";
                String json = Call.json(id, userid, Call.password(arguments[2]), Call.CONTENT, Call.JOINED_PHONES);
                PostMethod post = new PostMethod(url);
                String body = URLEncoder.encode(json, "UTF-8");
                post.setRequestEntity(new StringRequestEntity(body, "text/plain", "ISO-8859-1"));
                send(post, id);
                break;
            }
            case "get": {
                String secret = Call.sign(Call.seqid(), arguments[2]);
                String json = Call.json(null, userid, secret, Call.CONTENT, Call.JOINED_PHONES);
                send(new GetMethod(url + "?" + URLEncoder.encode(json, "UTF-8")), null);
                break;
            }
            case "report": {
                String params = "{\"userid\":\"" + userid + "\"," + Call.password(arguments[2]) + "}";
                PostMethod post = new PostMethod(url);
                String json = "{\"id\":1,\"method\":\"report\",\"params\":" + params + "}";
                post.setRequestEntity(new StringRequestEntity(json, "application/json", "UTF-8"));
                String answer = perform(post);
                if (answer != null) {
                    Call.print(answer);
                }
                break;
            }
            default:
                throw new IllegalArgumentException(arguments[3]);
        }
    }

    private static void send(HttpMethod method, String id) {
        String answer = perform(method);
        if (answer != null) {
            Call.read(answer, id);
        }
    }

    /** Returns the answer, decoded by its charset; null if there was none. */
    private static String perform(HttpMethod method) {
        try {
            new HttpClient().executeMethod(method);
            return method.getResponseBodyAsString();
        } catch (IOException error) {
            Call.printLost(error);
            return null;
        }
    }
}
