"""An emulator for tests: open accounts on it, and connect clients to it."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx2

from ccell_fake.control.client import ControlClient
from ccell_fake.errors import CcellError
from ccell_fake.testing.account import Ccell

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
    def at(cls, url: str, token: str = "") -> Self:
        """Connect to an emulator in another process.

        Args:
            url: Its address, such as `http://127.0.0.1:8026`.
            token: Its control token, if it has one.

        Raises:
            Unreachable: No control API answers at the address.
            ControlError: The token is missing or wrong.
        """
        with ExitStack() as stack:
            control = stack.enter_context(ControlClient(url, token))
            control.send("GET", "/v1/accounts", params={"limit": 1})
            stack.pop_all()
        return cls(control, lambda: url.rstrip("/"))

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """Close the connections. The emulator runs on."""
        self.control.close()

    @property
    def url(self) -> str:
        """Address of the gateway, such as `http://127.0.0.1:8026`."""
        return self._url()

    def open(self, **settings: Any) -> Ccell:  # noqa: ANN401 - as AccountSettings has them
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
