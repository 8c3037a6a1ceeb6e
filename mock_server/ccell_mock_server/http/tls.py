"""TLS: your certificate or a generated one, and handshakes that never block."""

import shutil
import socket
import ssl
import tempfile
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from cheroot.ssl.builtin import BuiltinSSLAdapter

from ccell_mock_server.http.addresses import openable
from ccell_mock_server.http.authority import CertificateError, kept_authority, temporary_authority, write
from ccell_mock_server.http.names import canonical_name, own_names

_PLAIN_HTTP = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 38\r\nConnection: close\r\n\r\nThis port speaks HTTPS; say https://.\n"


@dataclass(frozen=True, slots=True)
class Certificate:
    """A server certificate, as PEM files.

    Attributes:
        chain: The certificate, followed by its intermediate certificates.
        key: Its private key.
        authority: The certificate that clients must trust, if the certificate was generated; otherwise None.
        names: The names and addresses of a generated certificate.
        temporary: The folder of the files of a generated certificate, or None.
    """

    chain: Path
    key: Path
    authority: Path | None = None
    names: tuple[str, ...] = ()
    temporary: Path | None = None

    def forget(self) -> None:
        """Remove a generated certificate and its key after a server has read them. The authority's certificate stays.

        Nothing that ends the process can then leave the key behind.
        """
        if self.temporary is not None:
            self.chain.unlink(missing_ok=True)
            self.key.unlink(missing_ok=True)
            # A temporary authority has its certificate there.
            with suppress(OSError):
                self.temporary.rmdir()

    def discard(self) -> None:
        """Remove all temporary files. An authority that a folder keeps stays, and so does your certificate."""
        if self.temporary is not None:
            shutil.rmtree(self.temporary, ignore_errors=True)


def load_certificate(chain: Path, key: Path) -> Certificate:
    """Check your certificate and its key. Raises CertificateError if a file is missing or invalid."""
    for path in (chain, key):
        if not path.is_file():
            message = f"{path}: no such file"
            raise CertificateError(message)
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(chain, key)
    except (ssl.SSLError, OSError) as error:
        message = f"{chain} and {key} must be a certificate and its key as PEM: {error}"
        raise CertificateError(message) from error
    return Certificate(chain, key)


def generate_certificate(host: str, names: Iterable[str] = (), folder: Path | None = None) -> Certificate:
    """Generate a certificate in a new temporary folder.

    Args:
        host: Host that the server listens on. Loopback and the name of this machine are in the certificate, too.
        names: Further names and addresses.
        folder: Folder that keeps the authority. None for a new authority in the temporary folder.

    Raises:
        CertificateError: trustme is not installed, the host is invalid, or the authority cannot be used.
        ValueError: A further name is invalid.
    """
    try:
        listening = [canonical_name(one.strip("[]").partition("%")[0]) for one in openable(host)]
    except ValueError as error:
        message = f"no certificate can be made for the host {host!r}: {error}"
        raise CertificateError(message) from error
    all_names = tuple(dict.fromkeys([*map(canonical_name, names), *listening, *own_names()]))
    with ExitStack() as stack:
        try:
            temporary = Path(tempfile.mkdtemp(prefix="ccell-fake-tls-"))
            stack.callback(shutil.rmtree, temporary, ignore_errors=True)
            authority = temporary_authority(temporary) if folder is None else kept_authority(folder)
            chain, key = authority.issue(all_names)
            certificate = Certificate(
                temporary / "server.pem", temporary / "server.key", authority.path, all_names, temporary
            )
            write(certificate.chain, chain)
            write(certificate.key, key)
        except OSError as error:
            message = f"no certificate can be written to {tempfile.gettempdir()}: {error.strerror}"
            raise CertificateError(message) from error
        stack.pop_all()
    return certificate


class TlsAdapter(BuiltinSSLAdapter):
    """Wraps sockets for Cheroot without a handshake."""

    def wrap(self, sock: socket.socket) -> tuple[ssl.SSLSocket, dict[str, str]]:
        """Return the wrapped socket and additions to the WSGI environment."""
        context = cast("ssl.SSLContext", self.context)  # pyright: ignore[reportUnknownMemberType]
        wrapped = context.wrap_socket(sock, do_handshake_on_connect=False, server_side=True)
        return wrapped, {"wsgi.url_scheme": "https", "HTTPS": "on"}


def shake_hands(client: ssl.SSLSocket) -> None:
    """Take the next step of the handshake, without waiting. Raises OSError if it fails, or if the client must answer.

    Plain HTTP gets a hint.
    """
    try:
        client.do_handshake()
    except ssl.SSLError as error:
        if error.reason == "HTTP_REQUEST":
            with socket.socket(fileno=socket.dup(client.fileno())) as plain:
                plain.send(_PLAIN_HTTP)
        raise
