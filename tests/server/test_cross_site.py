"""Web pages of other sites cannot use the gateway on loopback (T2)."""

from urllib.parse import quote

import pytest
from harness import http as raw
from harness.emulators import emulator
from harness.http import RawAnswer

from ccell_fake.model import Operation
from ccell_mock_server.config.settings import as_toml, parse
from ccell_mock_server.emulator import Emulator
from ccell_mock_server.gateway.cross_site import is_cross_site

INFO = '<root userid="200001" password="123456"></root>'
PATH = Operation.INFO.path


def _ask(served: Emulator, *headers: str, host: str = "127.0.0.1:8026") -> tuple[RawAnswer, RawAnswer]:
    """Send a GET, as an image does, and a POST, as a form does."""
    got = raw.get(served.url, f"{PATH}?{quote(INFO)}".encode(), *headers, host=host)
    lines = [f"POST {PATH} HTTP/1.1", f"Host: {host}", f"Content-Length: {len(INFO)}", *headers]
    return got, raw.exchange(served.url, f"{chr(13) + chr(10)}".join([*lines, "", INFO]).encode())


FOREIGN = [
    ("127.0.0.1:8026", "Sec-Fetch-Site: cross-site"),
    ("127.0.0.1:8026", "Origin: http://evil.example"),
    ("127.0.0.1:8026", "Origin: null"),
    ("127.0.0.1:8026", "Origin: http://[::1"),
    # DNS rebinding.
    ("evil.example", "Sec-Fetch-Site: same-origin"),
    ("evil.example", "Origin: http://evil.example"),
]


@pytest.mark.parametrize(("host", "header"), FOREIGN)
def test_a_page_of_another_site_is_refused_on_loopback(host: str, header: str) -> None:
    with emulator() as served:
        for answer in _ask(served, header, host=host):
            assert answer.status == 403
            assert b"allow_cross_site" in answer.body
        metrics = served.services.metrics.text()
        assert b'ccell_requests_total{code="403",operation="none"} 2.0' in metrics
        assert metrics.count(b"ccell_requests_total{") == 1


@pytest.mark.parametrize(
    ("host", "headers"),
    [
        ("127.0.0.1:8026", ()),
        ("sms.ccell.cn", ()),
        ("127.0.0.1:8026", ("Sec-Fetch-Site: none",)),
        ("sms.ccell.cn", ("Sec-Fetch-Site: none",)),
        ("127.0.0.1:8026", ("Sec-Fetch-Site: same-origin", "Origin: http://127.0.0.1:8026")),
        ("localhost:8026", ("Sec-Fetch-Site: same-site", "Origin: http://localhost:3000")),
    ],
)
def test_programs_and_opened_addresses_are_answered(host: str, headers: tuple[str, ...]) -> None:
    with emulator() as served:
        assert [answer.status for answer in _ask(served, *headers, host=host)] == [200, 200]


@pytest.mark.parametrize(("host", "header"), FOREIGN)
def test_a_page_of_another_site_is_answered_if_it_is_allowed(host: str, header: str) -> None:
    with emulator(server={"allow_cross_site": True}) as served:
        assert [answer.status for answer in _ask(served, header, host=host)] == [200, 200]


def test_beyond_loopback_pages_of_all_sites_are_answered() -> None:
    with emulator(server={"host": "0.0.0.0", "control_token": "x"}) as served:  # noqa: S104 - it is tested
        client = served.app.test_client()
        assert client.post(PATH, data=INFO, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


def test_a_request_without_marks_is_never_cross_site() -> None:
    assert not is_cross_site({"HTTP_HOST": "evil.example"})
    assert "allow_cross_site = false" in as_toml(parse({}, "x.toml"))
