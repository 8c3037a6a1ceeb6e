"""A transcript contains no secret of any request, in any encoding."""

import base64
import html
import json
from pathlib import Path
from urllib.parse import quote, quote_plus, unquote_plus

from harness import http
from harness.emulators import emulator
from hypothesis import given
from hypothesis import strategies as st

from ccell_fake.clock import SystemClock
from ccell_fake.model import Request, Submit
from ccell_fake.strategies import contents, payloads, phones
from ccell_fake.transcripts import Exchange, Redaction, Writer, read
from ccell_mock_server.http.server import HttpServer
from ccell_mock_server.proxy.recorder import Recorder
from ccell_mock_server.proxy.upstream import Upstream

PASSWORDS = st.text("äöüßÄÖÜ&<>\"'+%#密码", min_size=6, max_size=12)


def _written(path: Path) -> str:
    """Return the file and all its decodings."""
    text = path.read_text("utf-8")
    data = [part for one in read(path).runs[0].exchanges for part in (one.query, one.body, one.answer)]
    shown = [text, *map(str, map(json.loads, text.splitlines())), *(part.decode(errors="replace") for part in data)]
    shown += [unquote_plus(one) for one in shown]
    return "\n".join([*shown, *map(html.unescape, shown)])


def test_no_secret_of_a_send_is_written(tmp_path: Path) -> None:
    clock, files = SystemClock(), iter(range(10_000))
    with emulator() as served:
        upstream = Upstream(served.url)

        @given(st.data(), PASSWORDS, st.lists(phones(), min_size=1, max_size=3), contents(max_size=20))
        def check(data: st.DataObject, password: str, numbers: list[str], content: str) -> None:
            request = Request("200001", password, (Submit(",".join(numbers), content + numbers[0], linkid=numbers[0]),))
            raw = data.draw(payloads(request))
            path = tmp_path / f"{next(files)}"
            with Writer(path, clock.now()) as writer:
                recorder = Recorder(upstream, writer, Redaction(), clock)
                with HttpServer(recorder) as server:
                    assert http.exchange(server.url, raw.to_bytes()).status == 200
                assert recorder.failures == 0
            shown = _written(path)
            for secret in (password, *numbers):
                encoded = (quote(secret), quote(secret, ""), quote_plus(secret), html.escape(secret))
                bytes_of_it = secret.encode()
                for form in {secret, *encoded, bytes_of_it.hex(), base64.b64encode(bytes_of_it).decode()}:
                    assert form not in shown
            assert '"200001' not in shown

        check()
        upstream.close()


def test_a_write_failure_is_counted_and_the_client_is_answered(tmp_path: Path) -> None:
    class Full(Writer):
        """Fails like a full disk."""

        def write(self, exchange: Exchange) -> None:
            raise OSError(exchange.number)

    clock = SystemClock()
    with emulator() as served, Full(tmp_path / "t", clock.now()) as writer:
        upstream = Upstream(served.url)
        recorder = Recorder(upstream, writer, Redaction(), clock)
        with HttpServer(recorder) as server:
            body = b'<root userid="200001" password="123456"/>'
            assert http.post(server.url, "/sms3_api/xmlapi/info.jsp", body).status == 200
        upstream.close()
    assert recorder.failures == 1
