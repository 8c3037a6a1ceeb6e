package ccell;

import java.io.IOException;
import java.net.URI;

/** Posts a body exactly once, and returns the body of the answer. Implementations must not resend. */
public interface Transport {
    /** @throws NotConnected if there was no connection, so that surely nothing was sent
     *  @throws IOException if anything else failed, or if the HTTP status is not 200 */
    byte[] post(URI address, byte[] body) throws IOException;

    /** There was no connection. */
    final class NotConnected extends IOException {
        private static final long serialVersionUID = 1L;

        public NotConnected(IOException cause) {
            super("no connection: " + cause, cause);
        }
    }
}
