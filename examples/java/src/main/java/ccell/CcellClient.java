package ccell;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongConsumer;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;
import org.xml.sax.helpers.DefaultHandler;

/** Client of one account, for Java 8 and later. All threads should share it, because it keeps to the thread limit. */
public final class CcellClient {
    private static final int NUMBERS_PER_REQUEST = 500;
    private static final int REPORTS_PER_ANSWER = 300;
    private static final int UPMSGS_PER_ANSWER = 100;
    private static final String SUCCESS = "0";
    private static final String TOO_MANY_REQUESTS = "1001006";
    /** Codes after which nothing was sent. After any other code the outcome is unknown, as after 1001999. */
    private static final Pattern REFUSALS = Pattern.compile("100100[1-7]|10040(0[1-9]|1[0-5])");
    private static final Pattern NOT_XML =
            Pattern.compile("[^\\t\\n\\r\\x{20}-\\x{D7FF}\\x{E000}-\\x{FFFD}\\x{10000}-\\x{10FFFF}]");
    private static final DateTimeFormatter SEQID_TIME = DateTimeFormatter.ofPattern("yyMMddHHmmss", Locale.ROOT);

    private final Transport transport;
    private final String url;
    private final String userid;
    private final String password;
    private final AtomicInteger serial = new AtomicInteger(ThreadLocalRandom.current().nextInt(1_000_000));
    private Semaphore slots = new Semaphore(3, true);
    private int attempts = 4;
    private boolean signed;
    private LongConsumer pause = CcellClient::sleep;

    public CcellClient(Transport transport, String url, String userid, String password) {
        this.transport = transport;
        this.url = url.replaceAll("/+$", "") + "/sms3_api/xmlapi/";
        this.userid = userid;
        this.password = password;
    }

    /** Signs requests instead of sending the password. */
    public CcellClient signed() {
        signed = true;
        return this;
    }

    /** Sets the thread limit of this process. If several processes use the account, divide its limit among them. */
    public CcellClient threads(int limit) {
        slots = new Semaphore(limit, true);
        return this;
    }

    /** Sets how to pause before a further attempt, given the milliseconds. */
    CcellClient pause(LongConsumer pause) {
        this.pause = pause;
        return this;
    }

    /**
     * Sends to each different number once, and returns an outcome for each.
     *
     * @param linkid your reference for these messages, repeated in their reports; null for a generated one
     */
    public List<Outcome> send(Collection<String> phones, String content, String linkid) {
        String reference = linkid == null ? UUID.randomUUID().toString() : linkid;
        List<String> numbers = new ArrayList<>(new LinkedHashSet<>(phones));
        for (String number : numbers) {
            if (!number.matches("[0-9]+")) {
                throw new IllegalArgumentException("a phone must consist of digits, got '" + number + "'");
            }
        }
        String attributes = "\" content=\"" + escape(content) + "\" linkid=\"" + escape(reference) + "\"/>";
        List<Outcome> outcomes = new ArrayList<>();
        for (int start = 0; start < numbers.size(); start += NUMBERS_PER_REQUEST) {
            int end = Math.min(start + NUMBERS_PER_REQUEST, numbers.size());
            List<String> batch = numbers.subList(start, end);
            try {
                Element root = call("send", "<submit phone=\"" + String.join(",", batch) + attributes);
                Map<String, Element> resps = new HashMap<>();
                children(root, "resp").forEach(resp -> resps.put(resp.getAttribute("phone").trim(), resp));
                batch.forEach(phone -> outcomes.add(outcome(phone, reference, resps.get(phone))));
            } catch (CcellException error) {
                for (String phone : batch) {
                    outcomes.add(new Outcome(phone, reference, error.state, error.code, error.info, ""));
                }
                for (String phone : numbers.subList(end, numbers.size())) {
                    outcomes.add(new Outcome(phone, reference, State.NOT_SENT, "", "an earlier request failed", ""));
                }
                break;
            }
        }
        return outcomes;
    }

    /** Hands over pages of reports until there are no more. Store each page: the gateway hands it out only once. */
    public void reports(Consumer<List<Report>> store) throws CcellException {
        fetch("report", REPORTS_PER_ANSWER, Report::new, store);
    }

    /** Hands over pages of upstream messages until there are no more. The gateway hands each out only once. */
    public void upmsgs(Consumer<List<Upmsg>> store) throws CcellException {
        fetch("upmsg", UPMSGS_PER_ANSWER, Upmsg::new, store);
    }

    private <T> void fetch(String endpoint, int full, Function<Element, T> read, Consumer<List<T>> store)
            throws CcellException {
        List<T> page;
        do {
            page = new ArrayList<>();
            for (Element item : children(call(endpoint, ""), endpoint)) {
                page.add(read.apply(item));
            }
            if (!page.isEmpty()) {
                store.accept(page);
            }
        } while (page.size() >= full);
    }

    /** Retries, with longer and longer pauses, only what was surely not sent. */
    private Element call(String endpoint, String submits) throws CcellException {
        for (int attempt = 1; ; attempt++) {
            slots.acquireUninterruptibly();
            try {
                return request(endpoint, submits);
            } catch (CcellException error) {
                if (error.state != State.NOT_SENT || attempt == attempts) {
                    throw error;
                }
            } finally {
                slots.release();
            }
            long longest = 500L << attempt;
            pause.accept(ThreadLocalRandom.current().nextLong(longest / 2, longest));
        }
    }

    private Element request(String endpoint, String submits) throws CcellException {
        String body = "<root " + credentials() + ">" + submits + "</root>";
        Element root;
        try {
            root = parse(transport.post(URI.create(url + endpoint + ".jsp"), body.getBytes(StandardCharsets.UTF_8)));
        } catch (Transport.NotConnected error) {
            throw new CcellException(State.NOT_SENT, "", error.getMessage());
        } catch (IOException error) {
            throw new CcellException(State.UNKNOWN, "", "no answer: " + error);
        } catch (SAXException error) {
            throw new CcellException(State.UNKNOWN, "", "unreadable answer: " + error.getMessage());
        }
        String code = root.getAttribute("return");
        if (code.equals(SUCCESS) && root.getTagName().equals("root")) {
            return root;
        }
        State state = code.equals(TOO_MANY_REQUESTS) ? State.NOT_SENT : refusedOrUnknown(code);
        throw new CcellException(state, code, root.getAttribute("info"));
    }

    private String credentials() {
        String account = "userid=\"" + escape(userid) + "\"";
        if (!signed) {
            return account + " password=\"" + escape(password) + "\"";
        }
        // Each request needs a seqid of its own: the time, and six digits.
        String time = ZonedDateTime.now(ZoneOffset.ofHours(8)).format(SEQID_TIME);
        String seqid = time + String.format(Locale.ROOT, "%06d", Math.floorMod(serial.getAndIncrement(), 1_000_000));
        return account + " seqid=\"" + seqid + "\" sign=\"" + md5(seqid + md5(password)) + "\"";
    }

    private static Outcome outcome(String phone, String linkid, Element resp) {
        if (resp == null) {
            return new Outcome(phone, linkid, State.UNKNOWN, "", "the answer does not contain the number", "");
        }
        String code = resp.getAttribute("return");
        State state = code.equals(SUCCESS) ? State.ACCEPTED : refusedOrUnknown(code);
        return new Outcome(phone, linkid, state, code, resp.getAttribute("info"), resp.getAttribute("msgid"));
    }

    private static State refusedOrUnknown(String code) {
        return REFUSALS.matcher(code).matches() ? State.REFUSED : State.UNKNOWN;
    }

    private static Element parse(byte[] answer) throws IOException, SAXException {
        try {
            DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
            factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
            DocumentBuilder builder = factory.newDocumentBuilder();
            builder.setErrorHandler(new DefaultHandler()); // The default one prints errors.
            return builder.parse(new ByteArrayInputStream(answer)).getDocumentElement();
        } catch (ParserConfigurationException error) {
            throw new IllegalStateException(error);
        }
    }

    private static List<Element> children(Element root, String name) {
        NodeList found = root.getElementsByTagName(name);
        List<Element> elements = new ArrayList<>();
        for (int index = 0; index < found.getLength(); index++) {
            elements.add((Element) found.item(index));
        }
        return elements;
    }

    /** Escapes an attribute's value. Line breaks and tabs would become blanks without it. */
    private static String escape(String text) {
        if (NOT_XML.matcher(Objects.requireNonNull(text)).find()) {
            throw new IllegalArgumentException("content and linkid must consist of characters that XML allows");
        }
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;")
                .replace("\t", "&#9;").replace("\n", "&#10;").replace("\r", "&#13;");
    }

    private static String md5(String text) {
        try {
            StringBuilder hex = new StringBuilder();
            for (byte one : MessageDigest.getInstance("MD5").digest(text.getBytes(StandardCharsets.UTF_8))) {
                hex.append(String.format(Locale.ROOT, "%02x", one));
            }
            return hex.toString();
        } catch (NoSuchAlgorithmException error) {
            throw new IllegalStateException(error);
        }
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException error) {
            Thread.currentThread().interrupt();
        }
    }
}
