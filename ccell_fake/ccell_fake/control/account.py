"""One account of an emulator, over the control API."""

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import fields
from datetime import datetime, timedelta
from operator import methodcaller
from typing import Any, Never, TypedDict, TypeVar, Unpack, cast
from urllib.parse import quote

from ccell_fake.codes import Code
from ccell_fake.control.connection import SECONDS, ControlConnection, without_none
from ccell_fake.control.errors import AccountClosed, NotFound, NotInTime
from ccell_fake.control.queries import (
    MessageQuery,
    MessageSelection,
    ReportQuery,
    ReportSelection,
    UpmsgQuery,
    UpmsgSelection,
)
from ccell_fake.coverage import Coverage
from ccell_fake.errors import CcellError
from ccell_fake.faults import Fault, FaultStatus
from ccell_fake.inspection import (
    AccountActivity,
    AccountRecord,
    AdvanceResult,
    ClockStatus,
    ContentCount,
    Count,
    Hold,
    JournalEntry,
    MessageRecord,
    Page,
    ReportRecord,
    State,
    UpmsgRecord,
    WaitKind,
    WaitResult,
)
from ccell_fake.model import Operation
from ccell_fake.settings import AccountSettings, OutcomeRule, Persona, SettingsByName

Record = TypeVar("Record")

# Pytest shows the line of the test instead.
__tracebackhide__: methodcaller = methodcaller("errisinstance", CcellError)


class WaitConditions(TypedDict, total=False):
    """Conditions of a wait. Conditions of messages are allowed only with kind `message`, `not_empty` only without.

    Attributes:
        phone: The number of the message. `*` in phone, linkid, content, msgid and code stands for any text.
        linkid: The sender's reference.
        content: The text.
        msgid: The serial number.
        code: 0, or the code of the refusal.
        state: The state.
        after_position: Only what came after this position in the journal.
        count: Number of messages or fetches.
        not_empty: Whether a fetch counts only if it returned something.
    """

    phone: str | None
    linkid: str | None
    content: str | None
    msgid: str | None
    code: Code | str | None
    state: State | str | None
    after_position: int
    count: int
    not_empty: bool


class AccountControl:
    """One account of an emulator, as tests see it.

    Attributes:
        userid: The account.
        password: Its password; asterisks unless the emulator made it.
    """

    def __init__(self, connection: ControlConnection, userid: str, password: str) -> None:
        """Control an account over a connection."""
        self.userid = userid
        self.password = password
        self._connection = connection
        self._path = f"/v1/accounts/{quote(userid, safe='')}"

    def __repr__(self) -> str:
        """Show the userid, without the password."""
        return f"AccountControl({self.userid!r})"

    def disconnect(self, error: AccountClosed) -> None:
        """Raise an error in all further calls."""
        self._connection = cast("ControlConnection", _Disconnected(error))

    def status(self) -> AccountRecord:
        """Status of the account."""
        return self._call(AccountRecord, "GET", "")

    def activity(self) -> AccountActivity:
        """The activity of the account: slots in use, excesses, what waits in its queues, and its last fetches."""
        return self._call(AccountActivity, "GET", "/activity")

    def count(self, content: str) -> ContentCount:
        """Count the characters and segments of a content as the account does. Nothing is sent."""
        return self._call(ContentCount, "POST", "/count", body={"content": content})

    @property
    def position(self) -> int:
        """Position of the last journal entry of the account."""
        return self.status().position

    def change(self, **settings: Unpack[SettingsByName]) -> AccountRecord:
        """Change some settings, by name. Requests in progress use the changed settings."""
        return self._call(AccountRecord, "PATCH", "", body=settings)

    def replace(self, settings: AccountSettings) -> AccountRecord:
        """Replace all settings. The password stays if they have none."""
        return self._call(AccountRecord, "PUT", "", body=non_defaults(settings))

    def reset(self) -> None:
        """Delete everything of the account except its settings and its coverage. Holds and delays end."""
        self._perform("POST", "/reset")

    def close(self) -> None:
        """Delete the account. Holds and delays end."""
        self._perform("DELETE", "")

    def unlock(self) -> None:
        """Unlock the account after repeated excess."""
        self._perform("DELETE", "/lock")

    def coverage(self) -> Coverage:
        """The coverage of the account: which codes, limits, open questions and kinds of faults."""
        return self._call(Coverage, "GET", "/coverage")

    def clock(self) -> ClockStatus:
        """Mode and time of its clock."""
        return self._call(ClockStatus, "GET", "/clock")

    def freeze(self, now: datetime | None = None) -> ClockStatus:
        """Stop its clock, at an aware time or at its present time."""
        return self._set_clock(mode="frozen", now=now)

    def offset(self, by: timedelta | None = None, *, now: datetime | None = None) -> ClockStatus:
        """Set its clock ahead of the gateway's, or to an aware time from which it runs on."""
        return self._set_clock(mode="offset", seconds=None if by is None else by.total_seconds(), now=now)

    def real(self) -> ClockStatus:
        """Set its clock to the gateway's."""
        return self._set_clock(mode="real")

    def _set_clock(self, **body: object) -> ClockStatus:
        return self._call(ClockStatus, "PUT", "/clock", body=without_none(body))

    def advance(self, by: timedelta | None = None, *, to: datetime | None = None) -> AdvanceResult:
        """Move its clock forwards, by a duration or to an aware time, and return the events this caused."""
        body = without_none({"seconds": None if by is None else by.total_seconds(), "to": to})
        return self._call(AdvanceResult, "POST", "/clock/advance", body=body)

    def outcomes(self) -> tuple[OutcomeRule, ...]:
        """The rules that decide reports."""
        return self._all(OutcomeRule, "/outcomes")

    def add_outcome(self, rule: OutcomeRule) -> None:
        """Add a rule before the others."""
        self._perform("POST", "/outcomes", body=non_defaults(rule))

    def remove_outcomes(self, place: int | None = None) -> None:
        """Remove the rule at a place, from 0, or all rules."""
        self._perform("DELETE", "/outcomes" if place is None else f"/outcomes/{place}")

    def personas(self) -> tuple[Persona, ...]:
        """The personas."""
        return self._all(Persona, "/personas")

    def add_persona(self, persona: Persona) -> None:
        """Add a persona before the others."""
        self._perform("POST", "/personas", body=non_defaults(persona))

    def remove_personas(self, place: int | None = None) -> None:
        """Remove the persona at a place, from 0, or all. Phones that opted out stay opted out."""
        self._perform("DELETE", "/personas" if place is None else f"/personas/{place}")

    def faults(self) -> tuple[FaultStatus, ...]:
        """The faults, with their counts."""
        return self._all(FaultStatus, "/faults")

    def add_fault(self, fault: Fault) -> FaultStatus:
        """Add a fault after the others."""
        return self._call(FaultStatus, "POST", "/faults", body={**non_defaults(fault), "kind": fault.kind})

    def remove_faults(self, number: int | None = None) -> None:
        """Remove one fault, or all."""
        self._perform("DELETE", "/faults" if number is None else f"/faults/{number}")

    @contextmanager
    def hold(self, slots: int, operation: Operation | None = None, seconds: float = 60.0) -> Generator[Hold]:
        """Keep slots in use inside the block. They are freed at its end, or after `seconds`."""
        held = self.start_hold(slots, operation, seconds)
        try:
            yield held
        finally:
            # It is gone already if its time is over, or if the account was reset or closed.
            with suppress(NotFound):
                self.release(held.id)

    def start_hold(self, slots: int, operation: Operation | None = None, seconds: float = 60.0) -> Hold:
        """Keep slots in use until `release`, or for `seconds`."""
        body = without_none({"slots": slots, "operation": operation, "seconds": seconds})
        return self._call(Hold, "POST", "/holds", body=body)

    def holds(self) -> tuple[Hold, ...]:
        """The holds."""
        return self._all(Hold, "/holds")

    def release(self, number: int | None = None) -> None:
        """Free the slots of one hold, or of all."""
        self._perform("DELETE", "/holds" if number is None else f"/holds/{number}")

    def messages(self, **query: Unpack[MessageQuery]) -> Iterator[MessageRecord]:
        """Submitted messages that match, oldest first unless `newest_first` is set."""
        return self._connection.pages(MessageRecord, f"{self._path}/messages", **query)

    def delete_message(self, msgid: str) -> None:
        """Delete a message, as `delete_messages` does."""
        self._perform("DELETE", f"/messages/{quote(msgid, safe='')}")

    def delete_messages(self, **conditions: Unpack[MessageSelection]) -> int:
        """Delete the messages that match, or all, and return how many.

        A message goes with its report if that was fetched. A report that was not fetched stays in its queue. Balance
        and journal stay, and no other message gets the same msgid.
        """
        return self._count("DELETE", "/messages", conditions)

    def settle(self, msgid: str, status: str = "0", info: str | None = None) -> MessageRecord:
        """Let the report of a message come in now. Status 0 is delivered."""
        body = without_none({"status": status, "info": info})
        return self._call(MessageRecord, "POST", f"/messages/{quote(msgid, safe='')}/report", body=body)

    def reports(self, **query: Unpack[ReportQuery]) -> Iterator[ReportRecord]:
        """Reports that match, oldest first unless `newest_first` is set: planned, waiting and fetched."""
        return self._connection.pages(ReportRecord, f"{self._path}/reports", **query)

    def delete_report(self, number: int) -> None:
        """Delete the report with this `id`, as `delete_reports` does."""
        self._perform("DELETE", f"/reports/{number}")

    def delete_reports(self, **conditions: Unpack[ReportSelection]) -> int:
        """Delete the reports that match, or all, and return how many.

        A report that was not fetched goes from its queue. Messages and balance stay; without a report, an accepted
        message is `sent`.
        """
        return self._count("DELETE", "/reports", conditions)

    def requeue_report(self, number: int) -> ReportRecord:
        """Put the fetched report with this `id` back into its queue, to be fetched once more."""
        return self._call(ReportRecord, "POST", f"/reports/{number}/requeue")

    def requeue_reports(self, **conditions: Unpack[ReportSelection]) -> int:
        """Put the fetched reports that match back into their queue, or all fetched ones, and return how many."""
        return self._count("POST", "/reports/requeue", conditions)

    def add_report(
        self,
        msgid: str,
        phone: str,
        *,
        linkid: str = "",
        status: str = "0",
        info: str = Code.SUCCESS.text,
        delay: float = 0.0,
    ) -> ReportRecord:
        """Let a stray report come in.

        Args:
            msgid: Its serial number: any text. No message needs to have it.
            phone: Its number.
            linkid: Its linkid.
            status: 0 for delivered.
            info: Its text.
            delay: Seconds until it comes in.
        """
        body = {"msgid": msgid, "phone": phone, "linkid": linkid, "status": status, "info": info, "delay": delay}
        return self._call(ReportRecord, "POST", "/reports", body=body)

    def upmsgs(self, **query: Unpack[UpmsgQuery]) -> Iterator[UpmsgRecord]:
        """Upstream messages that match, oldest first unless `newest_first` is set: planned, waiting and fetched."""
        return self._connection.pages(UpmsgRecord, f"{self._path}/upmsgs", **query)

    def delete_upmsg(self, number: int) -> None:
        """Delete the upstream message with this `id`, as `delete_upmsgs` does."""
        self._perform("DELETE", f"/upmsgs/{number}")

    def delete_upmsgs(self, **conditions: Unpack[UpmsgSelection]) -> int:
        """Delete the upstream messages that match, or all, and return how many.

        One that was not fetched goes from its queue. Phones that opted out stay opted out.
        """
        return self._count("DELETE", "/upmsgs", conditions)

    def requeue_upmsg(self, number: int) -> UpmsgRecord:
        """Put the fetched upstream message with this `id` back into its queue, to be fetched once more."""
        return self._call(UpmsgRecord, "POST", f"/upmsgs/{number}/requeue")

    def requeue_upmsgs(self, **conditions: Unpack[UpmsgSelection]) -> int:
        """Put the fetched upstream messages that match back into their queue, or all, and return how many."""
        return self._count("POST", "/upmsgs/requeue", conditions)

    def reply(self, phone: str, content: str, *, spcode: str = "", delay: float = 0.0) -> UpmsgRecord:
        """Let a phone send a message.

        Args:
            phone: The phone.
            content: The text.
            spcode: Extension of the account's port in the number it is sent to.
            delay: Seconds until it comes in.
        """
        body = {"phone": phone, "content": content, "spcode": spcode, "delay": delay}
        return self._call(UpmsgRecord, "POST", "/upmsgs", body=body)

    def journal(
        self, after_position: int = 0, *, operation: Operation | None = None, code: Code | str | None = None
    ) -> Iterator[JournalEntry]:
        """The journal entries of the account after a position, oldest first.

        Raises:
            JournalTruncated: Some of them were dropped.
        """
        path = f"{self._path}/journal"
        return self._connection.pages(JournalEntry, path, after_position=after_position, operation=operation, code=code)

    def wait(
        self, kind: WaitKind = "message", *, timeout: float = 10.0, **wanted: Unpack[WaitConditions]
    ) -> WaitResult:
        """Block until messages or fetches match.

        Args:
            kind: `message`, `report` (reports are fetched) or `upmsg` (upstream messages are fetched).
            timeout: Seconds.
            wanted: The conditions. None is no condition.

        Raises:
            NotInTime: The time is over; the message lists what came instead.
        """
        members = without_none(dict(wanted))
        body = {**members, "kind": kind, "timeout": timeout}
        result = self._call(WaitResult, "POST", "/wait", body=body, timeout=timeout + SECONDS)
        if not result.is_met:
            described = ", ".join(f"{name}={value!r}" for name, value in members.items())
            raise NotInTime(f"{kind} ({described})" if described else f"any {kind}", timeout, result)
        return result

    def _perform(self, method: str, path: str, *, body: object = None) -> None:
        self._connection.perform(method, self._path + path, body=body)

    def _call(
        self, kind: type[Record], method: str, path: str, *, body: object = None, timeout: float = SECONDS
    ) -> Record:
        return self._connection.call(kind, method, self._path + path, body=body, timeout=timeout)

    def _count(self, method: str, path: str, conditions: Mapping[str, Any]) -> int:
        query = without_none(dict(conditions))
        return self._connection.call(Count, method, self._path + path, query=query).count

    def _all(self, kind: type[Record], path: str) -> tuple[Record, ...]:
        page: Page[Record] = self._call(Page[kind], "GET", path)  # type: ignore[valid-type]
        return page.items


class _Disconnected:
    """Stands for a connection that is no longer used."""

    def __init__(self, error: AccountClosed) -> None:
        self._error = error

    def __getattr__(self, _name: str) -> Never:
        raise AccountClosed(*self._error.args)


def non_defaults(value: Any) -> dict[str, Any]:  # noqa: ANN401 - settings, a rule, a persona, a fault
    """The fields of settings, a rule, a persona or a fault that differ from their defaults."""
    return {one.name: getattr(value, one.name) for one in fields(value) if getattr(value, one.name) != one.default}
