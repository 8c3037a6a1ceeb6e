"""A client of the control API: arrange, look and wait, from a test or a script, in this process or another one."""

import json
import ssl
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, TypeVar
from urllib.parse import quote

import httpx2
from pydantic import BaseModel, TypeAdapter

from ccell_fake.codes import Code
from ccell_fake.control import models
from ccell_fake.errors import CcellError
from ccell_fake.faults import Fault
from ccell_fake.inspection import State
from ccell_fake.model import Operation
from ccell_fake.settings import AccountSettings, OutcomeRule, Persona

__all__ = [
    "AccountControl",
    "ControlClient",
    "ControlError",
    "Event",
    "JournalTruncated",
    "NotFound",
    "NotInTime",
    "Unreachable",
]

_BASE = "/_ccell"
_SNAPSHOT = "application/vnd.sqlite3"
_SECONDS = 30.0
_NOT_FOUND, _GONE = 404, 410
_NO_ANSWER = (httpx2.TransportError, httpx2.InvalidURL)

Model = TypeVar("Model", bound=BaseModel)
Kind = Literal["message", "report", "upmsg"]


class ControlError(CcellError):
    """The control API refused a request; the message says why, and what would pass.

    Attributes:
        problem: What it answered.
    """

    def __init__(self, problem: models.Problem) -> None:
        """Keep what was answered."""
        super().__init__(f"{problem.title}: {problem.detail}")
        self.problem = problem


class NotFound(ControlError):
    """An account, a message, a fault or a hold that is not there."""


class JournalTruncated(ControlError):
    """A question about journal entries that are no longer kept; continue with `problem.after_position`."""


class Unreachable(CcellError):
    """No control API answers at the address; the message names it, and says what was seen."""


class NotInTime(CcellError):
    """What was waited for did not come in time; the message says what came instead, and what was nearest.

    Attributes:
        answer: All that was there.
    """

    def __init__(self, wanted: str, timeout: float, answer: models.WaitAnswer) -> None:
        """Say what was waited for, and what there was."""
        super().__init__("\n".join(_lines(wanted, timeout, answer)))
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened.

    Attributes:
        kind: From requests: `send`, `message`, `fetch_report`, `fetch_upmsg` or `info`. From time: `sent`, `report`,
            `upmsg` or `opt_out`. Last of a stream: `ended` or `entries_dropped`.
        data: The account's userid, and what happened.
        position: Position in the journal; None unless this is the last event of a request.
    """

    kind: str
    data: dict[str, Any]
    position: int | None = None


class ControlClient:
    """The control API of an emulator.

    Every call raises ControlError where it is refused, and Unreachable where nobody answers.
    """

    def __init__(
        self,
        url: str,
        token: str = "",
        *,
        authority: Path | None = None,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        """Talk to an emulator.

        Args:
            url: Where it serves, such as `http://127.0.0.1:8026`.
            token: Its control token, if it has one.
            authority: Whose certificates to trust under TLS, as a PEM file; those the host trusts unless given.
            transport: What carries the requests; a connection to the url unless given.
        """
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._url = url
        self._http = httpx2.Client(
            base_url=url.rstrip("/") + _BASE,
            headers=headers,
            timeout=_SECONDS,
            transport=transport,
            # A context is slow to make, and plain HTTP has no use for one.
            verify=ssl.create_default_context(cafile=authority) if url.startswith("https:") else False,
            trust_env=False,
        )

    def __enter__(self) -> Self:
        """Use it for a while."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close its connections."""
        self.close()

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def open(self, settings: AccountSettings | Mapping[str, Any] | None = None) -> "AccountControl":
        """Open an account.

        Args:
            settings: Its settings, or some of them by name; what they leave out is made or at its default.
        """
        body = given(settings) if isinstance(settings, AccountSettings) else _plain(dict(settings or {}))
        answer = self.ask(models.AccountAnswer, "POST", "/v1/accounts", json=body)
        return AccountControl(self, answer.userid, answer.password)

    def account(self, userid: str) -> "AccountControl":
        """An account that is open."""
        answer = self.ask(models.AccountAnswer, "GET", f"/v1/accounts/{quote(userid, safe='')}")
        return AccountControl(self, answer.userid, answer.password)

    def accounts(self) -> Iterator[models.AccountAnswer]:
        """All accounts, in the order of their userids."""
        return self.pages(models.AccountsAnswer, "/v1/accounts")

    def strangers(self, after_position: int = 0) -> Iterator[models.EntryAnswer]:
        """The requests that could not be read or named no account, after a position, oldest first."""
        return self.pages(models.JournalAnswer, "/v1/journal", after_position=after_position)

    def snapshot(self, path: Path) -> None:
        """Write everything there is into a file."""
        path.write_bytes(self.send("GET", "/v1/state").content)

    def restore(self, path: Path) -> None:
        """Put back what a snapshot holds; what was there before is forgotten."""
        self.send("PUT", "/v1/state", content=path.read_bytes(), headers={"Content-Type": _SNAPSHOT})

    def metrics(self) -> str:
        """The figures, in Prometheus' text format."""
        return self.send("GET", "/metrics").text

    @contextmanager
    def events(self, userid: str | None = None, after_position: int | None = None) -> Generator[Iterator[Event]]:
        """What happens, as it happens, on one account or on all.

        Args:
            userid: On which; None for all.
            after_position: Only events of requests after this position; None for events from now on.
        """
        query = {
            name: value for name, value in (("userid", userid), ("after_position", after_position)) if value is not None
        }
        try:
            stream = self._http.stream("GET", "/v1/events", params=query, timeout=None)
            answer = stream.__enter__()
        except _NO_ANSWER as error:
            raise self._unreachable(error) from error
        with closing(answer):
            if answer.is_error:
                answer.read()
                raise _refusal(answer)
            lines = answer.iter_lines()
            # The first line says that nothing is missed from here on.
            next(lines)
            yield _events(lines)

    def send(self, method: str, path: str, **attributes: Any) -> httpx2.Response:  # noqa: ANN401 - httpx2's
        """Send a request.

        Args:
            method: GET, POST, PUT, PATCH or DELETE.
            path: Behind `/_ccell`.
            attributes: As httpx2 takes them.
        """
        try:
            answer = self._http.request(method, path, **attributes)
        except _NO_ANSWER as error:
            raise self._unreachable(error) from error
        if answer.is_error:
            raise _refusal(answer)
        return answer

    def _unreachable(self, error: Exception) -> Unreachable:
        return Unreachable(f"no control API answers at {self._url}: {error}")

    def ask(self, model: type[Model], method: str, path: str, **attributes: Any) -> Model:  # noqa: ANN401 - httpx2's
        """Send a request, and read its answer."""
        return model.model_validate_json(self.send(method, path, **attributes).content)

    def pages(self, model: type[BaseModel], path: str, **query: Any) -> Iterator[Any]:  # noqa: ANN401 - what it lists
        """The items of a list, over all its pages."""
        asked = {name: value for name, value in query.items() if value is not None}
        while True:
            page: Any = self.ask(model, "GET", path, params=asked)
            yield from page.items
            if page.next is None:
                return
            asked["cursor"] = page.next


class AccountControl:
    """One account of an emulator, as a test sees it.

    Attributes:
        userid: The account.
        password: Its password if it was made by the emulator, else asterisks.
    """

    def __init__(self, control: ControlClient, userid: str, password: str) -> None:
        """Speak of an account by way of a client."""
        self.userid = userid
        self.password = password
        self._control = control
        self._path = f"/v1/accounts/{quote(userid, safe='')}"

    def __repr__(self) -> str:
        """Without the password."""
        return f"AccountControl({self.userid!r})"

    def seen(self) -> models.AccountAnswer:
        """The account as it stands."""
        return self._ask(models.AccountAnswer, "GET", "")

    @property
    def position(self) -> int:
        """Position of the last journal entry of the account."""
        return self.seen().position

    def change(self, **settings: Any) -> models.AccountAnswer:  # noqa: ANN401 - as AccountSettings has them
        """Change some settings, by name; requests in progress are judged by what they are changed to."""
        return self._ask(models.AccountAnswer, "PATCH", "", json=_plain(settings))

    def replace(self, settings: AccountSettings) -> models.AccountAnswer:
        """Replace all settings, the password excepted where they have none."""
        return self._ask(models.AccountAnswer, "PUT", "", json=given(settings))

    def reset(self) -> None:
        """Forget everything of the account but its settings; holds and delays end."""
        self._send("POST", "/reset")

    def close(self) -> None:
        """Forget the account and everything of it; holds and delays end."""
        self._send("DELETE", "")

    def unlock(self) -> None:
        """Let it in again where repeated excess has locked it."""
        self._send("DELETE", "/lock")

    def clock(self) -> models.ClockAnswer:
        """How its clock goes, and what it shows."""
        return self._ask(models.ClockAnswer, "GET", "/clock")

    def freeze(self, now: datetime | None = None) -> models.ClockAnswer:
        """Let its clock stand still, at an aware time or at its present."""
        return self._set_clock(mode="frozen", now=now)

    def offset(self, by: timedelta | None = None, *, now: datetime | None = None) -> models.ClockAnswer:
        """Let its clock go so far ahead of the gateway's, or from an aware time on."""
        return self._set_clock(mode="offset", seconds=None if by is None else by.total_seconds(), now=now)

    def real(self) -> models.ClockAnswer:
        """Let its clock be the gateway's again."""
        return self._set_clock(mode="real")

    def _set_clock(self, **body: Any) -> models.ClockAnswer:  # noqa: ANN401 - as ClockBody has them
        return self._ask(models.ClockAnswer, "PUT", "/clock", json=_plain(_without_none(body)))

    def advance(self, by: timedelta | None = None, *, to: datetime | None = None) -> models.AdvanceAnswer:
        """Move its clock forwards, by a time or to an aware one; what that brought about, in order."""
        body = _without_none({"seconds": None if by is None else by.total_seconds(), "to": to})
        return self._ask(models.AdvanceAnswer, "POST", "/clock/advance", json=_plain(body))

    def outcomes(self) -> tuple[OutcomeRule, ...]:
        """The rules that decide reports."""
        return self._ask(models.OutcomesAnswer, "GET", "/outcomes").items

    def add_outcome(self, rule: OutcomeRule) -> None:
        """Put a rule before those that are there."""
        self._send("POST", "/outcomes", json=given(rule))

    def remove_outcomes(self, place: int | None = None) -> None:
        """Remove the rule at a place, from 0, or all."""
        self._send("DELETE", "/outcomes" if place is None else f"/outcomes/{place}")

    def personas(self) -> tuple[Persona, ...]:
        """Who holds which phones."""
        return self._ask(models.PersonasAnswer, "GET", "/personas").items

    def add_persona(self, persona: Persona) -> None:
        """Give phones to someone who answers, before those who are there."""
        self._send("POST", "/personas", json=given(persona))

    def remove_personas(self) -> None:
        """Remove all; who has opted out stays so."""
        self._send("DELETE", "/personas")

    def faults(self) -> tuple[models.FaultAnswer, ...]:
        """The faults that are arranged, with what is left of each."""
        return self._ask(models.FaultsAnswer, "GET", "/faults").items

    def add_fault(self, fault: Fault) -> models.FaultAnswer:
        """Arrange a fault behind those that are there."""
        body = {**given(fault), "kind": fault.kind}
        return self._ask(models.FaultAnswer, "POST", "/faults", json=body)

    def remove_faults(self, number: int | None = None) -> None:
        """Remove one fault, or all."""
        self._send("DELETE", "/faults" if number is None else f"/faults/{number}")

    @contextmanager
    def hold(
        self, slots: int, operation: Operation | None = None, seconds: float = 60.0
    ) -> Generator[models.HoldAnswer]:
        """Keep slots taken for a while; they are free again at its end, or after so many seconds."""
        body = _without_none({"slots": slots, "operation": operation, "seconds": seconds})
        held = self._ask(models.HoldAnswer, "POST", "/holds", json=body)
        try:
            yield held
        finally:
            # It is gone already where its time was over, or where the account was reset or closed.
            with suppress(NotFound):
                self.release(held.id)

    def holds(self) -> tuple[models.HoldAnswer, ...]:
        """The slots that are kept taken."""
        return self._ask(models.HoldsAnswer, "GET", "/holds").items

    def release(self, number: int | None = None) -> None:
        """Free the slots of one hold, or all."""
        self._send("DELETE", "/holds" if number is None else f"/holds/{number}")

    def messages(
        self,
        *,
        phone: str | None = None,
        linkid: str | None = None,
        content: str | None = None,
        msgid: str | None = None,
        code: Code | str | None = None,
        state: State | None = None,
        after_position: int | None = None,
    ) -> Iterator[models.MessageAnswer]:
        """What was submitted, oldest first; phone, linkid and content may hold `*` for any text.

        Args:
            phone: The number.
            linkid: The sender's reference.
            content: The text.
            msgid: The serial number.
            code: 0, or the code of the refusal.
            state: What has become of it.
            after_position: Only messages of requests after this position in the journal.
        """
        query = {"phone": phone, "linkid": linkid, "content": content, "msgid": msgid, "code": code, "state": state}
        return self._control.pages(
            models.MessagesAnswer, f"{self._path}/messages", after_position=after_position, **query
        )

    def settle(self, msgid: str, status: str = "0", info: str | None = None) -> models.MessageAnswer:
        """Let the report of a message come in now; 0 is delivered."""
        body = _without_none({"status": status, "info": info})
        return self._ask(models.MessageAnswer, "POST", f"/messages/{quote(msgid, safe='')}/report", json=body)

    def reports(self) -> Iterator[models.ReportAnswer]:
        """Reports: those to come, those waiting and those that were handed out."""
        return self._control.pages(models.ReportsAnswer, f"{self._path}/reports")

    def add_report(self, report: models.ReportBody) -> models.ReportAnswer:
        """Let a stray report come in."""
        body = report.model_dump(mode="json", exclude_unset=True)
        return self._ask(models.ReportAnswer, "POST", "/reports", json=body)

    def upmsgs(self) -> Iterator[models.UpmsgAnswer]:
        """Upstream messages: those to come, those waiting and those that were fetched."""
        return self._control.pages(models.UpmsgsAnswer, f"{self._path}/upmsgs")

    def reply(self, phone: str, content: str, *, spcode: str = "", delay: float = 0.0) -> models.UpmsgAnswer:
        """Let a phone send a message, so many seconds from now; spcode stands behind the account's port."""
        body = {"phone": phone, "content": content, "spcode": spcode, "delay": delay}
        return self._ask(models.UpmsgAnswer, "POST", "/upmsgs", json=body)

    def journal(
        self, after_position: int = 0, *, operation: Operation | None = None, code: Code | str | None = None
    ) -> Iterator[models.EntryAnswer]:
        """The account's requests after a position, oldest first.

        Raises:
            JournalTruncated: Some of them are no longer kept.
        """
        return self._control.pages(
            models.JournalAnswer, f"{self._path}/journal", after_position=after_position, operation=operation, code=code
        )

    def wait(self, kind: Kind = "message", *, timeout: float = 10.0, **wanted: Any) -> models.WaitAnswer:  # noqa: ANN401 - as WaitBody has them
        """Block until something is there.

        Args:
            kind: `message`, `report` (reports are fetched) or `upmsg` (upstream messages are fetched).
            timeout: Seconds.
            wanted: As in WaitBody: phone, linkid, content, msgid, code, state, after_position, count, not_empty.

        Raises:
            NotInTime: It did not come; the message says what did.
        """
        body = _without_none(wanted)
        answer = self._ask(
            models.WaitAnswer,
            "POST",
            "/wait",
            json={**body, "kind": kind, "timeout": timeout},
            timeout=timeout + _SECONDS,
        )
        if not answer.is_met:
            described = ", ".join(f"{name}={value!r}" for name, value in body.items())
            raise NotInTime(f"{kind} ({described})" if described else f"any {kind}", timeout, answer)
        return answer

    def _send(self, method: str, path: str, **attributes: Any) -> None:  # noqa: ANN401 - httpx2's
        self._control.send(method, self._path + path, **attributes)

    def _ask(self, model: type[Model], method: str, path: str, **attributes: Any) -> Model:  # noqa: ANN401 - httpx2's
        return self._control.ask(model, method, self._path + path, **attributes)


def given(value: Any) -> dict[str, Any]:  # noqa: ANN401 - settings, a rule, a persona, a fault
    """Those members of settings, a rule, a persona or a fault that are not at their default, as JSON."""
    members = {one.name: getattr(value, one.name) for one in fields(value) if getattr(value, one.name) != one.default}
    return _plain(members)


def _plain(value: dict[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = TypeAdapter(dict[str, Any]).dump_python(value, mode="json")
    return plain


def _without_none(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if value is not None}


def _refusal(answer: httpx2.Response) -> CcellError:
    try:
        problem = models.Problem.model_validate_json(answer.content)
    except ValueError:
        return Unreachable(
            f"{answer.url.copy_with(query=None)} answered {answer.status_code}, which is no control API's"
        )
    kinds = {_NOT_FOUND: NotFound, _GONE: JournalTruncated}
    return kinds.get(problem.status, ControlError)(problem)


def _events(lines: Iterator[str]) -> Iterator[Event]:
    members: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if line and name:
            members[name] = value
        elif "data" in members:
            yield Event(members["event"], json.loads(members["data"]), int(members["id"]) if "id" in members else None)
            members = {}


def _lines(wanted: str, timeout: float, answer: models.WaitAnswer) -> Iterator[str]:
    yield f"waited {timeout:g} s for {wanted}"
    for near in answer.nearest[:3]:
        one = near.message
        differs = ", ".join(
            f"{mismatch.field} is {mismatch.was!r}, not {mismatch.wanted!r}" for mismatch in near.mismatches
        )
        yield f"  near: {one.msgid} to {one.phone}, {one.state}: {differs}"
    for entry in answer.came:
        yield f"  came: {entry.position} {entry.operation} {entry.code or entry.delivery} {entry.explanation}".rstrip()
    if not answer.nearest and not answer.came:
        yield "  nothing came"
