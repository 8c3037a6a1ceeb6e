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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLHandshakeException;

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
        // A time-out of the connection comes first, because then surely nothing was sent.
        Duration connect = timeout.dividedBy(2);
        this.client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(connect).build();
    }

    @Override
    public byte[] post(URI address, byte[] body) throws IOException {
        HttpRequest request = HttpRequest.newBuilder(address)
                .header("Content-Type", "text/xml; charset=UTF-8")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .build();
        CompletableFuture<HttpResponse<byte[]>> exchange =
                client.sendAsync(request, HttpResponse.BodyHandlers.ofByteArray());
        try {
            // The time-out of a request ends with the headers of its answer. This one includes the body.
            HttpResponse<byte[]> answer = exchange.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
            if (answer.statusCode() != 200) {
                throw new IOException("HTTP status " + answer.statusCode());
            }
            return answer.body();
        } catch (ExecutionException failure) {
            Throwable error = failure.getCause();
            if (error instanceof ConnectException
                    || error instanceof HttpConnectTimeoutException
                    || error instanceof SSLHandshakeException) {
                throw new NotConnected((IOException) error);
            }
            throw new IOException(error);
        } catch (TimeoutException error) {
            throw new IOException("no whole answer within " + timeout.toMillis() + " ms", error);
        } catch (InterruptedException error) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        } finally {
            exchange.cancel(true); // Closes the connection if there is no answer, since Java 16.
        }
    }
}
