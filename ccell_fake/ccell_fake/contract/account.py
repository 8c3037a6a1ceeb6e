"""An account that checks send requests with, and the interface to the conditions around it."""

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from functools import cached_property
from typing import Protocol, TypeVar
from xml.sax.saxutils import quoteattr

import httpx2

from ccell_fake.client import Client, RequestRefused
from ccell_fake.client.writing import SEQID_NUMBERS, parse_base_url
from ccell_fake.clock import SystemClock
from ccell_fake.codes import Code
from ccell_fake.contract.answers import RawAnswer
from ccell_fake.contract.known_account import KnownAccount
from ccell_fake.contract.needs import NotAsked
from ccell_fake.contract.recording import Recording
from ccell_fake.contract.submits import UNKNOWN, submit
from ccell_fake.model import JSON_PATH, Door, Operation, Report, Upmsg
from ccell_fake.signing import is_digest, make_seqid, md5

Item = TypeVar("Item")

_CONTENT_TYPES = {Door.XML: "text/xml; charset=UTF-8", Door.JSON: "application/json; charset=UTF-8"}
_SECONDS = 90.0


class Arranger(Protocol):
    """Changes the conditions around one account. Raises NotAsked for a change that the target does not offer."""

    def advance(self, seconds: float) -> None:
        """Let time pass on the account's clock."""
        ...

    def freeze_clock(self) -> datetime:
        """Freeze the account's clock. Returns its time, which is aware."""
        ...

    def reply(self, phone: str, texts: Iterable[str]) -> None:
        """Make a phone send upstream messages to the account."""
        ...

    def hold(self, requests: int, operation: Operation | None = None) -> AbstractContextManager[object]:
        """Keep this many requests of the account in progress."""
        ...

    def fail_next(self) -> None:
        """Make the gateway fail at the account's next send."""
        ...

    def wait(self) -> bool:
        """Wait a little for the gateway. Returns False, without waiting, once the time to wait is used up."""
        ...

    def close(self) -> None:
        """Release the account."""
        ...


class NothingArrived(AssertionError):
    """The gateway did not produce a report or message in time, although it produces them immediately."""


class NeverEmpty(AssertionError):
    """A queue does not become empty: the gateway hands out the same items again at once."""


class ContractAccount:
    """One account of a target.

    Attributes:
        userid: The account's userid.
        password: Its password.
        known: The facts known about it.
        arranger: Changes the conditions around it.
        client: A client that speaks XML and never retries.
        door: The door of all other requests.
    """

    def __init__(
        self, url: str, userid: str, password: str, *, known: KnownAccount, arranger: Arranger, transport: Recording
    ) -> None:
        """Use an account of the gateway at `url`. The transport records every exchange."""
        self.userid = userid
        self.password = password
        self.known = known
        self.arranger = arranger
        self.client: Client = Client(url, userid, password, transport=transport, threads=16)
        self.door: Door = Door.XML
        self._url = parse_base_url(url)
        self._transport = transport

    def __repr__(self) -> str:
        """Hide userid and password."""
        return "<Account>"

    def replay_only(self) -> None:
        """Send no further requests; see `Recording.replay_only`."""
        self._transport.replay_only()

    def close(self) -> None:
        """Close the client and release the account."""
        self.client.close()
        self.arranger.close()

    @property
    def own_numbers(self) -> tuple[str, ...]:
        """Numbers that the account may send to."""
        return self.known.own_numbers

    @property
    def replying_number(self) -> str:
        """A phone that can send upstream messages to the account."""
        return (*self.known.replying_numbers, *self.own_numbers)[0]

    def payload(self, inner: str = "", /, **attributes: str | None) -> str:
        """A request's root, or the params of a JSON-RPC call, with the account's credential.

        Args:
            inner: The submits, as `submit_elements` writes them.
            attributes: Replace or add attributes of the root, or members of the params. None leaves one out.
        """
        credential: dict[str, str | None] = {"userid": self.userid, "password": self.password, **attributes}
        if self.door is Door.XML:
            return f"<root{_render_attributes(credential)}>{inner}</root>"
        submits = f', "submit": [{inner}]' if inner else ""
        return f"{_render_members(credential).removesuffix('}')}{submits}}}"

    def submit_elements(self, *submits: dict[str, str | None]) -> str:
        """The submits of a send, from their attributes. None leaves an attribute out."""
        if self.door is Door.JSON:
            return ", ".join(map(_render_members, submits))
        return "".join(f"<submit{_render_attributes(submit)}/>" for submit in submits)

    def signed(self, seqid: str = "") -> dict[str, str | None]:
        """The attributes of a signed request, in place of the password (P1, P2). By default with a seqid of its own."""
        seqid = seqid or self.make_seqid()
        return {"password": None, "seqid": seqid, "sign": md5(seqid + self.signing_key)}

    def make_seqid(self, ahead: timedelta = timedelta()) -> str:
        """A seqid that was not used before, whose time is this far after the present."""
        return make_seqid(SystemClock().now() + ahead, SEQID_NUMBERS.next())

    @cached_property
    def signing_key(self) -> str:
        """The part of a sign that comes from the password: its md5.

        A password that looks like an md5 may stand for itself (Q44). A signed request finds out.
        """
        digest = md5(self.password)
        if not is_digest(self.password):
            return digest
        seqid = self.make_seqid()
        harmless = self.submit_elements(submit(UNKNOWN, self.known.content()))
        signed = self.payload(harmless, password=None, seqid=seqid, sign=md5(seqid + digest))
        return digest if self.post(Operation.SEND, signed).code == Code.SUCCESS else self.password

    def text(self, operation: Operation, payload: str) -> str:
        """The text of a request: its root, or a JSON-RPC call with these params."""
        return payload if self.door is Door.XML else f'{{"id": 1, "method": "{operation}", "params": {payload}}}'

    def send(self, *submits: dict[str, str | None]) -> RawAnswer:
        """Send submits with these attributes, in this order. None leaves an attribute out."""
        return self.post(Operation.SEND, self.payload(self.submit_elements(*submits)))

    def post(self, operation: Operation, payload: str | bytes, content_type: str = "", *, path: str = "") -> RawAnswer:
        """Send a payload in the body of a POST. Bytes are the whole body.

        A path replaces that of the endpoint, exactly as written.
        """
        body = self.text(operation, payload).encode() if isinstance(payload, str) else payload
        headers = {"Content-Type": content_type or _CONTENT_TYPES[self.door]}
        endpoint = self._path(operation)
        request = httpx2.Request("POST", self._url + endpoint, content=body, headers=headers)
        if path:
            before = request.url.raw_path.removesuffix(endpoint.encode())
            request.extensions["target"] = before + path.encode()
        return self._send(operation, request)

    def get(self, operation: Operation, query: str) -> RawAnswer:
        """Send a GET with a query exactly as written: printable ASCII without blanks."""
        request = httpx2.Request("GET", self._url + self._path(operation))
        # A URL of httpx2 has at most 64 KiB.
        request.extensions["target"] = b"%s?%s" % (request.url.raw_path, query.encode())
        return self._send(operation, request)

    def _path(self, operation: Operation) -> str:
        return JSON_PATH if self.door is Door.JSON else operation.path

    def _send(self, operation: Operation, request: httpx2.Request) -> RawAnswer:
        request.extensions["timeout"] = httpx2.Timeout(_SECONDS).as_dict()
        response = self._transport.handle_request(request)
        return RawAnswer(operation, response.status_code, dict(response.headers), response.read(), self.door)

    def reports(self) -> list[Report]:
        """Fetch reports until an answer has none.

        Raises:
            NeverEmpty: The gateway hands out the same reports again and again.
        """
        return [item for item in self._drain(Operation.REPORT) if isinstance(item, Report)]

    def upmsgs(self) -> list[Upmsg]:
        """Fetch upstream messages until an answer has none.

        Raises:
            NeverEmpty: The gateway hands out the same messages again and again.
        """
        return [item for item in self._drain(Operation.UPMSG) if isinstance(item, Upmsg)]

    def _drain(self, operation: Operation) -> Iterator[object]:
        page: tuple[object, ...] = ()
        while True:
            answer = self.post(operation, self.payload())
            if answer.code != Code.SUCCESS:
                message = f"{operation} was refused with {answer.code} {answer.reply.info}"
                raise RequestRefused(message, operation, code=answer.code, info=answer.reply.info)
            if not answer.reply.items:
                return
            if answer.reply.items == page:
                message = f"two answers of {operation} in succession have the same {len(page)} items"
                raise NeverEmpty(message)
            page = answer.reply.items
            yield from page

    def messages_left(self) -> int:
        """Number of messages that the account can still pay for, credit included."""
        info = self.client.info()
        return info.riches + info.credit

    def wait_for(self, fetch: Callable[[], Sequence[Item]], count: int = 1) -> list[Item]:
        """Fetch until there are `count` items.

        Raises:
            NothingArrived: There are fewer, and the target produces them immediately.
            NotAsked: There are fewer, and the time to wait is used up.
        """
        items = self.fetch_until(fetch, count)
        if len(items) < count:
            message = f"needs {count} items that the gateway produces by itself; {len(items)} arrived"
            raise NothingArrived(message) if "immediate" in self.known.abilities else NotAsked(message)
        return items

    def fetch_until(self, fetch: Callable[[], Sequence[Item]], count: int = 1) -> list[Item]:
        """Fetch until there are `count` items or the time to wait is used up."""
        items = list(fetch())
        while len(items) < count and self.arranger.wait():
            items += fetch()
        return items

    def wait_fully(self) -> None:
        """Wait until the time to wait is used up."""
        while self.arranger.wait():
            pass

    def in_parallel(self, calls: Sequence[Callable[[], RawAnswer]]) -> list[RawAnswer]:
        """Make all calls at the same moment, each in its own thread. Returns their answers in order."""
        barrier = threading.Barrier(len(calls))
        answers: dict[int, RawAnswer] = {}
        errors: list[BaseException] = []

        def call(index: int) -> None:
            try:
                barrier.wait(_SECONDS)
                answers[index] = calls[index]()
            except BaseException as error:  # noqa: BLE001 - raised below, in the thread that waits
                errors.append(error)

        threads = [threading.Thread(target=call, args=(index,)) for index in range(len(calls))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if errors:
            raise errors[0]
        return [answers[index] for index in range(len(calls))]


def _render_attributes(attributes: dict[str, str | None]) -> str:
    return "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items() if value is not None)


def _render_members(members: dict[str, str | None]) -> str:
    return json.dumps({name: value for name, value in members.items() if value is not None}, ensure_ascii=False)
