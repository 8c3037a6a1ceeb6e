"""TLS: with a certificate made on the spot or one's own, and whatever a client does instead of shaking hands."""

import http.client
import ssl
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from harness import http as raw
from harness.emulators import emulator

from ccell_fake.model import Operation
from ccell_mock_server.emulator import Emulator
from ccell_mock_server.http import tls

INFO = '<root userid="200001" password="123456"></root>'


def _is_answered(served: Emulator, authority: Path | None) -> bool:
    """Whether a client that trusts the authority alone is answered."""
    context = ssl.create_default_context(cafile=authority)
    connection = http.client.HTTPSConnection(urlsplit(served.url).netloc, timeout=30, context=context)
    try:
        connection.request("POST", Operation.INFO.path, INFO)
        return b'return="0"' in connection.getresponse().read()
    finally:
        connection.close()


def test_a_certificate_made_on_the_spot_is_trusted_by_its_authority() -> None:
    with emulator(server={"tls": True}) as served:
        assert served.url.startswith("https://")
        assert served.certificate
        assert _is_answered(served, served.certificate.authority)


def test_ones_own_certificate_is_served_and_left_alone() -> None:
    own = tls.generate_certificate("127.0.0.1")
    with emulator(server={"tls_cert": str(own.chain), "tls_key": str(own.key)}) as served:
        assert _is_answered(served, own.authority)
    assert own.key.exists()
    own.discard()


def test_a_silent_connection_keeps_nobody_waiting() -> None:
    with emulator(server={"tls": True}) as served, raw.connect(served.url), raw.connect(served.url):
        assert served.certificate
        assert _is_answered(served, served.certificate.authority)


def test_plain_http_to_a_tls_server_is_told_so() -> None:
    with emulator(server={"tls": True}) as served:
        answer = raw.exchange(served.url, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        folder = served.certificate and served.certificate.key.parent
    assert (answer.status, answer.body) == (400, b"This port speaks HTTPS; say https://.\n")
    assert folder
    assert not folder.exists()


def test_what_is_no_certificate_is_said_to_be_none(tmp_path: Path) -> None:
    text, nothing = tmp_path / "x.pem", tmp_path / "none.pem"
    text.write_text("hello")
    with pytest.raises(tls.CertificateError, match="must be a certificate and its key as PEM"):
        tls.load_certificate(text, text)
    with pytest.raises(tls.CertificateError, match=r"none.pem: no such file"):
        tls.load_certificate(nothing, text)
    with pytest.raises(tls.CertificateError, match="no certificate can be made for the host 'my host!'"):
        tls.generate_certificate("my host!")
