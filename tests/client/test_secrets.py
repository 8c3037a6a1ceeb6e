"""The password and its md5 appear nowhere but in requests: not in errors, tracebacks, logs or reprs."""

import hashlib
import html
import logging
import pickle
import traceback
from typing import Any
from urllib.parse import quote, quote_plus

import httpx2
import pytest
from harness import clients, scripted
from harness.emulators import CONTENT, PHONE
from harness.processes import free_port
from harness.scripted import Act
from hypothesis import given
from hypothesis import strategies as st

from ccell_fake.client import ClientError, Retry
from ccell_fake.client.gateway import SecretMask
from ccell_fake.model import Request
from ccell_fake.wire import requests

PASSWORD = "geh<e&i\"m+ %'密"
_DIGEST = hashlib.md5(PASSWORD.encode(), usedforsecurity=False).hexdigest()
_IN_XML = requests.render(Request("", PASSWORD)).decode().partition('password="')[2].partition('"')[0]
_PLAIN = (PASSWORD, _DIGEST, html.escape(PASSWORD), _IN_XML)
FORMS = {form for one in _PLAIN for form in (one, quote(one), quote(one, safe=""), quote_plus(one))}


def _echo(status: str, content_type: str) -> Act:
    """An answer that quotes every form of the password."""
    text = " ".join(sorted(FORMS))
    return scripted.answer(f'<html a="{text}">{text.upper()} {text}', status, content_type, "X-CCell-Rule: x")


FAILURES: dict[str, Act | None] = {
    "no connection": None,
    "closed": scripted.hang_up,
    "reset": scripted.reset,
    "silent": scripted.silence,
    "quoted in a page": _echo("502 Bad Gateway", "text/html"),
    "quoted in the Content-Type": _echo("400 x", f"text/html; a={quote(PASSWORD)}"),
    "quoted in a status line": scripted.raw(f"HTTP/1.1 {quote(PASSWORD)} x\r\n\r\n".encode()),
    "quoted in a refusal": scripted.answer(
        f'<root return="{quote(PASSWORD)}" info="{html.escape(PASSWORD)} {_DIGEST}"/>',
        "200 OK",
        "text/xml",
        f"X-CCell-Rule: {quote(PASSWORD)}",
        f"X-CCell-Basis: {quote_plus(PASSWORD)}",
    ),
    "quoted as the root": scripted.answer(f"<x{_DIGEST}/>"),
    "quoted in broken XML": scripted.answer(f'<root return="0"><report msgid="{html.escape(PASSWORD)}">'),
    "locked out": scripted.answer('<root return="1001006" info="并发数超限"/>'),
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=list(FAILURES))
@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize("kind", clients.KINDS)
@pytest.mark.parametrize("call", ["reports", "send", "info"])
def test_no_failure_shows_the_password(
    kind: str, method: str, call: str, failure: Act | None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    options: Any = {"method": method, "retry": Retry(attempts=1), "timeout": 0.1 if failure is scripted.silence else 30}
    with scripted.server(*filter(None, [failure])) as script:
        url = script.url if failure else f"http://127.0.0.1:{free_port()}"
        with clients.client(kind, url, PASSWORD, **options) as client:
            arguments = (PHONE, CONTENT) if call == "send" else ()
            with pytest.raises(ClientError) as caught:
                getattr(client, call)(*arguments)
            error, shown = caught.value, [repr(client), caplog.text]
    own = error.__traceback__.tb_next if error.__traceback__ else None
    frames = traceback.TracebackException(type(error), error, own, capture_locals=True)
    shown += [str(error), repr(error), repr(error.args), repr(vars(error)), "".join(frames.format())]
    shown += ["".join(traceback.format_exception(error))]
    shown += [str(error.__cause__), str(error.__context__)]
    for form in FORMS:
        assert not [text for text in shown if form.lower() in text.lower()], form
        assert form.encode() not in pickle.dumps(error)
        assert form.encode() not in getattr(error, "received", b"")


@pytest.mark.parametrize("kind", clients.KINDS)
def test_the_warning_about_a_malformed_report_shows_no_password(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    time = html.escape(PASSWORD)
    page = f'<root return="0"><report msgid="1" phone="1" status="0" recvtime="{time}"/></root>'
    with (
        scripted.server(scripted.answer(page), scripted.answer('<root return="0" info=""/>')) as script,
        clients.client(kind, script.url, PASSWORD) as client,
    ):
        (report,) = client.reports()
    assert report.is_malformed
    ((name, level, message),) = caplog.record_tuples
    assert (name, level) == ("ccell_fake.client", logging.WARNING)
    assert message.startswith("report: an item is malformed: ")
    assert not [form for form in FORMS if form in message]


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize("kind", clients.KINDS)
def test_no_log_shows_the_password_however_detailed(kind: str, method: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with (
        scripted.server(scripted.answer('<root return="0" info=""/>')) as script,
        clients.client(kind, script.url, PASSWORD, method=method) as client,
    ):
        client.send(PHONE, CONTENT)
    assert "connect_tcp" in caplog.text
    assert not [form for form in FORMS if form in caplog.text]


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_a_foreign_error_shows_no_password_in_its_traceback(method: str) -> None:
    def handle(_request: httpx2.Request) -> httpx2.Response:
        raise ZeroDivisionError

    options: Any = {"method": method, "transport": httpx2.MockTransport(handle)}
    with (
        clients.client("sync", "http://h", PASSWORD, **options) as client,
        pytest.raises(ZeroDivisionError) as caught,
    ):
        client.send(PHONE, CONTENT)
    text = "".join(traceback.format_exception(caught.value))
    assert not [form for form in FORMS if form in text]


@given(st.text(min_size=1, max_size=12), st.text(max_size=12), st.text(max_size=12))
def test_a_masked_text_does_not_contain_the_password(password: str, before: str, after: str) -> None:
    masked = SecretMask(password).text(f"{before}{password}{after}")
    assert password.lower() not in masked.lower().replace("********", "")


def test_an_empty_password_masks_nothing() -> None:
    assert SecretMask("").text("as it is") == "as it is"
    assert SecretMask("").data(b"as it is") == b"as it is"


def test_errors_survive_being_pickled() -> None:
    with (
        scripted.server(scripted.answer("<html/>", "502 x", "text/html")) as script,
        clients.client("sync", script.url) as client,
        pytest.raises(ClientError) as caught,
    ):
        client.send(PHONE, CONTENT)
    copy = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - our own
    assert (type(copy), str(copy), vars(copy)) == (type(caught.value), str(caught.value), vars(caught.value))
