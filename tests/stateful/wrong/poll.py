"""Faults in fetching reports."""

from collections.abc import Sequence

from stateful.right.gateway import Refusal, Unanswered
from stateful.right.machines import Polling, Sending
from stateful.right.otp import OtpService
from stateful.right.poller import Poller
from stateful.wrong.registry import wrong

from ccell_fake.stateful import Lost, Mismatched


@wrong(Polling, Lost, steps=1)
class KeepsOnlyTheFirstPage(Poller):
    """Fetches page after page, and stores the first."""

    def fetch_reports(self) -> None:
        self.has_stored = False
        super().fetch_reports()

    def store_reports(self, page: Sequence[dict[str, str]]) -> None:
        if not self.has_stored:
            super().store_reports(page)
        self.has_stored = True


@wrong(Polling, Lost, steps=2)
class LosesPagesWhenALaterOneFails(Poller):
    """Stores all pages at the end, if all of them came."""

    def fetch_reports(self) -> None:
        reports: list[dict[str, str]] = []
        full = True
        while full:
            try:
                page = self.gateway.reports()
            except (Unanswered, Refusal):
                return
            reports += page
            full = len(page) == 300
        self.store_reports(reports)


@wrong(Sending, Mismatched, steps=2)
class TakesEveryReportForDelivered(OtpService):
    """Does not look at the status of a report."""

    def report(self, report: dict[str, str]) -> None:
        super().report({**report, "status": "0"})


@wrong(Sending, Lost, steps=2)
class JoinsReportsByPhone(OtpService):
    """Gives a report to the last code that its phone was sent."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self.last: dict[str, str] = {}

    def send(self, order: str, phone: str, text: str) -> None:
        self.last[phone] = order
        super().send(order, phone, text)

    def report(self, report: dict[str, str]) -> None:
        super().report({**report, "linkid": self.last.get(report["phone"], "")})


@wrong(Polling, Lost, steps=1)
class JoinsReportsByMsgid(Poller):
    """Looks for the msgid only, which a lost answer has taken along."""

    def store_report(self, report: dict[str, str]) -> None:
        state = "delivered" if report["status"] == "0" else "failed"
        self.database.execute("UPDATE message SET state = ? WHERE msgid = ?", (state, report["msgid"]))
