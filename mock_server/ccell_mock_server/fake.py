"""The gateway in this process: for unittest, scripts, and as what the pytest plugin runs."""

import ssl
import threading
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Any

import httpx2

from ccell_fake.control.client import ControlClient
from ccell_fake.testing.account import Ccell
from ccell_fake.testing.server import ClientTransports, Server
from ccell_mock_server.config.settings import Config, parse
from ccell_mock_server.emulator import Emulator
from ccell_mock_server.gateway.in_process import AsyncInProcessTransport, InProcessTransport

_LOOPBACK = "http://127.0.0.1"


def server(emulator: Emulator, url: Callable[[], str] | None = None, *, is_in_process: bool = False) -> Server:
    """An emulator of this process as tests reach it; its control API is asked without a connection.

    Args:
        emulator: The emulator.
        url: Where it listens; by default it does already.
        is_in_process: Whether clients need no connection either, unless told otherwise.
    """
    services = emulator.services
    control = ControlClient(
        _LOOPBACK, emulator.config.server.control_token, transport=httpx2.WSGITransport(emulator.app)
    )
    straight = InProcessTransport(services.gateway, services.metrics, emulator.patience)
    return Server(
        control,
        url or (lambda: emulator.url),
        connection=_connection(emulator),
        in_process=ClientTransports(lambda: straight, lambda: AsyncInProcessTransport(straight)),
        is_in_process=is_in_process,
    )


def _connection(emulator: Emulator) -> ClientTransports:
    """Connections that trust the certificate that was made for an emulator."""
    certificate = emulator.certificate
    if certificate is None or certificate.authority is None:
        return ClientTransports()
    trust = ssl.create_default_context(cafile=certificate.authority)
    return ClientTransports(lambda: httpx2.HTTPTransport(verify=trust), lambda: httpx2.AsyncHTTPTransport(verify=trust))


class FakeCcell:
    """A gateway of one's own with one account: `with FakeCcell(balance=5) as ccell:`.

    Its client needs no connection. It listens only once its `url` is asked for.
    """

    def __init__(self, config: Config | None = None, **settings: Any) -> None:  # noqa: ANN401 - as AccountSettings has them
        """Nothing runs yet.

        Args:
            config: The emulator's configuration, from `ccell_mock_server.config.settings.parse`. None for the
                defaults on a free port.
            settings: Of the account.
        """
        self._config = config
        self._settings = settings
        self._stack = ExitStack()

    def __enter__(self) -> Ccell:
        """Start it.

        Raises:
            ControlError: There is no such setting, or it takes no such value.
        """
        with ExitStack() as stack:
            emulator = Emulator(self._config or parse({"server": {"port": 0}}, "FakeCcell"))
            stack.callback(emulator.stop)
            reached = stack.enter_context(server(emulator, _Listening(emulator), is_in_process=True))
            ccell = reached.open(**self._settings)
            stack.callback(ccell.close)
            self._stack = stack.pop_all()
            return ccell

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it, and forget everything."""
        self._stack.close()


class _Listening:
    """The address of an emulator, which listens from the first time it is asked for."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._guard = threading.Lock()
        self._is_started = False

    def __call__(self) -> str:
        with self._guard:
            if not self._is_started:
                self._emulator.start()
                self._is_started = True
            return self._emulator.url
