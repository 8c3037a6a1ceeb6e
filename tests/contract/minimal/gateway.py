"""Answers of the minimal gateway: four operations through two doors, an account's money, threads and queues."""

import re
import threading
import traceback
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from itertools import count, takewhile
from typing import ClassVar, NamedTuple, Self, TypeVar
from xml.etree import ElementTree as ET

from .accounts import Account
from .calls import read_call, write_answer
from .credentials import are_complete, refusal_of_credentials
from .rules import CHINA, TEXTS, refusal_of, scheduled, verdict_on

ENCODING = re.compile(r"""<\?xml[^>]*?\sencoding\s*=\s*["'](?!utf-8["'])""", re.IGNORECASE)
DEAD = "13899"
"""A message to a number that begins so fails: its report has status -1 and ERRORRD."""
REPLYING = "13898"
"""A phone whose number begins so answers TD to every message in which TD stands."""


class Report(NamedTuple):
    """A report. It is handed out from `due` on."""

    due: datetime
    msgid: str
    linkid: str
    phone: str


class Upmsg(NamedTuple):
    """An upstream message. It is handed out from `due` on."""

    due: datetime
    spnumber: str
    phone: str
    text: str


Due = TypeVar("Due", Report, Upmsg)


@dataclass(slots=True)
class Line:
    """An account and what has become of it."""

    account: Account
    balance: int
    credit: int
    locked: bool
    in_progress: int = 0
    excesses: list[datetime] = field(default_factory=list[datetime])
    reports: list[Report] = field(default_factory=list[Report])
    upmsgs: list[Upmsg] = field(default_factory=list[Upmsg])

    @classmethod
    def of(cls, account: Account) -> Self:
        """An account as it starts."""
        return cls(account, account.balance, account.credit, account.frozen)


@dataclass(frozen=True, slots=True)
class Handled:
    """One request as it was answered: the numbers it accepted, how many reports or upmsgs it handed out."""

    operation: str
    userid: str
    code: str
    accepted: tuple[str, ...] = ()
    handed_out: int = 0


def _root(code: str) -> ET.Element:
    return ET.Element("root", {"return": code, "info": TEXTS[code]})


def _parse(payload: bytes) -> ET.Element | None:
    """The request's root, or nothing where it is no XML or not UTF-8."""
    try:
        text = payload.decode("utf-8-sig")
        root = None if ENCODING.match(text) else ET.fromstring(text)  # noqa: S314 -- asked by its own tests alone
    except (UnicodeDecodeError, ET.ParseError):
        return None
    return None if root is None or root.tag != "root" else root


def _is_complete(operation: str, request: ET.Element | None) -> bool:
    """Say whether a request has what every request of its operation must have."""
    if request is None or not are_complete(request):
        return False
    return operation != "send" or request.find("submit") is not None


def _now() -> datetime:
    return datetime.now(CHINA).replace(microsecond=0)  # noqa: TID251 -- it owes the project nothing, nor its clock


def _take(queue: list[Due], limit: int) -> list[Due]:
    """Take what is due off a queue, oldest first."""
    now = _now()
    queue.sort(key=lambda entry: entry.due)
    taken = list(takewhile(lambda entry: entry.due <= now, queue[:limit]))
    del queue[: len(taken)]
    return taken


class Gateway:
    """The accounts, and what is answered to their requests.

    Attributes:
        journal: Every request answered, oldest first.
        stopping: Set to have the requests in progress answered at once.
    """

    def __init__(self, accounts: Iterable[Account]) -> None:
        """Begin with the accounts as they are configured."""
        self.journal: list[Handled] = []
        self.stopping = threading.Event()
        self._lines = {account.userid: Line.of(account) for account in accounts}
        self._lock = threading.Lock()
        self._serials = count()

    def reply(self, userid: str, phone: str, text: str, spcode: str = "") -> None:
        """Let a phone write to an account now."""
        with self._lock:
            line = self._lines[userid]
            line.upmsgs.append(Upmsg(_now(), line.account.spnumber + spcode, phone, text))

    def answer(self, operation: str, payload: bytes, address: str) -> bytes:
        """Answer one request of an endpoint with the bytes of an XML document."""
        root = self._handle(operation, _parse(payload), address)
        layout = ET.tostring(root, encoding="unicode", short_empty_elements=len(root) > 0)
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{layout}'.encode()

    def answer_call(self, payload: bytes, address: str) -> bytes:
        """Answer one call of JSON-RPC with the bytes of a JSON text."""
        call = read_call(payload)
        return write_answer(self._handle(call.method, call.request, address), call.id)

    def _handle(self, operation: str, request: ET.Element | None, address: str) -> ET.Element:
        userid = "" if request is None else request.get("userid", "")
        try:
            if request is not None and _is_complete(operation, request):
                root = self._admitted(operation, request, address)
            else:
                root = _root("1001001")
        except Exception:  # noqa: BLE001 -- whatever it is, 1001999 is the document's word for it
            traceback.print_exc()
            root = _root("1001999")
        accepted = tuple(resp.get("phone", "") for resp in root.iter("resp") if resp.get("return") == "0")
        handed_out = len(root.findall("report")) + len(root.findall("upmsg"))
        self.journal.append(Handled(operation, userid, root.get("return", ""), accepted, handed_out))
        return root

    def _admitted(self, operation: str, request: ET.Element, address: str) -> ET.Element:
        line = self._lines.get(request.get("userid", ""))
        if line is None:
            return _root("1001003")
        with self._lock:
            refusal = self._enter(line, request, address)
        if refusal:
            return _root(refusal)
        try:
            self.stopping.wait(line.account.processing)
            with self._lock:
                return self.OPERATIONS[operation](self, line, request)
        finally:
            with self._lock:
                line.in_progress -= 1

    def _enter(self, line: Line, request: ET.Element, address: str) -> str:
        """Count the request among those in progress, or say the code that refuses it."""
        account, now = line.account, _now()
        if account.allowed_ips and not any(ip_address(address) in ip_network(net) for net in account.allowed_ips):
            return "1001005"
        if refusal := refusal_of_credentials(request, account.password, now):
            return refusal
        if line.locked:
            return "1001003"
        if line.in_progress >= account.max_concurrency:
            since = now - timedelta(seconds=account.lock_window)
            line.excesses = [at for at in line.excesses if at > since] + [now]
            line.locked = len(line.excesses) >= account.lock_after
            return "1001006"
        line.in_progress += 1
        return ""

    def _send(self, line: Line, request: ET.Element) -> ET.Element:
        account, now = line.account, _now()
        submits = request.findall("submit")
        numbers = [(submit, phone) for submit in submits for phone in submit.get("phone", "").split(",")]
        verdicts = [verdict_on(account, submit, phone, now) for submit, phone in numbers]
        charge = sum(code == "0" for code, _ in verdicts)
        if refusal := refusal_of(account, submits, len(numbers)):
            return _root(refusal)
        if charge > line.balance + line.credit:
            return _root("1001002")
        on_credit = max(charge - line.balance, 0)
        line.balance -= charge - on_credit
        line.credit -= on_credit
        root = _root("0")
        for (submit, phone), (code, value) in zip(numbers, verdicts, strict=True):
            msgid = f"{now:%y%m%d%H%M%S}{next(self._serials) % 10_000_000:07}"
            linkid = submit.get("linkid", "")
            info = TEXTS[code] + value
            fields = {"linkid": linkid, "msgid": msgid, "phone": phone, "return": code, "info": info}
            ET.SubElement(root, "resp", fields)
            if code == "0":
                due = scheduled(submit.get("sendtime", "")) or now
                line.reports.append(Report(due, msgid, linkid, phone))
                if phone.startswith(REPLYING) and "TD" in submit.get("content", ""):
                    line.upmsgs.append(Upmsg(due, account.spnumber + submit.get("spcode", ""), phone, "TD"))
        return root

    def _report(self, line: Line, _: ET.Element) -> ET.Element:
        root = _root("0")
        for due, msgid, linkid, phone in _take(line.reports, 300):
            status, info = ("-1", "ERRORRD") if phone.startswith(DEAD) else ("0", "成功")
            recvtime = f"{due:%Y-%m-%d %H:%M:%S}.0"
            fields = {"msgid": msgid, "linkid": linkid, "phone": phone, "recvtime": recvtime}
            ET.SubElement(root, "report", fields, status=status, info=info)
        return root

    def _upmsg(self, line: Line, _: ET.Element) -> ET.Element:
        root = _root("0")
        for due, spnumber, phone, text in _take(line.upmsgs, 100):
            motime = f"{due:%Y-%m-%d %H:%M:%S}"
            ET.SubElement(root, "upmsg", spnumber=spnumber, phone=phone, motime=motime, msgcontent=text)
        return root

    def _info(self, line: Line, _: ET.Element) -> ET.Element:
        root = _root("0")
        account = line.account
        values = (account.login, account.userid, "0", str(line.balance), str(line.credit), ",".join(account.signatures))
        for tag, value in zip(("ID", "NAME", "STATUS", "RICHES", "CREDIT", "SIGNCODE"), values, strict=True):
            ET.SubElement(root, tag).text = value
        return root

    OPERATIONS: ClassVar = {"send": _send, "report": _report, "upmsg": _upmsg, "info": _info}
