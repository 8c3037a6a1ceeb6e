"""Emulators on a free port, and gateways with a movable clock."""

import threading
import time
from collections.abc import Callable, Hashable
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
from ccell_fake.model import Envelope, Operation, Request, Resp, Submit, Upmsg
from ccell_fake.records import NO_ACCOUNT
from ccell_fake.settings import DOCUMENT_ACCOUNT, AccountSettings
from ccell_fake.store.database import SqliteStore
from ccell_fake.wire import doors
from ccell_mock_server.config.settings import parse
from ccell_mock_server.emulator import Emulator
from harness.stores import end_with, open_store

DOCUMENT_DAY = datetime(2015, 12, 31, 8, 30, 30, tzinfo=SHANGHAI)
"""A day before the sendtime of the document's samples."""

CONTENT = "验证码为1234。【签名】"
PHONE = "13800000000"


def emulator(
    clock: Clock | None = None,
    server: dict[str, Any] | None = None,
    pause: Callable[[float], None] | None = None,
    **tables: Any,
) -> Emulator:
    """Create an emulator on a free port from tables of a configuration."""
    config = parse({"server": {"port": 0, **(server or {})}, **tables}, "the test")
    return Emulator(config, clock, Pauses(pause) if pause else None)


def until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Block until a condition holds that nothing announces."""
    pause, ends = threading.Event(), elapsed() + seconds
    while not condition():
        assert elapsed() < ends, "the condition did not hold in time"
        pause.wait(0.001)


class Pauses:
    """Pauses that call a function, and that cannot be cancelled."""

    def __init__(self, function: Callable[[float], None]) -> None:
        self._function = function

    def take_place(self) -> Callable[[], None]:
        """Return a function that does nothing."""
        return lambda: None

    def pause(self, seconds: float, owner: Hashable, client: object = None) -> bool:  # noqa: ARG002 - the protocol names it
        """Call the function."""
        self._function(seconds)
        return True

    def cancel(self, owner: Hashable) -> None:
        """Do nothing."""


def gateway(
    store: SqliteStore, clock: Clock, pause: Callable[[float], None] = time.sleep, **attributes: Any
) -> Gateway:
    """Create a gateway without accounts."""
    pauses = Pauses(pause)
    return Gateway(Accounts(store, clock), store, render=doors.render, pauses=pauses, **attributes)


class Meter:
    """A pause that counts concurrent requests.

    Attributes:
        most: The highest number of requests at the same time.
    """

    def __init__(self) -> None:
        self.most = 0
        self._inside = 0
        self._guard = threading.Lock()

    def __call__(self, seconds: float) -> None:
        """Wait and count the request."""
        with self._guard:
            self._inside += 1
            self.most = max(self.most, self._inside)
        time.sleep(seconds)
        with self._guard:
            self._inside -= 1


class Bench:
    """A gateway in memory with a movable clock and the document's account."""

    def __init__(
        self, pause: Callable[[float], None] = time.sleep, store: SqliteStore | None = None, **settings: Any
    ) -> None:
        self.clock = ManualClock(DOCUMENT_DAY)
        self.store = store or open_store()
        self.gateway = gateway(self.store, self.clock, pause)
        end_with(self.gateway.accounts, self.store)
        self.set(**settings)

    def set(self, **settings: Any) -> None:
        """Open the account with these settings."""
        given: Any = {"userid": DOCUMENT_ACCOUNT.userid, "password": DOCUMENT_ACCOUNT.password, **settings}
        self.settings = AccountSettings(**given)
        self.gateway.accounts.open(self.settings)

    def ask(self, operation: Operation, *submits: Submit, password: str = "123456", peer: str = "127.0.0.1") -> Answer:
        """Send a request of the account."""
        return self.call(operation, Request(self.settings.userid, password, submits), peer=peer)

    def call(
        self,
        operation: Operation,
        request: Request,
        envelope: Envelope = Envelope(),  # noqa: B008 - frozen, so sharing it is safe
        peer: str = "127.0.0.1",
    ) -> Answer:
        """Send any request."""
        return self.gateway.answer(Arrival(operation, request, peer, envelope))

    def send(self, phone: str | None = PHONE, content: str | None = CONTENT, **attributes: str) -> Answer:
        """Send one submit."""
        return self.ask(Operation.SEND, Submit(phone, content, **attributes))

    def submit(self, *submits: Submit) -> Answer:
        """Send several submits."""
        return self.ask(Operation.SEND, *submits)

    def refuse(self, operation: Operation, reason: str) -> Answer:
        """Send an unreadable request."""
        return self.gateway.answer(Arrival(operation, UnreadableRequest(reason), "127.0.0.1"))

    def reports(self) -> Any:
        """Fetch reports."""
        return items(self.ask(Operation.REPORT))

    def info(self) -> Any:
        """Fetch the account's status."""
        (account,) = items(self.ask(Operation.INFO))
        return account

    @property
    def admin(self) -> AccountAdmin:
        """The administration of the account."""
        return AccountAdmin(self.gateway.accounts, self.store, self.settings.userid)

    def receive(self, upmsg: Upmsg) -> None:
        """Add an upstream message."""
        with self.admin.opened() as (account, ledger):
            personas.receive(account.key, upmsg, account.policy.personas, ledger)

    def journal(self) -> list[Any]:
        """Return the journal of the account."""
        return list(self.admin.journal(0).items)

    def journal_of_strangers(self) -> list[Any]:
        """Return the journal of requests of unknown accounts."""
        with self.store.transaction() as ledger:
            return list(ledger.inspect.journal(NO_ACCOUNT, 0).items)


def items(answer: Answer) -> Any:
    """Return the items of an answer, untyped."""
    return answer.reply.items


def codes(answer: Answer) -> list[str]:
    """Return the code of the request, and of each number of a send."""
    return [str(answer.reply.code), *(str(item.code) for item in items(answer) if isinstance(item, Resp))]
