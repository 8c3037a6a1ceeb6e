"""Emulators and gateways as tests want them: on a free port, with a clock that can be moved."""

import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from ccell_fake.clock import SHANGHAI, Clock, ManualClock
from ccell_fake.engine.evidence import Answer
from ccell_fake.engine.facts import Arrival
from ccell_fake.engine.gateway import Gateway
from ccell_fake.errors import UnreadableRequest
from ccell_fake.model import Operation, Request, Resp, Submit
from ccell_fake.settings import DOCUMENT_ACCOUNT, AccountSettings
from ccell_fake.store.database import SqliteStore
from ccell_mock_server.config import parse
from ccell_mock_server.emulator import Emulator

DOCUMENT_DAY = datetime(2015, 12, 31, 8, 30, 30, tzinfo=SHANGHAI)
"""A day on which the document's scheduled samples lie ahead."""

CONTENT = "验证码为1234。【签名】"
PHONE = "13800000000"


def emulator(
    clock: Clock | None = None,
    server: dict[str, Any] | None = None,
    pause: Callable[[float], None] = time.sleep,
    **tables: Any,
) -> Emulator:
    """An emulator on a free port, of a configuration as TOML has it."""
    return Emulator(parse({"server": {"port": 0, **(server or {})}, **tables}, "the test"), clock, pause)


class Meter:
    """A pause that notes how many requests are in it at the same time.

    Attributes:
        most: The most there ever were.
    """

    def __init__(self) -> None:
        self.most = 0
        self._inside = 0
        self._guard = threading.Lock()

    def __call__(self, seconds: float) -> None:
        """Wait, and be counted meanwhile."""
        with self._guard:
            self._inside += 1
            self.most = max(self.most, self._inside)
        time.sleep(seconds)
        with self._guard:
            self._inside -= 1


class Bench:
    """A gateway in memory, with a clock that can be moved and the document's account."""

    def __init__(
        self, pause: Callable[[float], None] = time.sleep, store: SqliteStore | None = None, **settings: Any
    ) -> None:
        self.clock = ManualClock(DOCUMENT_DAY)
        self.store = store or SqliteStore()
        self.gateway = Gateway(self.store, self.clock, pause=pause)
        self.set(**settings)

    def set(self, **settings: Any) -> None:
        """Open the account anew with these settings."""
        given: Any = {"userid": DOCUMENT_ACCOUNT.userid, "password": DOCUMENT_ACCOUNT.password, **settings}
        self.settings = AccountSettings(**given)
        self.gateway.open(self.settings)

    def ask(self, operation: Operation, *submits: Submit, password: str = "123456", peer: str = "127.0.0.1") -> Answer:
        """Ask as the account."""
        return self.gateway.answer(Arrival(operation, Request(self.settings.userid, password, submits), peer))

    def send(self, phone: str | None = PHONE, content: str | None = CONTENT, **attributes: str) -> Answer:
        """Send one submit."""
        return self.ask(Operation.SEND, Submit(phone, content, **attributes))

    def submit(self, *submits: Submit) -> Answer:
        """Send several."""
        return self.ask(Operation.SEND, *submits)

    def refuse(self, operation: Operation, reason: str) -> Answer:
        """Hand in a request that cannot be read."""
        return self.gateway.answer(Arrival(operation, UnreadableRequest(reason), "127.0.0.1"))

    def reports(self) -> Any:
        """Fetch reports."""
        return items(self.ask(Operation.REPORT))

    def info(self) -> Any:
        """Ask for the account."""
        (account,) = items(self.ask(Operation.INFO))
        return account

    def journal(self) -> list[Any]:
        """What the journal says of the account."""
        with self.store.transaction() as ledger:
            return ledger.journal(ledger.account(self.settings.userid))


def items(answer: Answer) -> Any:
    """What an answer carries, to be looked at as whatever the operation makes of it."""
    return answer.reply.items


def codes(answer: Answer) -> list[str]:
    """The code of the request, and of each number of a send."""
    return [str(answer.reply.code), *(str(item.code) for item in items(answer) if isinstance(item, Resp))]
