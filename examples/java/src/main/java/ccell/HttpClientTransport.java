package ccell;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/**
 * Transport by java.net.http, for Java 11 and later. It does not resend a POST, unless the system property
 * jdk.httpclient.enableAllMethodRetry is set: do not set it. It follows no redirects.
 */
public final class HttpClientTransport implements Transport {
    // HTTP/1.1, because an attempt to upgrade to HTTP/2 is of no use here.
    private final HttpClient client;
    private final Duration timeout;

    public HttpClientTransport(Duration timeout) {
        this.timeout = timeout;
        this.client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(timeout).build();
    }

    @Override
    public byte[] post(URI address, byte[] body) throws IOException {
        HttpRequest request = HttpRequest.newBuilder(address)
                .timeout(timeout)
                .header("Content-Type", "text/xml; charset=UTF-8")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .build();
        try {
            HttpResponse<byte[]> answer = client.send(request, HttpResponse.BodyHandlers.ofByteArray());
            if (answer.statusCode() != 200) {
                throw new IOException("HTTP status " + answer.statusCode());
            }
            return answer.body();
        } catch (ConnectException | HttpConnectTimeoutException error) {
            throw new NotConnected(error);
        } catch (InterruptedException error) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }
}
