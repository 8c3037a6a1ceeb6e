"""Emulators and gateways as tests want them: on a free port, with a clock that can be moved."""

import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from ccell_fake.clock import SHANGHAI, Clock, ManualClock, elapsed
from ccell_fake.engine import personas
from ccell_fake.engine.account_admin import AccountAdmin
from ccell_fake.engine.accounts import Accounts
from ccell_fake.engine.answer import Answer
from ccell_fake.engine.context import Arrival
from ccell_fake.engine.gateway import Gateway
from ccell_fake.errors import UnreadableRequest
from ccell_fake.model import Operation, Request, Resp, Submit, Upmsg
from ccell_fake.settings import DOCUMENT_ACCOUNT, AccountSettings
from ccell_fake.store.database import SqliteStore
from ccell_fake.store.ledger import NO_ACCOUNT
from ccell_fake.wire import replies
from ccell_mock_server.config.settings import parse
from ccell_mock_server.emulator import Emulator

DOCUMENT_DAY = datetime(2015, 12, 31, 8, 30, 30, tzinfo=SHANGHAI)
"""A day on which the document's scheduled samples lie ahead."""

CONTENT = "验证码为1234。【签名】"
PHONE = "13800000000"


def emulator(
    clock: Clock | None = None,
    server: dict[str, Any] | None = None,
    pause: Callable[[float], None] | None = None,
    **tables: Any,
) -> Emulator:
    """An emulator on a free port, of a configuration as TOML has it."""
    config = parse({"server": {"port": 0, **(server or {})}, **tables}, "the test")
    return Emulator(config, clock, Pauses(pause) if pause else None)


def until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Block until a condition holds that nothing announces."""
    pause, ends = threading.Event(), elapsed() + seconds
    while not condition():
        assert elapsed() < ends, "the condition did not hold in time"
        pause.wait(0.001)


class Pauses:
    """Pauses that are a function of the test's, and that nothing cancels."""

    def __init__(self, function: Callable[[float], None]) -> None:
        self._function = function

    def pause(self, seconds: float, owner: object, client: object = None) -> bool:  # noqa: ARG002 - as whoever calls names it
        """Wait as the test does."""
        self._function(seconds)
        return True

    def cancel(self, owner: object) -> None:
        """Let them go on."""


def gateway(
    store: SqliteStore, clock: Clock, pause: Callable[[float], None] = time.sleep, **attributes: Any
) -> Gateway:
    """A gateway without accounts."""
    pauses = Pauses(pause)
    return Gateway(Accounts(store, clock, pauses), store, render=replies.render, pauses=pauses, **attributes)


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
        self.gateway = gateway(self.store, self.clock, pause)
        self.set(**settings)

    def set(self, **settings: Any) -> None:
        """Open the account anew with these settings."""
        given: Any = {"userid": DOCUMENT_ACCOUNT.userid, "password": DOCUMENT_ACCOUNT.password, **settings}
        self.settings = AccountSettings(**given)
        self.gateway.accounts.open(self.settings)

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

    @property
    def admin(self) -> AccountAdmin:
        """The account as a test sees it."""
        return AccountAdmin(self.gateway.accounts, self.store, self.settings.userid)

    def receive(self, upmsg: Upmsg) -> None:
        """Let an upstream message come in."""
        with self.admin.opened() as (account, ledger):
            personas.receive(account.key, upmsg, account.policy.personas, ledger)

    def journal(self) -> list[Any]:
        """What the journal says of the account."""
        return list(self.admin.journal(0).items)

    def journal_of_strangers(self) -> list[Any]:
        """What it says of requests of no account."""
        with self.store.transaction() as ledger:
            return list(ledger.inspect.journal(NO_ACCOUNT, 0).items)


def items(answer: Answer) -> Any:
    """What an answer carries, to be looked at as whatever the operation makes of it."""
    return answer.reply.items


def codes(answer: Answer) -> list[str]:
    """The code of the request, and of each number of a send."""
    return [str(answer.reply.code), *(str(item.code) for item in items(answer) if isinstance(item, Resp))]
