package ccell;

import org.w3c.dom.Element;

/** Upstream message: a message from a phone. */
public final class Upmsg {
    public final String spnumber;
    public final String phone;
    /** China's time. */
    public final String motime;
    public final String msgcontent;

    Upmsg(Element upmsg) {
        spnumber = upmsg.getAttribute("spnumber");
        phone = upmsg.getAttribute("phone").trim();
        motime = upmsg.getAttribute("motime");
        msgcontent = upmsg.getAttribute("msgcontent");
    }
}
