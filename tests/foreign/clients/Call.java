import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.StringJoiner;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A send over JSON-RPC, written and read without a JSON library. */
final class Call {
    static final String PATH = "/sms3_api/jsonapi/jsonrpc2.jsp";
    static final String CONTENT = "验证码为1234。【签名】";
    static final String[] EACH_PHONE = {"13800000000", "13900000001"};
    static final String JOINED_PHONES = String.join(",", EACH_PHONE);

    private static final String TEXT = "\"([^\"\\\\]*)\"";
    private static final String ITEM =
            "\\{\"phone\":" + TEXT + ",\"msgid\":" + TEXT + ",\"return\":" + TEXT + ",\"info\":" + TEXT + "\\}";

    private static final Pattern ERROR =
            Pattern.compile("\\{\"error\":\\{\"code\":(\\d+),\"message\":" + TEXT + "\\}.*");

    private Call() {}

    /** Returns the JSON of a send. The id is JSON; null leaves it out. */
    static String json(String id, String userid, String secret, String content, String... phones) {
        StringJoiner submit = new StringJoiner(",", "[", "]");
        for (String phone : phones) {
            submit.add("{\"content\":\"" + content + "\",\"phone\":\"" + phone + "\"}");
        }
        String params = "{\"userid\":\"" + userid + "\"," + secret + ",\"submit\":" + submit + "}";
        return "{" + (id == null ? "" : "\"id\":" + id + ",") + "\"method\":\"send\",\"params\":" + params + "}";
    }

    static String password(String password) {
        return "\"password\":\"" + password + "\"";
    }

    static String seqid() {
        LocalDateTime now = LocalDateTime.now(ZoneId.of("Asia/Shanghai"));
        return now.format(DateTimeFormatter.ofPattern("yyMMddHHmmss")) + "000001";
    }

    static String sign(String seqid, String password) throws Exception {
        return "\"seqid\":\"" + seqid + "\",\"sign\":\"" + md5(seqid + md5(password)) + "\"";
    }

    private static String md5(String text) throws Exception {
        StringBuilder digits = new StringBuilder();
        for (byte one : MessageDigest.getInstance("MD5").digest(text.getBytes(StandardCharsets.UTF_8))) {
            digits.append(String.format("%02x", one));
        }
        return digits.toString();
    }

    /**
     * Prints the first number's result. Blanks, escapes, other members and another order are failures.
     *
     * <p>An error has no id if the gateway could not read the call.
     */
    static void read(String answer, String id) {
        String end = (id == null ? "" : ",\"id\":" + Pattern.quote(id)) + "\\}";
        Matcher result = Pattern.compile("\\{\"result\":\\[" + ITEM + "(?:," + ITEM + ")*\\]" + end).matcher(answer);
        Matcher error = ERROR.matcher(answer);
        if (result.matches()) {
            print(result.group(3), result.group(2), result.group(4));
        } else if (error.matches()) {
            print("{\"error\":" + error.group(1) + ",\"message\":\"" + error.group(2) + "\"}");
        } else {
            throw new IllegalStateException("unreadable: " + answer);
        }
    }

    static void print(String code, String msgid, String info) {
        print("{\"code\":\"" + code + "\",\"msgid\":\"" + msgid + "\",\"info\":\"" + info + "\"}");
    }

    static void printLost(Exception error) {
        print("{\"lost\":\"" + error.getClass().getName() + "\"}");
    }

    static void print(String line) {
        new PrintStream(System.out, true, StandardCharsets.UTF_8).println(line);
    }
}
