"""Programs with a database that go wrong when they are killed."""

from collections.abc import Sequence

from stateful.right.gateway import Refusal, Unanswered
from stateful.right.machines import Polling
from stateful.right.poller import Poller
from stateful.wrong.registry import wrong

from ccell_fake.stateful import Duplicated, Lost


@wrong(Polling, Lost, steps=2)
class StoresPagesAtTheEnd(Poller):
    """Fetches pages until one is empty and stores them at the end, so a kill at a later page loses the earlier."""

    def fetch_reports(self) -> None:
        reports: list[dict[str, str]] = []
        try:
            while page := self.gateway.reports():
                reports += page
        except (Unanswered, Refusal):
            pass
        self.store_reports(reports)


@wrong(Polling, Lost, steps=1)
class RecordsAfterTheAnswer(Poller):
    """Records messages when the gateway has answered, so a kill before the answer leaves no trace of them."""

    def send(self, references: Sequence[str], phones: Sequence[str], text: str) -> None:
        resps = []
        state = "unknown"
        try:
            resps = self.submit(references, phones, text)
        except Unanswered:
            pass
        except Refusal:
            state = "failed"
        with self.database:
            rows = [(reference, phone, state) for reference, phone in zip(references, phones, strict=True)]
            self.database.executemany("INSERT INTO message VALUES (?, ?, '', ?)", rows)
            for resp in resps:
                self.answered(resp)


@wrong(Polling, Duplicated, steps=1)
class SendsAgainAfterAKill(Poller):
    """Sends all messages of unknown outcome again when it starts, although the gateway may have accepted them."""

    def open(self) -> None:
        super().open()
        self.database.execute("CREATE TABLE IF NOT EXISTS text (reference TEXT PRIMARY KEY, text TEXT)")
        self.resume()

    def send(self, references: Sequence[str], phones: Sequence[str], text: str) -> None:
        with self.database:
            self.database.executemany("INSERT INTO text VALUES (?, ?)", [(reference, text) for reference in references])
        super().send(references, phones, text)

    def resume(self) -> None:
        """Send what may not have been sent before the kill."""
        query = "SELECT reference, phone, text FROM message JOIN text USING (reference) WHERE state = 'unknown'"
        for reference, phone, text in self.database.execute(query).fetchall():
            try:
                resps = self.submit([reference], [phone], text)
            except (Unanswered, Refusal):
                continue
            with self.database:
                for resp in resps:
                    self.answered(resp)
