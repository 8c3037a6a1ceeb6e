"""An emulator as tests reach it: accounts are opened on it, and clients find their way to it."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx2

from ccell_fake.control.client import ControlClient
from ccell_fake.testing.account import Ccell
from ccell_fake.testing.errors import NotInProcess

_NOWHERE = "http://127.0.0.1"


@dataclass(frozen=True, slots=True)
class ClientTransports:
    """What carries the requests of clients.

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
        """Reach an emulator.

        Args:
            control: Its control API; it is closed with this.
            url: Where it listens; asked for each time it is needed.
            connection: What carries requests to that address.
            in_process: What carries them straight into it, where it is in this process.
            is_in_process: Whether clients go that way unless told otherwise.
        """
        self.control = control
        self._url = url
        self._connection = connection
        self._in_process = in_process
        self._is_in_process = is_in_process

    @classmethod
    def at(cls, url: str, token: str = "") -> Self:
        """Reach an emulator in another process.

        Args:
            url: Where it serves, such as `http://127.0.0.1:8026`.
            token: Its control token, if it has one.

        Raises:
            Unreachable: Nothing answers there, or something else does.
            ControlError: The token is missing or wrong.
        """
        with ExitStack() as stack:
            control = stack.enter_context(ControlClient(url, token))
            control.send("GET", "/v1/accounts", params={"limit": 1})
            stack.pop_all()
        return cls(control, lambda: url.rstrip("/"))

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """Close its connections; the emulator runs on."""
        self.control.close()

    @property
    def url(self) -> str:
        """Where the gateway is, such as `http://127.0.0.1:8026`."""
        return self._url()

    def open(self, **settings: Any) -> Ccell:  # noqa: ANN401 - as AccountSettings has them
        """Open an account; what the settings leave out is made for it or at its default.

        Raises:
            ControlError: There is no such setting, it takes no such value, or the userid is taken.
        """
        account = self.control.open(settings)
        # Nobody is told a password again that was not made here.
        return Ccell(self, account, settings.get("password") or account.password)

    def road(self, *, in_process: bool | None = None) -> tuple[ClientTransports, str]:
        """What carries a client's requests, and the address it gives.

        Raises:
            NotHere: It is to be straight into the emulator, and that is in another process.
        """
        if not (self._is_in_process if in_process is None else in_process):
            return self._connection, self.url
        if self._in_process is None:
            message = f"the emulator at {self.url} runs in another process, so that its clients need a connection"
            raise NotInProcess(message)
        return self._in_process, _NOWHERE
