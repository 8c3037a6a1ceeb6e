"""Chromium and curl as clients (T2, W15)."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness.emulators import emulator

from ccell_mock_server.emulator import Emulator

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
CURL = shutil.which("curl")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
ROOT = '<root userid="200001" password="123456">'
SUBMIT = '<submit phone="13800000000,13600001234" content="验证码为1234。【签名】"/>'

needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed; Debian's package is chromium")
needs_curl = pytest.mark.skipif(CURL is None, reason="curl is not installed; Debian's package is curl")


@pytest.fixture(scope="module")
def served() -> Iterator[Emulator]:
    with emulator() as running:
        yield running


def _browse(address: str, profile: Path) -> str:
    """Return the text that a browser shows at an address."""
    assert CHROMIUM
    command = [CHROMIUM, *FLAGS, f"--user-data-dir={profile}", "--dump-dom", address]
    page = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
    body = page[page.index('id="tree"') if 'id="tree"' in page else 0 :]
    return re.sub(r"&gt;", ">", re.sub(r"&lt;", "<", re.sub(r"<[^>]*>", "", body)))


@needs_browser
def test_a_browser_shows_the_answer_at_the_documents_send_address(served: Emulator, tmp_path: Path) -> None:
    shown = _browse(f"{served.url}/sms3_api/xmlapi/send.jsp?{ROOT}{SUBMIT}</root>", tmp_path)
    assert '<root return="0" info="成功">' in shown
    assert re.search(r'<resp msgid="\d{19}" phone="13800000000" return="0" info="成功"/>', shown)
    assert re.search(r'<resp msgid="\d{19}" phone="13600001234" return="0" info="成功"/>', shown)


@needs_browser
def test_a_browser_shows_the_answer_at_the_documents_info_address(served: Emulator, tmp_path: Path) -> None:
    shown = _browse(f"{served.url}/sms3_api/xmlapi/info.jsp?{ROOT}</root>", tmp_path)
    assert '<root return="0" info="成功">' in shown
    assert "<ID>200001</ID>" in shown


def _curl(*arguments: str, body: str | None = None) -> str:
    assert CURL
    command = [CURL, "--silent", "--show-error", "--fail", *arguments]
    return subprocess.run(command, input=body, capture_output=True, text=True, check=True, timeout=60).stdout


@needs_curl
def test_curl_posts_in_all_common_ways(served: Emulator) -> None:
    address, xml = f"{served.url}/sms3_api/xmlapi/send.jsp", f"{ROOT}{SUBMIT}</root>"
    for answer in (
        _curl(address, "-d", xml),
        _curl(address, "--data-raw", xml),
        _curl(address, "-d", "@-", body=xml),
        _curl(address, "--data-binary", "@-", "-H", "Content-Type: text/xml", body=f"{xml}\n"),
        _curl(address, "--data-urlencode", f"={xml}"),
        _curl(address, "-H", "Transfer-Encoding: chunked", "-H", "Expect: 100-continue", "-d", xml),
        _curl(address, "-0", "-d", xml),
    ):
        assert answer.count('return="0" info="成功"') == 3


@needs_curl
def test_curl_gets_in_all_common_ways(served: Emulator) -> None:
    address, xml = f"{served.url}/sms3_api/xmlapi/send.jsp", f"{ROOT}{SUBMIT}</root>"
    for answer in (
        _curl(f"{address}?{xml.replace(' ', '%20')}"),
        _curl(f"{address}?{xml.replace(' ', '+')}"),
        _curl("-G", address, "--data-urlencode", f"={xml}"),
        _curl("-G", address, "-d", xml.replace(" ", "%20")),
    ):
        assert answer.count('return="0" info="成功"') == 3
