package ccell;

import java.time.Duration;

/** The client by java.net.http. */
class HttpClientTransportTest extends ClientTests {
    @Override
    Transport transport(int timeoutMillis) {
        return new HttpClientTransport(Duration.ofMillis(timeoutMillis));
    }
}
