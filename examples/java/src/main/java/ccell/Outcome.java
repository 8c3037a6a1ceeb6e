package ccell;

/** Outcome of a send for one number. */
public final class Outcome {
    public final String phone;
    public final String linkid;
    public final State state;
    /** The gateway's code; empty without an answer. */
    public final String code;
    /** The gateway's text, or the reason why there is none. */
    public final String info;
    /** The number of the message in its report; empty without an answer. */
    public final String msgid;

    Outcome(String phone, String linkid, State state, String code, String info, String msgid) {
        this.phone = phone;
        this.linkid = linkid;
        this.state = state;
        this.code = code;
        this.info = info;
        this.msgid = msgid;
    }
}
