package ccell;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.SocketTimeoutException;
import java.net.URI;

/**
 * Transport by HttpURLConnection, for Java 8. By itself HttpURLConnection sends a POST a second time if the connection
 * closes without an answer. Fixed-length streaming switches this off.
 */
public final class UrlConnectionTransport implements Transport {
    private final int timeoutMillis;

    public UrlConnectionTransport(int timeoutMillis) {
        this.timeoutMillis = timeoutMillis;
    }

    @Override
    public byte[] post(URI address, byte[] body) throws IOException {
        long start = System.nanoTime();
        HttpURLConnection connection = (HttpURLConnection) address.toURL().openConnection();
        connection.setRequestMethod("POST");
        connection.setDoOutput(true);
        connection.setFixedLengthStreamingMode(body.length); // Without this line it resends.
        connection.setInstanceFollowRedirects(false);
        connection.setConnectTimeout(timeoutMillis);
        connection.setReadTimeout(timeoutMillis);
        connection.setRequestProperty("Content-Type", "text/xml; charset=UTF-8");
        // A kept connection may close just when the request is written. A new one does not.
        connection.setRequestProperty("Connection", "close");
        try {
            connection.connect();
        } catch (IOException error) {
            throw new NotConnected(error);
        }
        try {
            try (OutputStream out = connection.getOutputStream()) {
                out.write(body);
            }
            if (connection.getResponseCode() != 200) {
                throw new IOException("HTTP status " + connection.getResponseCode());
            }
            try (InputStream in = connection.getInputStream()) {
                ByteArrayOutputStream answer = new ByteArrayOutputStream();
                byte[] buffer = new byte[8192];
                for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                    // The read time-out is for one read only.
                    if (System.nanoTime() - start > timeoutMillis * 1_000_000L) {
                        throw new SocketTimeoutException("no whole answer within " + timeoutMillis + " ms");
                    }
                    answer.write(buffer, 0, read);
                }
                return answer.toByteArray();
            }
        } finally {
            connection.disconnect();
        }
    }
}
