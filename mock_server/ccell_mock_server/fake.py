"""Run the emulator in this process: for unittest, for scripts, and for the pytest plugin."""

import threading
from collections.abc import Callable, Collection
from contextlib import ExitStack
from typing import Unpack

from ccell_fake.control import here
from ccell_fake.proxies import exempted
from ccell_fake.settings import SettingsByName
from ccell_fake.testing.account import Ccell, ClientTransports, Server
from ccell_mock_server.config.settings import Config, parse
from ccell_mock_server.control.direct import DirectControl
from ccell_mock_server.emulator import Emulator
from ccell_mock_server.gateway.in_process import AsyncInProcessTransport, InProcessTransport


def server(
    emulator: Emulator,
    url: Callable[[], str] | None = None,
    *,
    is_in_process: bool = False,
    is_strict: bool = False,
) -> Server:
    """Return the test API of an emulator. Its control API is called without HTTP.

    Args:
        emulator: The emulator.
        url: Returns its address; by default that of the emulator, which must listen already.
        is_in_process: Clients use no connection either, unless they choose one.
        is_strict: Whether accounts are strict by default.
    """
    services = emulator.services
    control = DirectControl(services, emulator.dispatcher)
    transport = InProcessTransport(services.gateway, services.metrics, emulator.timeouts, services.store.owner)
    emulator.at_stop(transport.stop)
    emulator.at_stop(control.stop)
    emulator.at_stop(here.add(lambda: emulator.url, control))
    test_server = Server(
        control,
        url or (lambda: emulator.url),
        connection=_connection(emulator),
        in_process=ClientTransports(lambda: transport, lambda: AsyncInProcessTransport(transport)),
        is_in_process=is_in_process,
        is_strict=is_strict,
    )
    emulator.at_stop(test_server.close)
    return test_server


def _connection(emulator: Emulator) -> ClientTransports:
    """Return transports that trust the generated certificate of an emulator."""
    certificate = emulator.certificate
    if certificate is None or certificate.authority is None:
        return ClientTransports()
    return ClientTransports.trusting(certificate.authority)


class FakeCcell(Ccell):
    """A gateway of its own with one account: `with FakeCcell(balance=5) as ccell:`, or close it yourself.

    Its client needs no connection. It listens from the first use of its `url`. From then on until it is closed, it
    exempts its address from the proxies of the environment, by `no_proxy` and `NO_PROXY`.
    """

    def __init__(
        self,
        config: Config | None = None,
        *,
        strict: bool = False,
        allowed: Collection[str] = (),
        **settings: Unpack[SettingsByName],
    ) -> None:
        """Start the gateway and open the account.

        Args:
            config: Configuration of the emulator, from `ccell_mock_server.config.settings.parse`. None for the
                defaults on a free port.
            strict: Whether closing it checks the code under test.
            allowed: Ids of clauses and observations that the check leaves out, such as `W16`.
            settings: Settings of the account.

        Raises:
            ControlError: A setting is unknown or invalid.
            ValueError: allowed has something else than ids of clauses and observations.
        """
        with ExitStack() as stack:
            emulator = Emulator(config or parse({"server": {"port": 0}}, "FakeCcell"))
            stack.callback(emulator.stop)
            test_server = stack.enter_context(server(emulator, _start_at_first_use(emulator), is_in_process=True))
            super().__init__(**test_server.opened(strict=strict, allowed=allowed, **settings))
            self._owner = emulator.services.store.owner
            self._stack = stack.pop_all()

    def _end(self) -> None:
        """Close the account and stop the gateway. A forked process leaves them alone."""
        if not self._owner.is_here:
            self._stack.pop_all()
            return
        with self._stack:
            super()._end()


def _start_at_first_use(emulator: Emulator) -> Callable[[], str]:
    guard = threading.Lock()
    urls: list[str] = []

    def url() -> str:
        if not urls:
            # A fork would wait for ever for a thread that it does not have.
            emulator.services.store.owner.check()
            with guard:
                if not urls:
                    emulator.start()
                    stack = ExitStack()
                    stack.enter_context(exempted(emulator.url))
                    emulator.at_stop(stack.close)
                    urls.append(emulator.url)
        return urls[0]

    return url
