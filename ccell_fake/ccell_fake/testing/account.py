"""An emulator for tests, and an account on it: clients, messages, and everything a test arranges."""

import ssl
from collections.abc import Callable, Collection
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from functools import partial
from operator import methodcaller
from pathlib import Path
from typing import Self, TypedDict, Unpack

import anyio.to_thread
import httpx2

from ccell_fake.client import AsyncClient, AsyncClientOptions, Client, ClientOptions
from ccell_fake.control.client import (
    AccountClosed,
    AccountControl,
    ControlClient,
    ControlError,
    NotFound,
    NotInTime,
    Unreachable,
    WaitConditions,
)
from ccell_fake.errors import CcellError
from ccell_fake.inspection import JournalEntry, State, UpmsgRecord, WaitKind, WaitResult
from ccell_fake.model import JSON_PATH, OperationName
from ccell_fake.settings import AccountSettings, SettingsByName
from ccell_fake.testing import audit, registry
from ccell_fake.testing.blocking import check_not_in_event_loop
from ccell_fake.testing.clock import AccountTime
from ccell_fake.testing.faults import Faults, named_operation
from ccell_fake.testing.holds import Holding
from ccell_fake.testing.lists import Messages, Reports, Upmsgs
from ccell_fake.testing.strays import StrayRequest, Strays, kept

# Pytest shows the line of the test instead.
__tracebackhide__: methodcaller = methodcaller("errisinstance", (CcellError, TypeError, ValueError))

STRICT_PROCESSING_TIME = 0.02
"""Seconds that a request to a strict account takes by default, so that simultaneous requests overlap (K1)."""

_IN_PROCESS_URL = "http://127.0.0.1"
_CONFLICT = 409
_MOST_NOTES = 5


class LimitsBroken(CcellError, AssertionError):
    """The code under test broke limits of the gateway's document on a strict account.

    Attributes:
        breaches: The broken limits.
    """

    def __init__(self, breaches: tuple[audit.Breach, ...]) -> None:
        """List the broken limits."""
        lines = "\n".join(map(str, breaches))
        super().__init__(f"the code under test exceeded limits of the gateway's document\n{lines}")
        self.breaches = breaches


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


class OpenedAccount(TypedDict):
    """Arguments of Ccell."""

    server: "Server"
    account: AccountControl
    password: str
    position: int
    is_strict: bool
    allowed: Collection[str]


class Ccell:
    """An account on a gateway. Close it, or use it in a `with` block.

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

    def __init__(
        self,
        server: "Server",
        account: AccountControl,
        password: str,
        *,
        position: int = 0,
        is_strict: bool = False,
        allowed: Collection[str] = (),
    ) -> None:
        """Use an open account.

        Args:
            server: The emulator.
            account: The control API of the account.
            password: Its password.
            position: Position of the last request to the emulator before the account was opened.
            is_strict: Whether closing it checks the code under test.
            allowed: Ids of clauses and observations that the check leaves out, such as `W16`.
        """
        self.server = server
        self.is_strict = is_strict
        self._allowed = allowed
        self._position = position
        self._holds: list[Holding] = []
        self._clients: list[Client] = []
        self._client: Client | None = None
        self._is_closed = False
        self.userid: str = account.userid
        self.password = password
        self.account = account
        self.outbox: Messages = Messages(account, "accepted messages", self._strays_as_notes, code="0")
        self.refused: Messages = Messages(account, "refused messages", self._strays_as_notes, state=State.REFUSED)
        self.reports: Reports = Reports(account, self._strays_as_notes)
        self.upmsgs: Upmsgs = Upmsgs(account, self._strays_as_notes)
        self.clock: AccountTime = AccountTime(account)
        self.faults: Faults = Faults(account)
        registry.accounts.append(self)
        # An emulator of this process knows what was met on all accounts.
        if not server.is_in_this_process:
            registry.coverage_readers[self] = account.coverage

    def __enter__(self) -> Self:
        """Return itself."""
        self._check_open()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_error: object) -> None:
        """Close it. Raises LimitsBroken as `close` does, unless the block has failed already."""
        if kind is None:
            self.close()
        else:
            self._end()

    def __repr__(self) -> str:
        """Show the userid, without the password."""
        return f"Ccell({self.userid!r})"

    @property
    def url(self) -> str:
        """Address of the gateway, such as `http://127.0.0.1:8026`."""
        self._check_open()
        return self.server.url

    @property
    def json_url(self) -> str:
        """Address of JSON-RPC, such as `http://127.0.0.1:8026/sms3_api/jsonapi/jsonrpc2.jsp`."""
        return self.url + JSON_PATH

    @property
    def client(self) -> Client:
        """A client of the account, always the same."""
        self._check_open()
        if self._client is None:
            self._client = self.connect()
        return self._client

    def connect(self, *, in_process: bool | None = None, **options: Unpack[ClientOptions]) -> Client:
        """Make a client of the account. It is closed with the account.

        Args:
            in_process: Whether to call the emulator without a connection; None for the default of the server.
            options: Options of Client.

        Raises:
            NotInProcess: The emulator runs in another process.
        """
        self._check_open()
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
        self._check_open()
        transports, url = self.server.transports(in_process=in_process)
        options.setdefault("transport", transports.async_transport())
        return AsyncClient(url, self.userid, self.password, **options)

    def settings(self, **changes: Unpack[SettingsByName]) -> AccountSettings:
        """Change settings by name, and return all settings of the account.

        Two messages are left after `settings(balance=2)`, however many were sent before. `client.info().riches` is what
        is left at any time.

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

    def hold(self, slots: int = 1, operation: OperationName | None = None, seconds: float = 60.0) -> Holding:
        """Keep slots of the account in use, as another program on the same account would.

        The slots are in use from now on, until the end of the `with` block, `release()`, or the end of the account.

        Args:
            slots: Number of slots.
            operation: The endpoint, if each has its own slots (Q21).
            seconds: Seconds after which they are freed at the latest.

        Raises:
            ControlError: Fewer slots are free.
        """
        holding = Holding(self.account, slots, named_operation(operation), seconds)
        self._holds.append(holding)
        return holding

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
        check_not_in_event_loop("wait", timeout)
        return self._wait(kind, timeout, wanted)

    def _wait(self, kind: WaitKind, timeout: float, wanted: WaitConditions) -> WaitResult:
        try:
            return self.account.wait(kind, timeout=timeout, **wanted)
        except NotInTime as error:
            for note in self._strays_as_notes():
                error.add_note(note)
            raise

    async def wait_async(
        self,
        kind: WaitKind = "message",
        *,
        timeout: float = 10.0,  # noqa: ASYNC109 - as `wait` has it
        **wanted: Unpack[WaitConditions],
    ) -> WaitResult:
        """Do the same as `wait`, without blocking the event loop."""
        wait = partial(self._wait, kind, timeout, wanted)
        return await anyio.to_thread.run_sync(wait, abandon_on_cancel=True)

    def journal(self) -> tuple[JournalEntry, ...]:
        """The journal entries that are kept, oldest first."""
        return tuple(kept(self.account))

    def strays(self) -> tuple[StrayRequest, ...]:
        """Requests that came to the emulator since the account was opened, and reached no account of a test.

        They are unreadable, of an unknown userid, to a wrong path, or in the name of an account that the emulator
        opened itself. Only requests that contain the userid of the account are listed if other processes test on
        the emulator too.
        """
        self._check_open()
        return self.server.strays.since(self._position, [self.userid])

    def _strays_as_notes(self) -> list[str]:
        strays = self.strays()
        more = [f"  {len(strays) - _MOST_NOTES} earlier ones"] if len(strays) > _MOST_NOTES else []
        lines = [f"  {one}" for one in strays[-_MOST_NOTES:]]
        return ["requests that reached no account of a test:", *more, *lines] if strays else []

    def breaches(self) -> tuple[audit.Breach, ...]:
        """Limits of the document that the code under test broke, and its stray requests."""
        held = [holding.positions for holding in self._holds]
        return audit.breaches(self.journal(), self.account.messages(), held, self.strays(), self._allowed)

    def close(self) -> None:
        """Delete the account, and close its clients. A second call does nothing.

        Raises:
            LimitsBroken: The account is strict, and the code under test broke limits. It is closed all the same.
        """
        if self._is_closed:
            return
        try:
            breaches = self.breaches() if self.is_strict else ()
        except (NotFound, Unreachable):
            breaches = ()
        finally:
            self._end()
        if breaches:
            raise LimitsBroken(breaches)

    def _end(self) -> None:
        """Close it without a check."""
        if self._is_closed:
            return
        self._is_closed = True
        registry.accounts.remove(self)
        for client in self._clients:
            client.close()
        registry.keep_coverage(self)
        # The emulator may have stopped before.
        with suppress(NotFound, Unreachable):
            if registry.closed is not None:
                registry.closed.append((id(self), self.userid, self.journal()))
            self.account.close()
        self.account.disconnect(self._closed())

    def _check_open(self) -> None:
        if self._is_closed:
            raise self._closed()

    def _closed(self) -> AccountClosed:
        return AccountClosed(
            f"account {self.userid} is closed: its `with` block or its test is over, or close() was called"
        )


class Server:
    """A running emulator.

    Attributes:
        control: Its control API.
        strays: Requests that reach no account of a test.
        is_strict: Whether accounts are strict by default.
    """

    def __init__(
        self,
        control: ControlClient,
        url: Callable[[], str],
        *,
        connection: ClientTransports = ClientTransports(),
        in_process: ClientTransports | None = None,
        is_in_process: bool = False,
        is_strict: bool = False,
        is_shared: bool = False,
    ) -> None:
        """Use a running emulator.

        Args:
            control: Its control API; it is closed with the server.
            url: Returns its address; called each time the address is needed.
            connection: Transports for requests to that address.
            in_process: Transports for calls without a connection, if the emulator is in this process.
            is_in_process: Whether clients use them by default.
            is_strict: Whether accounts are strict by default.
            is_shared: Whether other processes test on it at the same time.
        """
        self.control = control
        self.strays: Strays = Strays(control, is_shared=is_shared)
        self.is_strict = is_strict
        self._url = url
        self._connection = connection
        self._in_process = in_process
        self._is_in_process = is_in_process
        registry.servers.append(self)
        if in_process is not None:
            registry.coverage_readers[self] = control.coverage

    @classmethod
    def at(
        cls,
        url: str,
        token: str = "",
        cacert: Path | None = None,
        *,
        is_strict: bool = False,
        is_shared: bool = False,
    ) -> Self:
        """Connect to an emulator in another process.

        Args:
            url: Its address, such as `http://127.0.0.1:8026`.
            token: Its control token, if it has one.
            cacert: File of the certificates that its control API and its clients trust, as PEM; None for those of the
                host.
            is_strict: Whether accounts are strict by default.
            is_shared: Whether other processes test on it at the same time.

        Raises:
            Unreachable: No control API answers at the address.
            ControlError: The token is missing or wrong.
            ValueError: The file has no certificates.
        """
        with ExitStack() as stack:
            control = stack.enter_context(ControlClient(url, token, cacert=cacert))
            control.send("GET", "/v1/accounts", params={"limit": 1})
            connection = ClientTransports.trusting(cacert) if cacert else ClientTransports()
            server = cls(
                control, lambda: url.rstrip("/"), connection=connection, is_strict=is_strict, is_shared=is_shared
            )
            stack.pop_all()
        return server

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """Close the connections. The emulator runs on."""
        with suppress(ValueError):
            registry.servers.remove(self)
        registry.keep_coverage(self)
        self.control.close()

    @property
    def is_in_this_process(self) -> bool:
        """True if the emulator runs in this process."""
        return self._in_process is not None

    @property
    def url(self) -> str:
        """Address of the gateway, such as `http://127.0.0.1:8026`."""
        return self._url()

    def open(
        self, *, strict: bool | None = None, allowed: Collection[str] = (), **settings: Unpack[SettingsByName]
    ) -> Ccell:
        """Open an account. A missing userid or password is generated; other missing settings have their defaults.

        Args:
            strict: Whether closing the account checks the code under test; None for the default of the server. A
                request to a strict account takes 20 ms, unless you set `processing_time`.
            allowed: Ids of clauses and observations that the check leaves out, such as `W16`.
            settings: Settings of the account.

        Raises:
            ControlError: There is no such setting, the value is not allowed, or the userid is in use.
            TypeError: strict is something else.
            ValueError: allowed has something else than ids of clauses and observations.
        """
        return Ccell(**self.opened(strict=strict, allowed=allowed, **settings))

    def opened(
        self, *, strict: bool | None = None, allowed: Collection[str] = (), **settings: Unpack[SettingsByName]
    ) -> "OpenedAccount":
        """Open an account with the arguments of `open`, and return the arguments of Ccell."""
        if not (strict is None or isinstance(strict, bool)):  # pyright: ignore[reportUnnecessaryIsInstance]
            message = f"strict must be True or False, got {strict!r}"
            raise TypeError(message)
        audit.check_allowed(allowed)
        is_strict = self.is_strict if strict is None else strict
        if is_strict:
            settings.setdefault("processing_time", STRICT_PROCESSING_TIME)
        position = self.strays.position()
        account = self._open(settings)
        # The answer hides a password that the emulator did not make.
        password = settings.get("password") or account.password
        return OpenedAccount(
            server=self,
            account=account,
            password=password,
            position=position,
            is_strict=is_strict,
            allowed=allowed,
        )

    def _open(self, settings: SettingsByName) -> AccountControl:
        try:
            return self.control.open(settings)
        except ControlError as error:
            if error.problem.status != _CONFLICT:
                raise
            detail = (
                f"the userid {settings.get('userid')!r} is in use; choose another or none, or take that account as it "
                "is with control.account(userid)"
            )
            raise ControlError(replace(error.problem, detail=detail)) from None

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
