"""One account of an emulator, with everything a test does with it."""

from collections.abc import Generator
from contextlib import contextmanager, suppress
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import anyio.to_thread

from ccell_fake.client import AsyncClient, Client
from ccell_fake.control.client import AccountControl, JournalTruncated, NotFound
from ccell_fake.inspection import Hold, JournalEntry, State, UpmsgRecord, WaitKind, WaitResult
from ccell_fake.model import Operation
from ccell_fake.settings import AccountSettings
from ccell_fake.testing import audit
from ccell_fake.testing.clock import AccountTime
from ccell_fake.testing.faults import Faults
from ccell_fake.testing.lists import Messages, Reports, Upmsgs

if TYPE_CHECKING:
    from ccell_fake.testing.server import Server


class Ccell:
    """A gateway with an account of one's own.

    Attributes:
        server: Where it is.
        userid: The account.
        password: Its password.
        account: The whole of what can be arranged and looked at over the control API.
        outbox: What was accepted, like a list.
        refused: What was refused, likewise.
        reports: Status reports, waiting or fetched, likewise.
        upmsgs: Upstream messages, waiting or fetched, likewise.
        clock: The account's time.
        faults: What goes wrong.
    """

    def __init__(self, server: "Server", account: AccountControl, password: str) -> None:
        """Stand for an account that was opened."""
        self.server = server
        self._held: list[range] = []
        self._clients: list[Client] = []
        self.userid: str = account.userid
        self.password = password
        self.account = account
        self.outbox: Messages = Messages(account, "accepted messages", code="0")
        self.refused: Messages = Messages(account, "refused messages", state=State.REFUSED)
        self.reports: Reports = Reports(account)
        self.upmsgs: Upmsgs = Upmsgs(account)
        self.clock: AccountTime = AccountTime(account)
        self.faults: Faults = Faults(account)

    def __repr__(self) -> str:
        """Without the password."""
        return f"Ccell({self.userid!r})"

    @property
    def url(self) -> str:
        """Where the gateway is, such as `http://127.0.0.1:8026`."""
        return self.server.url

    @cached_property
    def client(self) -> Client:
        """A client of the account."""
        return self.connect()

    def connect(self, *, in_process: bool | None = None, **options: Any) -> Client:  # noqa: ANN401 - as Client has them
        """Make a client of the account; it is closed with it.

        Args:
            in_process: Without a connection, straight into the emulator; None for whatever is usual here.
            options: As Client has them.

        Raises:
            NotHere: The emulator runs in another process.
        """
        road, url = self.server.road(in_process=in_process)
        options.setdefault("transport", road.transport())
        client = Client(url, self.userid, self.password, **options)
        self._clients.append(client)
        return client

    def connect_async(self, *, in_process: bool | None = None, **options: Any) -> AsyncClient:  # noqa: ANN401 - as AsyncClient has them
        """Make an asynchronous client of the account, likewise; use it with `async with`."""
        road, url = self.server.road(in_process=in_process)
        options.setdefault("transport", road.async_transport())
        return AsyncClient(url, self.userid, self.password, **options)

    def settings(self, **changes: Any) -> AccountSettings:  # noqa: ANN401 - as AccountSettings has them
        """The settings of the account, after some have been changed by name.

        Raises:
            ControlError: There is no such setting, or it takes no such value.
        """
        return (self.account.change(**changes) if changes else self.account.status()).settings

    def reply(self, phone: str, content: str, *, spcode: str = "", delay: float = 0.0) -> UpmsgRecord:
        """Let a phone send a message.

        Args:
            phone: Who sends it.
            content: The text.
            spcode: What stands behind the account's port in the number it is sent to.
            delay: Seconds from now, on the account's clock.
        """
        return self.account.reply(phone, content, spcode=spcode, delay=delay)

    @contextmanager
    def hold(self, slots: int = 1, operation: Operation | str | None = None, seconds: float = 60.0) -> Generator[Hold]:
        """Keep slots of the account taken for a while, as another program on the same account would.

        Args:
            slots: How many.
            operation: At which endpoint, where each has its own (Q21).
            seconds: When they are free again at the latest.
        """
        begun = self.account.position
        with self.account.hold(slots, None if operation is None else Operation(operation), seconds) as held:
            try:
                yield held
            finally:
                with suppress(NotFound):
                    self._held.append(range(begun + 1, self.account.position + 1))

    def wait(self, kind: WaitKind = "message", *, timeout: float = 10.0, **wanted: Any) -> WaitResult:  # noqa: ANN401 - as AccountControl.wait has them
        """Sleep until something is there, as `AccountControl.wait` has it; `outbox.wait` is for one message.

        Args:
            kind: `message`, `report` (reports are fetched) or `upmsg` (upstream messages are fetched).
            timeout: Seconds.
            wanted: What: phone, linkid, content, msgid, code, state, after_position, count, not_empty.

        Raises:
            NotInTime: It did not come; the message says what did.
        """
        return self.account.wait(kind, timeout=timeout, **wanted)

    async def wait_async(self, kind: WaitKind = "message", *, timeout: float = 10.0, **wanted: Any) -> WaitResult:  # noqa: ANN401, ASYNC109 - as `wait` has them
        """The same for asynchronous tests, whose event loop goes on meanwhile."""
        wait = partial(self.wait, kind, timeout=timeout, **wanted)
        return await anyio.to_thread.run_sync(wait, abandon_on_cancel=True)

    def journal(self) -> tuple[JournalEntry, ...]:
        """What was asked and answered, as far as it is kept, oldest first."""
        try:
            return tuple(self.account.journal())
        except JournalTruncated as error:
            return tuple(self.account.journal(error.problem.after_position or 0))

    def breaches(self) -> tuple[audit.Breach, ...]:
        """Where the code under test did not keep to the limits of the document."""
        return audit.breaches(self.journal(), self.account.messages(), self._held)

    def close(self) -> None:
        """Forget the account and everything of it, and close its clients."""
        for client in self._clients:
            client.close()
        with suppress(NotFound):
            self.account.close()
