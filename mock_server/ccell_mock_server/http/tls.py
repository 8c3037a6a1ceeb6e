"""TLS: your certificate or a generated one, and handshakes that never block."""

import os
import shutil
import socket
import ssl
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from cheroot.ssl.builtin import BuiltinSSLAdapter

from ccell_fake.errors import CcellError

_PLAIN_HTTP = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 38\r\nConnection: close\r\n\r\nThis port speaks HTTPS; say https://.\n"


class CertificateError(CcellError):
    """The certificate is missing or invalid. The message says how to provide one."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A server certificate, as PEM files.

    Attributes:
        chain: The certificate, followed by its intermediate certificates.
        key: Its private key. A generated key is removed as soon as a server has read it.
        authority: The certificate that clients must trust, if the certificate was generated; otherwise None.
    """

    chain: Path
    key: Path
    authority: Path | None = None

    def remove_key(self) -> None:
        """Remove the private key of a generated certificate. Nothing that ends the process can then leave it behind."""
        if self.authority is not None:
            self.key.unlink(missing_ok=True)

    def discard(self) -> None:
        """Remove the files of a generated certificate. Yours stay."""
        if self.authority is not None:
            shutil.rmtree(self.authority.parent, ignore_errors=True)


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


def generate_certificate(host: str) -> Certificate:
    """Generate a certificate for a host and for loopback, with its own authority, in a new temporary folder.

    Raises CertificateError if trustme is not installed or the host is invalid.
    """
    try:
        import trustme  # noqa: PLC0415 - an extra, and slow to import
    except ImportError as error:
        message = "trustme is not installed: pip install 'ccell-fake[tls]', or give --tls-cert and --tls-key"
        raise CertificateError(message) from error
    authority = trustme.CA()
    try:
        issued = authority.issue_cert(*dict.fromkeys((host, "127.0.0.1", "::1", "localhost")))
    except ValueError as error:
        message = f"no certificate can be made for the host {host!r}: {error}"
        raise CertificateError(message) from error
    folder = Path(tempfile.mkdtemp(prefix="ccell-fake-tls-"))
    certificate = Certificate(folder / "server.pem", folder / "server.key", folder / "ca.pem")
    try:
        certificate.chain.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
        issued.private_key_pem.write_to_path(certificate.key)
        authority.cert_pem.write_to_path(folder / "ca.pem")
    except OSError as error:
        certificate.discard()
        message = f"no certificate can be written to {folder}: {error.strerror}"
        raise CertificateError(message) from error
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
            with socket.socket(fileno=os.dup(client.fileno())) as plain:
                plain.send(_PLAIN_HTTP)
        raise
