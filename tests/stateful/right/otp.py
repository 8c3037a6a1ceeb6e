"""A right program: it sends verification codes, one request each."""

from stateful.right.gateway import ACCEPTED, REPORTS_PER_PAGE, Gateway, Refusal, Submit, Unanswered


class OtpService:
    """Sends codes. A code without an answer is unknown until its report comes in.

    Attributes:
        states: What is known of each code, by its order.
    """

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.states: dict[str, str] = {}

    def send(self, order: str, phone: str, text: str) -> None:
        """Send a code."""
        self.states[order] = "unknown"
        try:
            resps = self.submit(order, phone, text)
        except Unanswered:
            self.unanswered(order, phone, text)
        except Refusal as refusal:
            self.refused(order, phone, text, refusal.code)
        else:
            self.answered(order, resps[0])

    def submit(self, order: str, phone: str, text: str) -> list[dict[str, str]]:
        """Call the gateway."""
        return self.gateway.send([Submit(phone, text, order)])

    def answered(self, order: str, resp: dict[str, str]) -> None:
        """Note the answer about the number."""
        self.states[order] = "accepted" if resp["return"] == ACCEPTED else "failed"

    def unanswered(self, order: str, phone: str, text: str) -> None:
        """Leave the outcome open. To send again could reach the phone twice."""

    def refused(self, order: str, phone: str, text: str, code: str) -> None:  # noqa: ARG002 - others override it
        """Note that nothing was sent."""
        self.states[order] = "failed"

    def fetch_reports(self) -> None:
        """Fetch reports until a page is not full."""
        while True:
            try:
                page = self.gateway.reports()
            except (Unanswered, Refusal):
                return
            for report in page:
                self.report(report)
            if len(page) < REPORTS_PER_PAGE:
                return

    def report(self, report: dict[str, str]) -> None:
        """Note a report, by the linkid of its code."""
        if report["linkid"] in self.states:
            self.states[report["linkid"]] = "delivered" if report["status"] == "0" else "failed"
