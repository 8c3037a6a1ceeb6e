"""The whole emulator: store, gateway, application and HTTP server, built from a configuration."""

import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Self

from ccell_fake.clock import Clock, SystemClock, in_micros
from ccell_fake.engine.accounts import Accounts
from ccell_fake.engine.behaviour import Behaviour
from ccell_fake.engine.gateway import Gateway
from ccell_fake.engine.pauses import Pauses
from ccell_fake.errors import NotPossible
from ccell_fake.records import Lifetime
from ccell_fake.settings import DOCUMENT_ACCOUNT
from ccell_fake.store.opening import open_store
from ccell_fake.store.retention import Cap
from ccell_fake.wire import doors
from ccell_mock_server.config import toml
from ccell_mock_server.config.accounts import CredentialGenerator, credential_number, refuse_invalid
from ccell_mock_server.config.settings import Config, ServerSettings, is_loopback
from ccell_mock_server.gateway.dispatcher import Dispatcher
from ccell_mock_server.gateway.timeouts import CallTimeouts
from ccell_mock_server.http import tls
from ccell_mock_server.http.server import HttpServer
from ccell_mock_server.http.waiting import Notifier
from ccell_mock_server.metrics import Metrics
from ccell_mock_server.services import Services

if TYPE_CHECKING:
    from flask import Flask


_LOCK = threading.Lock


class Emulator:
    """A gateway with its control API, served at an address.

    Attributes:
        dispatcher: Its WSGI application, without Flask until a request needs it.
        timeouts: The pauses of its requests, which callers in this process can shorten.
    """

    def __init__(
        self,
        config: Config,
        clock: Clock | None = None,
        pauses: Pauses | None = None,
        behaviour: Behaviour = Behaviour(),  # noqa: B008 - frozen, so sharing it is safe
    ) -> None:
        """Build an emulator that does not listen yet. By default, its clock and its pauses use the host's time.

        Raises:
            CcellError: The store, the certificate or the profile cannot be used.
            NotPossible: gevent or eventlet replaced the threads after this module was imported.
        """
        if threading.Lock is not _LOCK:
            message = (
                "the emulator cannot run: threads were replaced, as by gevent or eventlet, after ccell_mock_server was "
                "imported; replace them first, at the top of the root conftest.py or of the program"
            )
            raise NotPossible(message)
        server = config.server
        self.config = config
        with ExitStack() as stack:
            notifier = Notifier()
            self.timeouts: CallTimeouts = CallTimeouts(pauses or notifier)
            clock = clock or SystemClock()
            store = open_store(
                server.store,
                connections=server.database_connections,
                journal_entries=server.journal_entries,
                cap=_cap(server),
                elapsed=clock.elapsed,
                on_change=notifier.notify,
                on_end=self._cancel_pauses,
                check=refuse_invalid,
            )
            stack.callback(store.close)
            accounts = _open_accounts(Accounts(store, clock, behaviour), config)
            gateway = Gateway(
                accounts,
                store,
                render=doors.render,
                pauses=self.timeouts,
                seed=server.seed or 0,
                has_magic_userids=server.magic,
            )
            credentials = CredentialGenerator(2 * credential_number(server.seed) + 1)
            metrics = Metrics(accounts, store)
            self.services: Services = Services(
                store, accounts, gateway, notifier, credentials, metrics, server.control_token
            )
            self.certificate: tls.Certificate | None = _certificate(config)
            if self.certificate is not None:
                stack.callback(self.certificate.discard)
            authority = self.certificate and self.certificate.authority
            self.dispatcher: Dispatcher = Dispatcher(
                self.services,
                refuses_cross_site=is_loopback(server.host) and not server.allow_cross_site,
                authority=authority.read_bytes() if authority else b"",
            )
            self._server = HttpServer(
                self.dispatcher,
                server.host,
                server.port,
                certificate=self.certificate,
                is_strict=server.strict_http,
                on_refusal=self.dispatcher.record_refusal,
            )
            stack.callback(self._server.stop)
            stack.callback(notifier.close)
            self._resources = stack.pop_all()

    def _cancel_pauses(self, ended: frozenset[Lifetime]) -> None:
        for lifetime in ended:
            self.timeouts.cancel(lifetime)

    @property
    def url(self) -> str:
        """Base URL for this machine, such as `http://127.0.0.1:8026`."""
        return self._server.url

    @property
    def urls(self) -> list[str]:
        """Base URLs under which it can be opened, for this machine first."""
        return list(self._server.urls())

    @property
    def app(self) -> "Flask":
        """The application, for any WSGI server."""
        return self.dispatcher.app

    def at_stop(self, act: Callable[[], object]) -> None:
        """Call a function when the emulator stops."""
        self._resources.callback(act)

    def start(self) -> None:
        """Start to listen. Raises ServingError if the address is not available."""
        self.services.store.owner.check()
        self._server.start()

    def stop(self) -> None:
        """Stop listening, close the store, and remove a generated certificate.

        A second call does nothing, nor does a call in a forked process.
        """
        if not self.services.store.owner.is_here:
            self._resources.pop_all()
            return
        self._resources.close()

    def __enter__(self) -> Self:
        """Start."""
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        """Stop."""
        self.stop()


def _open_accounts(accounts: Accounts, config: Config) -> Accounts:
    """Open the accounts of the configuration.

    An account that the configuration names gets its settings. The default account is for a store without accounts.
    """
    profile = config.server.profile
    accounts.set_assumptions(config.assumptions, toml.profile_answers(Path(profile)) if profile else {})
    is_new = not accounts.read()
    for account in config.accounts:
        if account is not DOCUMENT_ACCOUNT or is_new:
            accounts.open(account)
    return accounts


def _cap(server: ServerSettings) -> Cap:
    age = server.max_message_age
    return Cap(server.max_messages, None if age is None else in_micros(age))


def _certificate(config: Config) -> tls.Certificate | None:
    server = config.server
    if server.tls_cert:
        return tls.load_certificate(Path(server.tls_cert), Path(server.tls_key))
    if server.scheme == "http":
        return None
    return tls.generate_certificate(server.host, server.tls_names, server.authority_folder)
