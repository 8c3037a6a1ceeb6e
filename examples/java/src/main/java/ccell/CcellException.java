package ccell;

/** A request without success. With the state UNKNOWN, the gateway may have processed it. */
public final class CcellException extends Exception {
    private static final long serialVersionUID = 1L;

    public final State state;
    /** The gateway's code; empty without an answer. */
    public final String code;
    /** The gateway's text, or the reason why there is none. */
    public final String info;

    CcellException(State state, String code, String info) {
        super(state + ": " + code + " " + info);
        this.state = state;
        this.code = code;
        this.info = info;
    }
}
