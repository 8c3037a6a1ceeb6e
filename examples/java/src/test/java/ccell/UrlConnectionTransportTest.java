package ccell;

/** The client by HttpURLConnection. */
class UrlConnectionTransportTest extends ClientTests {
    @Override
    Transport transport(int timeoutMillis) {
        return new UrlConnectionTransport(timeoutMillis);
    }
}
