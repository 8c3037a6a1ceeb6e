"""The emulator whole: store, gateway, application and server, put together from a configuration."""

from pathlib import Path
from types import TracebackType
from typing import Self

from flask import Flask

from ccell_fake.clock import Clock, SystemClock
from ccell_fake.engine.accounts import Accounts, Pauses
from ccell_fake.engine.behaviour import Behaviour
from ccell_fake.engine.gateway import Gateway
from ccell_fake.store.database import SqliteStore
from ccell_fake.wire import replies
from ccell_mock_server.config import toml
from ccell_mock_server.config.credentials import CredentialGenerator
from ccell_mock_server.config.settings import Config
from ccell_mock_server.gateway.app import create_app
from ccell_mock_server.gateway.timeouts import CallTimeouts
from ccell_mock_server.http import tls
from ccell_mock_server.http.server import HttpServer
from ccell_mock_server.http.waiting import Notifier
from ccell_mock_server.metrics import Metrics
from ccell_mock_server.services import Services


class Emulator:
    """A gateway on an address.

    Attributes:
        config: What it was started with.
        services: What it is made of.
        patience: The pauses of its requests, which callers in this process can cut short.
        app: The WSGI application.
        certificate: What it speaks TLS with, or None.
    """

    def __init__(
        self,
        config: Config,
        clock: Clock | None = None,
        pauses: Pauses | None = None,
        behaviour: Behaviour = Behaviour(),  # noqa: B008 - frozen, so sharing it is safe
    ) -> None:
        """Put everything together; nothing listens yet.

        Args:
            config: What to start with.
            clock: What tells the time; the host's unless given.
            pauses: What `processing_time` is spent with; the host's time unless given.
            behaviour: What it goes by; the document unless given.

        Raises:
            StoreError: The store cannot be opened.
            CertificateError: There is no certificate for TLS.
            ConfigError: The profile cannot be used.
        """
        server = config.server
        self.config = config
        self.certificate: tls.Certificate | None = _certificate(config)
        notifier = Notifier()
        store = SqliteStore(
            Path(server.store) if server.store else None,
            journal_entries=server.journal_entries,
            on_change=notifier.ring,
        )
        self.patience: CallTimeouts = CallTimeouts(pauses or notifier)
        accounts = Accounts(store, clock or SystemClock(), self.patience, behaviour)
        accounts.assume(config.assumptions, toml.profile_answers(Path(server.profile)) if server.profile else {})
        with store.transaction() as ledger:
            accounts.reload(ledger)
        for account in config.accounts:
            accounts.open(account)
        gateway = Gateway(
            accounts,
            store,
            render=replies.render,
            pauses=self.patience,
            seed=server.seed,
            has_magic_userids=server.magic,
        )
        self.services: Services = Services(
            store,
            accounts,
            gateway,
            notifier,
            CredentialGenerator(server.seed + 1),
            Metrics(accounts, store),
            server.control_token,
        )
        self.app: Flask = create_app(self.services)
        self._server = HttpServer(
            self.app, server.host, server.port, certificate=self.certificate, is_strict=server.strict_http
        )

    @property
    def url(self) -> str:
        """Where it listens, such as `http://127.0.0.1:8026`."""
        return self._server.url

    def start(self) -> None:
        """Listen and answer.

        Raises:
            ServingError: The address cannot be listened on.
        """
        self._server.start()

    def stop(self) -> None:
        """Stop answering, close the store, and remove a certificate that was made."""
        self.services.notifier.close()
        self._server.stop()
        self.services.store.close()
        if self.certificate is not None:
            self.certificate.discard()

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()


def _certificate(config: Config) -> tls.Certificate | None:
    server = config.server
    if server.tls_cert:
        return tls.given(Path(server.tls_cert), Path(server.tls_key))
    return tls.made(server.host) if server.tls else None
