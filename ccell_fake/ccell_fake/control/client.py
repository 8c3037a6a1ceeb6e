"""Client of the control API, for tests and scripts: arrange, inspect and wait."""

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Unpack
from urllib.parse import quote

from ccell_fake.control.account import AccountControl, MessageQuery, RequestQuery, WaitConditions, non_defaults
from ccell_fake.control.connection import ControlConnection
from ccell_fake.control.errors import AccountClosed, ControlError, JournalTruncated, NotFound, NotInTime, Unreachable
from ccell_fake.control.events import Event, read_events
from ccell_fake.inspection import AccountRecord, JournalEntry, MessageRecord, RequestRecord
from ccell_fake.settings import AccountSettings
from ccell_fixtures.evidence import Evidence

__all__ = [
    "AccountClosed",
    "AccountControl",
    "ControlClient",
    "ControlError",
    "Event",
    "JournalTruncated",
    "NotFound",
    "NotInTime",
    "Unreachable",
    "WaitConditions",
]

_SNAPSHOT = "application/vnd.sqlite3"


class ControlClient(ControlConnection):
    """The control API of an emulator.

    Every call raises ControlError if it is refused, and Unreachable if there is no answer.
    """

    def open(self, settings: AccountSettings | Mapping[str, Any] | None = None) -> AccountControl:
        """Open an account.

        Args:
            settings: Its settings, or some of them by name. A missing userid or password is generated; other settings
                have defaults.
        """
        body = non_defaults(settings) if isinstance(settings, AccountSettings) else dict(settings or {})
        status = self.call(AccountRecord, "POST", "/v1/accounts", body=body)
        return AccountControl(self, status.userid, status.password)

    def account(self, userid: str) -> AccountControl:
        """An open account."""
        status = self.call(AccountRecord, "GET", f"/v1/accounts/{quote(userid, safe='')}")
        return AccountControl(self, status.userid, status.password)

    def accounts(self) -> Iterator[AccountRecord]:
        """All accounts, in the order of their userids."""
        return self.pages(AccountRecord, "/v1/accounts")

    def messages(self, **query: Unpack[MessageQuery]) -> Iterator[MessageRecord]:
        """Submitted messages of all accounts that match, oldest first unless `newest_first` is set."""
        return self.pages(MessageRecord, "/v1/messages", **query)

    def journal(self, after_position: int = 0) -> Iterator[JournalEntry]:
        """The requests after a position that cannot be read, reach no endpoint or name no account, oldest first."""
        return self.pages(JournalEntry, "/v1/journal", after_position=after_position)

    def requests(self, **query: Unpack[RequestQuery]) -> Iterator[RequestRecord]:
        """The requests of all accounts and of none that match, newest first."""
        return self.pages(RequestRecord, "/v1/requests", **query)

    def evidence(self) -> Iterator[Evidence]:
        """The clauses, observations, open questions and rules that journal entries name, with their texts."""
        return self.pages(Evidence, "/v1/evidence")

    def snapshot(self, path: Path) -> None:
        """Write a snapshot of everything to a file."""
        path.write_bytes(self.send("GET", "/v1/state").content)

    def restore(self, path: Path) -> None:
        """Replace everything with a snapshot."""
        self.send("PUT", "/v1/state", content=path.read_bytes(), headers={"Content-Type": _SNAPSHOT})

    def metrics(self) -> str:
        """The metrics, in the text format of Prometheus."""
        return self.send("GET", "/metrics").text

    @contextmanager
    def events(self, userid: str | None = None, after_position: int | None = None) -> Generator[Iterator[Event]]:
        """Events as they happen.

        Args:
            userid: Only events of this account; None for all.
            after_position: Only events of requests after this position; None for events from now on.

        Raises:
            Unreachable: No control API answers, or it stops while you read the events.
        """
        with self.stream("/v1/events", {"userid": userid, "after_position": after_position}) as lines:
            # The first line says that no event is missed from here on.
            if not next(lines, "").startswith(":"):
                message = "the answer is not a stream of events"
                raise Unreachable(message)
            yield read_events(lines)
