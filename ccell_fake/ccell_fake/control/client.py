"""Client of the control API, for tests and scripts: arrange, inspect and wait."""

from collections.abc import Generator, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any, Unpack
from urllib.parse import quote

from ccell_fake.control.account import AccountControl, WaitConditions, non_defaults
from ccell_fake.control.connection import ControlConnection
from ccell_fake.control.errors import AccountClosed, ControlError, JournalTruncated, NotFound, NotInTime, Unreachable
from ccell_fake.control.event_stream import EventStream
from ccell_fake.control.events import Event
from ccell_fake.control.queries import MessageQuery, ReportQuery, RequestQuery, UpmsgQuery
from ccell_fake.coverage import Coverage
from ccell_fake.inspection import (
    AccountRecord,
    JournalEntry,
    MessageRecord,
    ReportRecord,
    RequestRecord,
    UpmsgRecord,
)
from ccell_fake.settings import AccountSettings
from ccell_fixtures.evidence import Evidence

__all__ = [
    "AccountClosed",
    "AccountControl",
    "ControlClient",
    "ControlError",
    "Event",
    "EventStream",
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

    def reports(self, **query: Unpack[ReportQuery]) -> Iterator[ReportRecord]:
        """Reports of all accounts that match, oldest first unless `newest_first` is set."""
        return self.pages(ReportRecord, "/v1/reports", **query)

    def upmsgs(self, **query: Unpack[UpmsgQuery]) -> Iterator[UpmsgRecord]:
        """Upstream messages of all accounts that match, oldest first unless `newest_first` is set."""
        return self.pages(UpmsgRecord, "/v1/upmsgs", **query)

    def journal(self, after_position: int = 0) -> Iterator[JournalEntry]:
        """The requests after a position that cannot be read, reach no endpoint or name no account, oldest first."""
        return self.pages(JournalEntry, "/v1/journal", after_position=after_position)

    def requests(self, **query: Unpack[RequestQuery]) -> Iterator[RequestRecord]:
        """The requests of all accounts and of none that match, newest first."""
        return self.pages(RequestRecord, "/v1/requests", **query)

    def evidence(self) -> Iterator[Evidence]:
        """The clauses, observations, open questions and rules that journal entries name, with their texts."""
        return self.pages(Evidence, "/v1/evidence")

    def coverage(self) -> Coverage:
        """The coverage of all accounts, closed ones and requests of no account included."""
        return self.call(Coverage, "GET", "/v1/coverage")

    def reset(self) -> None:
        """Delete everything but the settings and the coverage of the accounts. Holds and delays end."""
        self.perform("POST", "/v1/reset")

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
    def events(
        self,
        userid: str | None = None,
        after_position: int | None = None,
        *,
        last_event_id: str = "",
        reconnect_for: float = 0.0,
    ) -> Generator[EventStream]:
        """Events as they happen, and those since an earlier event.

        Args:
            userid: Only events of this account; None for all.
            after_position: Only events of requests after this position, and those that time causes from now on; None
                for events from now on.
            last_event_id: Only events after the one with this `Event.id`. Takes precedence over `after_position`.
            reconnect_for: Seconds to try to connect again after the connection is lost. The stream continues after its
                last event. 0 raises Unreachable at once.

        Raises:
            NotFound: There is no such account.
            JournalTruncated: Entries after `after_position` were dropped.
            Unreachable: No control API answers, or it stops while you read the events.
        """

        def connect(last: str) -> AbstractContextManager[Iterator[str]]:
            headers = {"Last-Event-ID": last} if last else {}
            return self.stream("/v1/events", {"userid": userid, "after_position": after_position}, headers)

        with closing(EventStream(connect, last_event_id, reconnect_for)) as events:
            yield events
