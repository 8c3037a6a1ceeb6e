"""The emulator whole: store, gateway, application and server, put together from a configuration."""

import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from flask import Flask

from ccell_fake.clock import Clock, SystemClock
from ccell_fake.engine.gateway import Gateway
from ccell_fake.store.database import SqliteStore
from ccell_mock_server import profile, tls
from ccell_mock_server.app import create_app
from ccell_mock_server.config import Config
from ccell_mock_server.serving import HttpServer


class Emulator:
    """A gateway on an address.

    Attributes:
        config: What it was started with.
        store: What remembers.
        gateway: What decides.
        app: The WSGI application.
        certificate: What it speaks TLS with, or None.
    """

    def __init__(self, config: Config, clock: Clock | None = None, pause: Callable[[float], None] = time.sleep) -> None:
        """Put everything together; nothing listens yet.

        Args:
            config: What to start with.
            clock: What tells the time; the host's unless given.
            pause: What `processing_time` is spent with, in seconds.

        Raises:
            StoreError: The store cannot be opened.
            CertificateError: There is no certificate for TLS.
            ConfigError: The profile cannot be used.
        """
        server = config.server
        self.config = config
        self.certificate = _certificate(config)
        self.store = SqliteStore(Path(server.store) if server.store else None)
        self.gateway = Gateway(
            self.store, clock or SystemClock(), pause=pause, seed=server.seed, has_magic_userids=server.magic
        )
        self.gateway.assume(config.assumptions, profile.load(Path(server.profile)) if server.profile else {})
        for account in config.accounts:
            self.gateway.open(account)
        self.app: Flask = create_app(self.gateway)
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
        self._server.stop()
        self.store.close()
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
