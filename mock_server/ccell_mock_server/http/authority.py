"""The authority that signs generated certificates. A folder can keep it over restarts."""

import hashlib
import os
import ssl
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

from ccell_fake.clock import SystemClock
from ccell_fake.errors import CcellError
from ccell_fake.extras import install

_FOLDER, _CERTIFICATE, _KEY = "authority", "ca.pem", "ca.key"
_ORGANIZATION = "ccell-fake"
# The clocks of clients may be slow. Apple's systems refuse server certificates that are valid for more than 825 days.
_BEFORE, _AFTER = timedelta(days=30), timedelta(days=790)


class CertificateError(CcellError):
    """The certificate is missing or invalid. The message says how to provide one."""


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority.

    Attributes:
        path: File of its certificate, which clients must trust.
        certificate: The certificate, as PEM.
        key: Its private key, as PEM.
        end: When it ends, in UTC.
    """

    path: Path
    certificate: bytes
    key: bytes = field(repr=False)
    end: datetime

    def issue(self, names: Iterable[str]) -> tuple[bytes, bytes]:
        """Return a new server certificate and its private key, as PEM. It ends after two years, or with the authority.

        Args:
            names: Canonical names and addresses of the server.

        Raises:
            CertificateError: trustme is not installed, or the authority cannot sign.
        """
        trustme, now = _import_trustme(), SystemClock().now()
        try:
            issued = trustme.CA.from_pem(self.certificate, self.key).issue_cert(
                *names,
                organization_name=_ORGANIZATION,
                not_before=now - _BEFORE,
                not_after=min(now + _AFTER, self.end),
            )
        except Exception as error:  # an authority of another program; the libraries raise many kinds
            message = f"{self.path}: the authority cannot sign a certificate: {error}"
            raise CertificateError(message) from error
        return b"".join(blob.bytes() for blob in issued.cert_chain_pems), issued.private_key_pem.bytes()


def temporary_authority(folder: Path) -> Authority:
    """Make an authority and write its certificate to a folder. Its key is on no disk.

    Raises:
        CertificateError: trustme is not installed.
        OSError: The certificate cannot be written.
    """
    certificate, key = _generate()
    write(folder / _CERTIFICATE, certificate)
    return Authority(folder / _CERTIFICATE, certificate, key, _read_end(folder / _CERTIFICATE))


def is_kept(folder: Path) -> bool:
    """Return whether a folder keeps an authority, which may be damaged."""
    return os.path.lexists(folder.absolute() / _FOLDER)


def kept_authority(folder: Path) -> Authority:
    """Read the authority that a folder keeps. Make it if there is none.

    Of processes that do this at the same time, one makes the authority. The others read it.

    Raises:
        CertificateError: The authority is damaged or has ended, the folder cannot be used, or trustme is not installed.
    """
    place = folder.absolute() / _FOLDER
    try:
        if not is_kept(folder):
            _make(place)
    except OSError as error:
        message = f"{folder}: no authority can be kept there: {error.strerror}"
        raise CertificateError(message) from error
    return _read(place)


def fingerprint(certificate: bytes) -> str:
    """Return the SHA-256 fingerprint of a PEM certificate, as OpenSSL prints it. Raises ValueError if it is not PEM."""
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate.decode("ascii"))).digest().hex(":").upper()


def write(path: Path, content: bytes) -> None:
    """Write a new file that only its owner can read, and wait until it is on the disk. Raises OSError."""
    with open(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _import_trustme() -> ModuleType:
    try:
        import trustme  # noqa: PLC0415 - an extra, and slow to import
    except ImportError as error:
        message = f"trustme is not installed: {install('tls')}, or give --tls-cert and --tls-key"
        raise CertificateError(message) from error
    return trustme


def _generate() -> tuple[bytes, bytes]:
    authority = _import_trustme().CA(organization_name=_ORGANIZATION)
    return authority.cert_pem.bytes(), authority.private_key_pem.bytes()


def _make(place: Path) -> None:
    """Make an authority, unless another process is faster. Its files appear together or not at all."""
    certificate, key = _generate()
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".ccell-fake-", dir=place.parent) as temporary:
        made = Path(temporary, _FOLDER)
        made.mkdir(mode=0o700)
        write(made / _CERTIFICATE, certificate)
        write(made / _KEY, key)
        try:
            # A folder never replaces one that has files.
            made.rename(place)
        except OSError:
            if not place.exists():
                raise


def _read(place: Path) -> Authority:
    path, key = place / _CERTIFICATE, place / _KEY
    remedy = f"restore it, or remove {place} to make a new authority that clients must trust anew"
    try:
        authority = Authority(path, path.read_bytes(), key.read_bytes(), _read_end(path))
        # Without a password, OpenSSL would ask the terminal for the one of an encrypted key.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(path, key, password="")
    except (OSError, ValueError) as error:
        message = f"{path} and {key} must be an authority and its key, as PEM: {error}; {remedy}"
        raise CertificateError(message) from error
    if authority.end <= SystemClock().now():
        message = f"{path}: the authority ended on {authority.end:%Y-%m-%d}; {remedy}"
        raise CertificateError(message)
    return authority


def _read_end(path: Path) -> datetime:
    """Return when the authority in a file ends. Raises ValueError or OSError if the file has not exactly one."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_verify_locations(path)
    found = context.get_ca_certs()
    if len(found) != 1:
        message = f"{path} has {len(found) or 'no'} certificates of authorities"
        raise ValueError(message)
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(f"{found[0]['notAfter']}"), UTC)
