"""A right program: it sends campaigns to many numbers, over three threads."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from stateful.right.gateway import ACCEPTED, REPORTS_PER_PAGE, Gateway, Refusal, Submit, Unanswered


class BulkSender:
    """Sends one text to many numbers, in batches. Reports are joined by campaign and number.

    Attributes:
        threads: Requests at the same time.
        batch: Numbers of a request.
        states: What is known of each number of each campaign.
    """

    threads = 3
    batch = 200

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.states: dict[tuple[str, str], str] = {}

    def send(self, campaign: str, phones: Sequence[str], text: str) -> None:
        """Send a campaign."""
        unique = self.unique(phones)
        self.states.update(((campaign, phone), "unknown") for phone in unique)
        batches = self.batches(unique)

        def send_batch(batch: Sequence[str]) -> Mapping[str, str]:
            return self.send_batch(campaign, batch, text)

        with ThreadPoolExecutor(self.threads) as pool:
            for states in pool.map(send_batch, batches):
                self.states.update(((campaign, phone), state) for phone, state in states.items())

    def unique(self, phones: Sequence[str]) -> list[str]:
        """Leave out repeated numbers."""
        return list(dict.fromkeys(phones))

    def batches(self, phones: Sequence[str]) -> list[Sequence[str]]:
        """Divide the numbers into batches."""
        return [phones[first : first + self.batch] for first in range(0, len(phones), self.batch)]

    def send_batch(self, campaign: str, phones: Sequence[str], text: str) -> Mapping[str, str]:
        """Send a batch. Returns what is known of each number."""
        try:
            resps = self.submit(campaign, phones, text)
        except Unanswered:
            return {}
        except Refusal:
            return dict.fromkeys(phones, "failed")
        return self.verdicts(phones, resps)

    def submit(self, campaign: str, phones: Sequence[str], text: str) -> list[dict[str, str]]:
        """Call the gateway, with one submit for all numbers."""
        return self.gateway.send([Submit(",".join(phones), text, campaign)])

    def verdicts(self, phones: Sequence[str], resps: Sequence[dict[str, str]]) -> Mapping[str, str]:  # noqa: ARG002 - others override it
        """Read the verdict about each number."""
        return {resp["phone"]: "accepted" if resp["return"] == ACCEPTED else "failed" for resp in resps}

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
        """Note a report."""
        number = report["linkid"], report["phone"]
        if number in self.states:
            self.states[number] = "delivered" if report["status"] == "0" else "failed"
