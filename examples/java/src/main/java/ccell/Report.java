package ccell;

import org.w3c.dom.Element;

/** Status report. */
public final class Report {
    public final String msgid;
    public final String linkid;
    public final String phone;
    /** China's time. */
    public final String recvtime;
    /** "0" means delivered. */
    public final String status;
    public final String info;

    Report(Element report) {
        msgid = report.getAttribute("msgid");
        linkid = report.getAttribute("linkid");
        phone = report.getAttribute("phone").trim();
        recvtime = report.getAttribute("recvtime");
        status = report.getAttribute("status");
        info = report.getAttribute("info");
    }
}
