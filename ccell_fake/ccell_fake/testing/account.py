"""An emulator for tests, and an account on it: clients, messages, and everything a test arranges."""

import ssl
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Self, Unpack

import anyio.to_thread
import httpx2

from ccell_fake.client import AsyncClient, AsyncClientOptions, Client, ClientOptions
from ccell_fake.control.client import AccountControl, ControlClient, JournalTruncated, NotFound, WaitConditions
from ccell_fake.errors import CcellError
from ccell_fake.inspection import Hold, JournalEntry, State, UpmsgRecord, WaitKind, WaitResult
from ccell_fake.model import Operation, OperationName
from ccell_fake.settings import AccountSettings, SettingsByName
from ccell_fake.testing import audit
from ccell_fake.testing.clock import AccountTime
from ccell_fake.testing.faults import Faults
from ccell_fake.testing.lists import Messages, Reports, Upmsgs

_IN_PROCESS_URL = "http://127.0.0.1"


class NotInProcess(CcellError):
    """The emulator runs in another process. Its clients need a connection."""


@dataclass(frozen=True, slots=True)
class ClientTransports:
    """Transports for the requests of clients.

    Attributes:
        transport: Makes a transport; None for a connection.
        async_transport: The same for asyncio.
    """

    transport: Callable[[], httpx2.BaseTransport | None] = lambda: None
    async_transport: Callable[[], httpx2.AsyncBaseTransport | None] = lambda: None

    @classmethod
    def trusting(cls, cacert: Path) -> Self:
        """Return transports that trust only the certificates of a PEM file.

        Raises:
            OSError: The file has no certificates.
        """
        trust = ssl.create_default_context(cafile=cacert)
        return cls(lambda: httpx2.HTTPTransport(verify=trust), lambda: httpx2.AsyncHTTPTransport(verify=trust))


class Ccell:
    """An account on a gateway, for one test.

    Attributes:
        server: The emulator.
        userid: The account.
        password: Its password.
        account: The control API of the account.
        outbox: Accepted messages, like a list.
        refused: Refused messages, like a list.
        reports: Status reports, waiting or fetched, like a list.
        upmsgs: Upstream messages, waiting or fetched, like a list.
        clock: The account's clock.
        faults: The account's faults.
    """

    def __init__(self, server: "Server", account: AccountControl, password: str) -> None:
        """Use an open account."""
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
        """Address of the gateway, such as `http://127.0.0.1:8026`."""
        return self.server.url

    @cached_property
    def client(self) -> Client:
        """A client of the account."""
        return self.connect()

    def connect(self, *, in_process: bool | None = None, **options: Unpack[ClientOptions]) -> Client:
        """Make a client of the account. It is closed with the account.

        Args:
            in_process: Whether to call the emulator without a connection; None for the default of the server.
            options: Options of Client.

        Raises:
            NotInProcess: The emulator runs in another process.
        """
        transports, url = self.server.transports(in_process=in_process)
        options.setdefault("transport", transports.transport())
        client = Client(url, self.userid, self.password, **options)
        self._clients.append(client)
        return client

    def connect_async(self, *, in_process: bool | None = None, **options: Unpack[AsyncClientOptions]) -> AsyncClient:
        """Make an asynchronous client of the account; use it with `async with`.

        Args:
            in_process: Whether to call the emulator without a connection; None for the default of the server.
            options: Options of AsyncClient.

        Raises:
            NotInProcess: The emulator runs in another process.
        """
        transports, url = self.server.transports(in_process=in_process)
        options.setdefault("transport", transports.async_transport())
        return AsyncClient(url, self.userid, self.password, **options)

    def settings(self, **changes: Unpack[SettingsByName]) -> AccountSettings:
        """Change settings by name, and return all settings of the account.

        After `settings(balance=2)` two messages are left, however many were sent before. What is left at any time is
        `client.info().riches`.

        Raises:
            ControlError: There is no such setting, or the value is not allowed.
        """
        return (self.account.change(**changes) if changes else self.account.status()).settings

    def reply(self, phone: str, content: str, *, spcode: str = "", delay: float = 0.0) -> UpmsgRecord:
        """Let a phone send a message.

        Args:
            phone: The phone.
            content: The text.
            spcode: Extension of the account's port in the number it is sent to.
            delay: Seconds until it comes in, on the account's clock.
        """
        return self.account.reply(phone, content, spcode=spcode, delay=delay)

    @contextmanager
    def hold(self, slots: int = 1, operation: OperationName | None = None, seconds: float = 60.0) -> Generator[Hold]:
        """Keep slots of the account in use inside the block, as another program on the same account would.

        Args:
            slots: Number of slots.
            operation: The endpoint, if each has its own slots (Q21).
            seconds: Seconds after which they are freed at the latest.
        """
        before = self.account.position
        with self.account.hold(slots, None if operation is None else Operation(operation), seconds) as held:
            try:
                yield held
            finally:
                with suppress(NotFound):
                    self._held.append(range(before + 1, self.account.position + 1))

    def wait(
        self, kind: WaitKind = "message", *, timeout: float = 10.0, **wanted: Unpack[WaitConditions]
    ) -> WaitResult:
        """Block until messages or fetches match; `outbox.wait` is for one message.

        Args:
            kind: `message`, `report` (reports are fetched) or `upmsg` (upstream messages are fetched).
            timeout: Seconds.
            wanted: phone, linkid, content, msgid, code, state, after_position, count, not_empty.

        Raises:
            NotInTime: The time is over; the message lists what came instead.
        """
        return self.account.wait(kind, timeout=timeout, **wanted)

    async def wait_async(
        self,
        kind: WaitKind = "message",
        *,
        timeout: float = 10.0,  # noqa: ASYNC109 - as `wait` has it
        **wanted: Unpack[WaitConditions],
    ) -> WaitResult:
        """Do the same as `wait`, without blocking the event loop."""
        wait = partial(self.wait, kind, timeout=timeout, **wanted)
        return await anyio.to_thread.run_sync(wait, abandon_on_cancel=True)

    def journal(self) -> tuple[JournalEntry, ...]:
        """The journal entries that are kept, oldest first."""
        try:
            return tuple(self.account.journal())
        except JournalTruncated as error:
            return tuple(self.account.journal(error.problem.after_position or 0))

    def breaches(self) -> tuple[audit.Breach, ...]:
        """Limits of the document that the code under test broke."""
        return audit.breaches(self.journal(), self.account.messages(), self._held)

    def close(self) -> None:
        """Delete the account, and close its clients."""
        for client in self._clients:
            client.close()
        with suppress(NotFound):
            self.account.close()


class Server:
    """A running emulator.

    Attributes:
        control: Its control API.
    """

    def __init__(
        self,
        control: ControlClient,
        url: Callable[[], str],
        *,
        connection: ClientTransports = ClientTransports(),
        in_process: ClientTransports | None = None,
        is_in_process: bool = False,
    ) -> None:
        """Use a running emulator.

        Args:
            control: Its control API; it is closed with the server.
            url: Returns its address; called each time the address is needed.
            connection: Transports for requests to that address.
            in_process: Transports for calls without a connection, if the emulator is in this process.
            is_in_process: Whether clients use them by default.
        """
        self.control = control
        self._url = url
        self._connection = connection
        self._in_process = in_process
        self._is_in_process = is_in_process

    @classmethod
    def at(cls, url: str, token: str = "", cacert: Path | None = None) -> Self:
        """Connect to an emulator in another process.

        Args:
            url: Its address, such as `http://127.0.0.1:8026`.
            token: Its control token, if it has one.
            cacert: File of the certificates that its control API and its clients trust, as PEM; None for those of the
                host.

        Raises:
            Unreachable: No control API answers at the address.
            ControlError: The token is missing or wrong.
            ValueError: The file has no certificates.
        """
        with ExitStack() as stack:
            control = stack.enter_context(ControlClient(url, token, cacert=cacert))
            control.send("GET", "/v1/accounts", params={"limit": 1})
            stack.pop_all()
        connection = ClientTransports.trusting(cacert) if cacert else ClientTransports()
        return cls(control, lambda: url.rstrip("/"), connection=connection)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """Close the connections. The emulator runs on."""
        self.control.close()

    @property
    def url(self) -> str:
        """Address of the gateway, such as `http://127.0.0.1:8026`."""
        return self._url()

    def open(self, **settings: Unpack[SettingsByName]) -> Ccell:
        """Open an account. A missing userid or password is generated; other missing settings have their defaults.

        Raises:
            ControlError: There is no such setting, the value is not allowed, or the userid is in use.
        """
        account = self.control.open(settings)
        # The answer hides a password that the emulator did not make.
        return Ccell(self, account, settings.get("password") or account.password)

    def transports(self, *, in_process: bool | None = None) -> tuple[ClientTransports, str]:
        """Transports for a client, and the address to give to it.

        Raises:
            NotInProcess: The call is to be made without a connection, and the emulator is in another process.
        """
        if not (self._is_in_process if in_process is None else in_process):
            return self._connection, self.url
        if self._in_process is None:
            message = f"in_process must be False: the emulator at {self.url} runs in another process"
            raise NotInProcess(message)
        return self._in_process, _IN_PROCESS_URL
