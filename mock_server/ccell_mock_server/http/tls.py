"""Certificates: one's own, or one made on the spot for this machine's loopback names."""

import shutil
import ssl
import tempfile
from dataclasses import dataclass
from pathlib import Path


class CertificateError(Exception):
    """There is no certificate to speak TLS with; the message says what would provide one."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a server speaks TLS with, as PEM files.

    Attributes:
        chain: The certificate, with those it hangs on behind it.
        key: Its private key.
        authority: What a client has to trust; None where that is the client's affair.
    """

    chain: Path
    key: Path
    authority: Path | None = None

    def discard(self) -> None:
        """Remove the files of a certificate that was made; one's own stay."""
        if self.authority is not None:
            shutil.rmtree(self.authority.parent, ignore_errors=True)


def given(chain: Path, key: Path) -> Certificate:
    """One's own certificate.

    Raises:
        CertificateError: A file is not there, or they are not what they should be.
    """
    for path in (chain, key):
        if not path.is_file():
            message = f"{path}: there is no such file"
            raise CertificateError(message)
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(chain, key)
    except (ssl.SSLError, OSError) as error:
        message = f"{chain} and {key} are no certificate and its key as PEM: {error}"
        raise CertificateError(message) from error
    return Certificate(chain, key)


def made(host: str) -> Certificate:
    """A certificate for a host and for loopback, by an authority made for it, in files of a new temporary folder.

    Raises:
        CertificateError: trustme is not installed, or the host has a name no certificate can hold.
    """
    try:
        import trustme  # noqa: PLC0415 - an extra, and slow to import
    except ImportError as error:
        message = "making a certificate takes trustme: pip install 'ccell-fake[tls]', or give --tls-cert and --tls-key"
        raise CertificateError(message) from error
    authority = trustme.CA()
    try:
        issued = authority.issue_cert(*dict.fromkeys((host, "127.0.0.1", "::1", "localhost")))
    except ValueError as error:
        message = f"no certificate can be made for the host {host!r}: {error}"
        raise CertificateError(message) from error
    folder = Path(tempfile.mkdtemp(prefix="ccell-fake-tls-"))
    certificate = Certificate(folder / "server.pem", folder / "server.key", folder / "ca.pem")
    certificate.chain.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    issued.private_key_pem.write_to_path(certificate.key)
    authority.cert_pem.write_to_path(folder / "ca.pem")
    return certificate
