"""The clients of the chaos run: threads that send and fetch, and remember every outcome."""

import random
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

import httpx2

from ccell_fake.client import Client, NotSent, OutcomeUnknown, RequestRefused, Retry, UnreadableAnswer
from ccell_fake.clock import SystemClock, elapsed
from ccell_fake.codes import Code
from ccell_fake.model import Report, Resp

CONTENT = "验证码为1234。【签名】"
_TIMEOUT = 60.0
_UNKNOWN = "the answer did not arrive"
_UNAVAILABLE = 503


@dataclass(frozen=True, slots=True)
class Send:
    """A send, with the resps of its accepted numbers in order; None if its outcome is unknown, empty if refused."""

    userid: str
    linkid: str
    accepted: tuple[Resp, ...] | None


@dataclass(frozen=True, slots=True)
class Fetch:
    """A call that fetched reports until there were no more.

    Attributes:
        userid: The account.
        msgids: The reports of the answers that arrived.
        began: Time of the first request.
        lost: Time of the failure if the last answer did not arrive, or None.
    """

    userid: str
    msgids: tuple[str, ...]
    began: datetime
    lost: datetime | None


@dataclass(slots=True)
class Log:
    """What a thread has done, in order."""

    sends: list[Send] = field(default_factory=list[Send])
    fetches: list[Fetch] = field(default_factory=list[Fetch])
    outcomes: Counter[str] = field(default_factory=Counter[str])
    seconds: list[float] = field(default_factory=list[float])


class Worker(threading.Thread):
    """A client of all accounts. It never repeats a request.

    Attributes:
        log: What it has done.
        error: The error that ended it, or None.
    """

    def __init__(self, number: int, url: str, accounts: dict[str, str], seed: int) -> None:
        super().__init__(name=f"client-{number}", daemon=True)
        self._number = number
        self._ends = threading.Event()
        self._random = random.Random(f"{seed}/{number}")  # noqa: S311 - repeatable
        transport = httpx2.HTTPTransport(limits=httpx2.Limits(max_connections=1))
        self._transport = transport
        self._clients = {
            userid: Client(url, userid, password, transport=transport, timeout=_TIMEOUT, retry=Retry(attempts=1))
            for userid, password in accounts.items()
        }
        self._linkids = self._all_linkids()
        self._clock = SystemClock()
        self.log = Log()
        self.error: Exception | None = None

    def run(self) -> None:
        """Send and fetch until the stop."""
        try:
            while not self._ends.is_set():
                userid = self._random.choice([*self._clients])
                (self.fetch if self._random.random() < 0.4 else self.send)(userid)
        except Exception as error:  # noqa: BLE001 - the main thread raises it
            self.error = error

    def send(self, userid: str) -> None:
        """Send to one to three numbers."""
        linkid = next(self._linkids)
        phones = [f"138{self._random.randrange(10**8):08}" for _ in range(self._random.randint(1, 3))]
        phones = list(dict.fromkeys(phones))
        accepted: tuple[Resp, ...] | None = ()
        began = elapsed()
        try:
            accepted = self._clients[userid].send(phones, CONTENT, linkid=linkid).accepted
            self._count("send", "0", began)
        except RequestRefused as error:
            # Nobody promises what became of a request that ends in a system error.
            accepted = None if error.code == Code.SYSTEM_ERROR else ()
            self._count("send", error.code, began)
        except NotSent:
            self._count("send", "no connection", began)
        except OutcomeUnknown as error:
            accepted = None
            self._count("send", _reason(error), began)
        self.log.sends.append(Send(userid, linkid, accepted))

    def fetch(self, userid: str) -> bool:
        """Fetch reports until there are no more. Returns whether every answer arrived."""
        began, at = elapsed(), self._clock.now()
        taken: tuple[str, ...] = ()
        lost = None
        is_whole = False
        try:
            taken = _msgids(self._clients[userid].reports())
            self._count("report", "0", began)
            is_whole = True
        except (RequestRefused, NotSent) as error:
            taken = _msgids(error.taken)
            if isinstance(error, RequestRefused) and error.code == Code.SYSTEM_ERROR:
                lost = self._clock.now()
            self._count("report", error.code if isinstance(error, RequestRefused) else "no connection", began)
        except OutcomeUnknown as error:
            taken, lost = _msgids(error.taken), self._clock.now()
            self._count("report", _reason(error), began)
        self.log.fetches.append(Fetch(userid, taken, at, lost))
        return is_whole

    def stop(self) -> None:
        """End after the present call."""
        self._ends.set()

    def close(self) -> None:
        """Close its connection."""
        self._transport.close()

    def _count(self, operation: str, outcome: str, began: float) -> None:
        self.log.outcomes[f"{operation}: {outcome}"] += 1
        self.log.seconds.append(elapsed() - began)

    def _all_linkids(self) -> Iterator[str]:
        count = 0
        while True:
            count += 1
            yield f"{self._number}-{count}"


def _msgids(items: Iterable[object]) -> tuple[str, ...]:
    return tuple(item.msgid for item in items if isinstance(item, Report))


def _reason(error: OutcomeUnknown) -> str:
    if isinstance(error, UnreadableAnswer):
        return "no emulator was there (503)" if error.status == _UNAVAILABLE else f"status {error.status}"
    return _UNKNOWN
