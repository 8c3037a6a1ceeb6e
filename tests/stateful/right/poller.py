"""A right program: it keeps messages, reports and replies in SQLite, and can be killed at any time."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from stateful.right.gateway import ACCEPTED, REPLIES_PER_PAGE, REPORTS_PER_PAGE, Gateway, Refusal, Submit, Unanswered

NUMBERS_PER_REQUEST = 500
_TABLES = """
CREATE TABLE IF NOT EXISTS message (reference TEXT PRIMARY KEY, phone TEXT, msgid TEXT, state TEXT);
CREATE TABLE IF NOT EXISTS reply (phone TEXT, text TEXT);
"""


class Poller:
    """Sends, and polls. A page is stored before the next one is fetched."""

    def __init__(self, gateway: Gateway, file: Path) -> None:
        self.gateway, self.file = gateway, file
        self.open()

    def open(self) -> None:
        """Open the database, also after a kill."""
        self.database = sqlite3.connect(self.file, check_same_thread=False)
        self.database.executescript(_TABLES)

    def close(self) -> None:
        """Close the database."""
        self.database.close()

    def send(self, references: Sequence[str], phones: Sequence[str], text: str) -> None:
        """Send a text to several phones."""
        with self.database:
            rows = zip(references, phones, strict=True)
            self.database.executemany("INSERT INTO message VALUES (?, ?, '', 'unknown')", rows)
        for first in range(0, len(phones), NUMBERS_PER_REQUEST):
            batch = slice(first, first + NUMBERS_PER_REQUEST)
            self.send_batch(references[batch], phones[batch], text)

    def send_batch(self, references: Sequence[str], phones: Sequence[str], text: str) -> None:
        """Send a text to as many phones as a request may have."""
        try:
            resps = self.submit(references, phones, text)
        except Unanswered:
            return
        except Refusal:
            resps = [{"linkid": reference, "msgid": "", "return": "refused"} for reference in references]
        with self.database:
            for resp in resps:
                self.answered(resp)

    def submit(self, references: Sequence[str], phones: Sequence[str], text: str) -> list[dict[str, str]]:
        """Call the gateway, with a submit for each phone."""
        numbers = zip(references, phones, strict=True)
        return self.gateway.send([Submit(phone, text, reference) for reference, phone in numbers])

    def answered(self, resp: dict[str, str]) -> None:
        """Store the answer about a number."""
        state = "accepted" if resp["return"] == ACCEPTED else "failed"
        self.database.execute(
            "UPDATE message SET msgid = ?, state = ? WHERE reference = ?", (resp["msgid"], state, resp["linkid"])
        )

    def fetch_reports(self) -> None:
        """Fetch and store reports, page by page."""
        full = True
        while full:
            try:
                page = self.gateway.reports()
            except (Unanswered, Refusal):
                return
            self.store_reports(page)
            full = len(page) == REPORTS_PER_PAGE

    def store_reports(self, page: Sequence[dict[str, str]]) -> None:
        """Store a page of reports."""
        with self.database:
            for report in page:
                self.store_report(report)

    def store_report(self, report: dict[str, str]) -> None:
        """Store a report. The linkid finds its message even if the answer to the send was lost."""
        state = "delivered" if report["status"] == "0" else "failed"
        self.database.execute("UPDATE message SET state = ? WHERE reference = ?", (state, report["linkid"]))

    def fetch_replies(self) -> None:
        """Fetch and store replies, page by page."""
        full = True
        while full:
            try:
                page = self.gateway.replies()
            except (Unanswered, Refusal):
                return
            self.store_replies(page)
            full = len(page) == REPLIES_PER_PAGE

    def store_replies(self, page: Sequence[dict[str, str]]) -> None:
        """Store a page of replies."""
        with self.database:
            rows = [(reply["phone"].strip(), reply["msgcontent"]) for reply in page]
            self.database.executemany("INSERT INTO reply VALUES (?, ?)", rows)

    def states(self) -> dict[str, str]:
        """The state of each message."""
        return dict(self.database.execute("SELECT reference, state FROM message"))

    def replies(self) -> list[tuple[str, str]]:
        """The replies."""
        return list(self.database.execute("SELECT phone, text FROM reply"))
