"""TLS: generated certificates, your own, and clients that do not shake hands."""

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
from ccell_mock_server.http.authority import CertificateError

INFO = '<root userid="200001" password="123456"></root>'


def _is_answered(served: Emulator, authority: Path | None) -> bool:
    """Return whether a client that only trusts the authority is answered."""
    context = ssl.create_default_context(cafile=authority)
    connection = http.client.HTTPSConnection(urlsplit(served.url).netloc, timeout=30, context=context)
    try:
        connection.request("POST", Operation.INFO.path, INFO)
        return b'return="0"' in connection.getresponse().read()
    finally:
        connection.close()


def test_a_client_that_trusts_the_authority_accepts_a_generated_certificate() -> None:
    with emulator(server={"tls": True}) as served:
        assert served.url.startswith("https://")
        assert served.certificate
        assert _is_answered(served, served.certificate.authority)


def test_your_own_certificate_is_used_and_not_removed() -> None:
    own = tls.generate_certificate("127.0.0.1")
    with emulator(server={"tls_cert": str(own.chain), "tls_key": str(own.key)}) as served:
        assert _is_answered(served, own.authority)
    assert own.key.exists()
    own.discard()


def test_a_silent_connection_does_not_block_others() -> None:
    with emulator(server={"tls": True}) as served, raw.connect(served.url), raw.connect(served.url):
        assert served.certificate
        assert _is_answered(served, served.certificate.authority)


def test_plain_http_to_a_tls_server_gets_a_hint() -> None:
    with emulator(server={"tls": True}) as served:
        answer = raw.exchange(served.url, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        folder = served.certificate and served.certificate.key.parent
    assert (answer.status, answer.body) == (400, b"This port speaks HTTPS; say https://.\n")
    assert folder
    assert not folder.exists()


def test_an_invalid_certificate_is_an_error(tmp_path: Path) -> None:
    text, nothing = tmp_path / "x.pem", tmp_path / "none.pem"
    text.write_text("hello")
    with pytest.raises(CertificateError, match="must be a certificate and its key as PEM"):
        tls.load_certificate(text, text)
    with pytest.raises(CertificateError, match=r"none.pem: no such file"):
        tls.load_certificate(nothing, text)
    with pytest.raises(CertificateError, match="no certificate can be made for the host 'my host!'"):
        tls.generate_certificate("my host!")
