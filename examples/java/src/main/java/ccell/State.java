package ccell;

/** What is known about a message. */
public enum State {
    ACCEPTED,
    REFUSED,
    /** It may have been sent. Look for its linkid in the reports before you send it again. */
    UNKNOWN,
    /** You may send it again. */
    NOT_SENT
}
