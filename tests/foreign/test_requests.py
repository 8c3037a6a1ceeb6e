"""Programs in other languages send in every way that clients of the gateway were seen to use, and read the answers."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, unquote_plus

import pytest
from foreign.conftest import Opened
from foreign.programs import CONTENT, PHONES, PROGRAMS, Programs
from foreign.wire import wire

from ccell_fake.model import Door, Operation
from ccell_fake.testing import Ccell

FORM, JSON, NO_TYPE = "application/x-www-form-urlencoded", "application/json", None

RAW, ENCODED, SINGLE_QUOTED = '{"', "%7B%22", "{'"
"""The first characters of a payload: raw JSON, percent-encoded as a whole, or with single quotes."""

PASSWORD, SIGN = r'"password" ?: ?"', r'"seqid" ?: ?"\d{18}", ?"sign" ?: ?"[0-9a-f]{32}"'
EACH, JOINED = r'"13800000000".*"13900000001"', '"13800000000,13900000001"'
NUMBER, TEXT, MILLISECONDS, SEQID, UUID, NO_ID = (
    r'"id" ?: ?1\b',
    r'"id" ?: ?"1"',
    r'"id" ?: ?"\d{13}"',
    r'"id" ?: ?"\d{18}"',
    r'"id" ?: ?"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"',
    r'\A(?!.*"id")',
)
ESCAPES, BLANKS = r"\\u9a8c\\u8bc1\\u7801", '"userid" ?: "'


@dataclass(frozen=True, slots=True)
class Row:
    """Form in which a scenario of a program sends.

    Attributes:
        content_type: The Content-Type; None if there is none.
        start: The first characters of the payload.
        parts: Patterns that the JSON matches. They are written with double quotes.
    """

    content_type: str | None
    start: str
    parts: tuple[str, ...]


ROWS = {
    ("CommonsHttpClient.java", "post"): Row("text/plain; charset=ISO-8859-1", ENCODED, (TEXT, PASSWORD, JOINED)),
    ("CommonsHttpClient.java", "get"): Row(NO_TYPE, ENCODED, (NO_ID, SIGN, JOINED)),
    ("NetHttp.java", "post"): Row(JSON, RAW, (UUID, PASSWORD, EACH, BLANKS)),
    ("NetHttp.java", "get"): Row(NO_TYPE, ENCODED, (UUID, SIGN, EACH)),
    ("UrlConnection.java", "post"): Row(FORM, RAW, (NUMBER, PASSWORD, JOINED)),
    ("UrlConnection.java", "get"): Row(NO_TYPE, ENCODED, (SEQID, SIGN, EACH)),
    ("UrlConnection.java", "get-single-quoted"): Row(NO_TYPE, SINGLE_QUOTED, (NUMBER, PASSWORD, JOINED)),
    ("curl.php", "post"): Row(FORM, RAW, (MILLISECONDS, PASSWORD, EACH, ESCAPES)),
    ("curl.php", "post-json"): Row(JSON, RAW, (SEQID, SIGN, JOINED)),
    ("curl.php", "get"): Row(NO_TYPE, ENCODED, (NUMBER, PASSWORD, JOINED, ESCAPES)),
    ("curl.php", "get-single-quoted"): Row(NO_TYPE, SINGLE_QUOTED, (NUMBER, PASSWORD, JOINED)),
    ("fetch.mjs", "post"): Row(JSON, RAW, (NO_ID, PASSWORD, JOINED)),
    ("fetch.mjs", "post-signed"): Row(JSON, RAW, (SEQID, SIGN, EACH)),
    ("fetch.mjs", "get"): Row(NO_TYPE, ENCODED, (NUMBER, PASSWORD, JOINED)),
    ("http.mjs", "post"): Row(NO_TYPE, RAW, (TEXT, PASSWORD, EACH)),
    ("http.mjs", "get"): Row(NO_TYPE, ENCODED, (NUMBER, SIGN, JOINED)),
    ("http.mjs", "get-single-quoted"): Row(NO_TYPE, SINGLE_QUOTED, (NUMBER, PASSWORD, JOINED)),
    ("net_http.go", "post"): Row(NO_TYPE, RAW, (SEQID, PASSWORD, JOINED)),
    ("net_http.go", "get"): Row(NO_TYPE, ENCODED, (NUMBER, SIGN, EACH)),
    ("net_http.go", "get-single-quoted"): Row(NO_TYPE, SINGLE_QUOTED, (NUMBER, PASSWORD, JOINED)),
    ("urllib_client.py", "post"): Row(FORM, RAW, (NUMBER, PASSWORD, EACH, ESCAPES, BLANKS)),
    ("urllib_client.py", "post-json"): Row(JSON, RAW, (NUMBER, SIGN, JOINED, ESCAPES)),
    ("urllib_client.py", "post-encoded"): Row("text/plain;charset=ISO-8859-1", ENCODED, (NUMBER, PASSWORD, JOINED)),
    ("urllib_client.py", "get"): Row(NO_TYPE, ENCODED, (NUMBER, PASSWORD, EACH, BLANKS)),
}


def accepted(ccell: Ccell) -> list[tuple[str, str]]:
    """Return number and content of each accepted message."""
    return [(message.phone, message.content) for message in ccell.outbox]


def success(ccell: Ccell) -> dict[str, Any]:
    """Return what a program prints of the first accepted message."""
    return {"code": "0", "msgid": ccell.outbox[0].msgid, "info": "成功"}


@pytest.mark.parametrize(("program", "scenario"), ROWS)
def test_a_program_sends_messages_and_reads_the_answer(
    programs: Programs, ccell: Ccell, program: str, scenario: str
) -> None:
    with wire(ccell.url) as between:
        printed = programs.run(program, between.url, ccell, scenario)
    assert printed == success(ccell)
    assert accepted(ccell) == [(phone, CONTENT) for phone in PHONES]
    (entry,) = ccell.journal()
    assert (entry.door, entry.operation, entry.code) == (Door.JSON, Operation.SEND, "0")

    row, sent, method = ROWS[program, scenario], between.sent(), scenario.partition("-")[0]
    assert (sent.method, sent.headers["Content-Type"]) == (method.upper(), row.content_type)
    assert entry.place == {"get": "query", "post": "body"}[method]
    assert sent.payload.startswith(row.start)
    text = unquote_plus(sent.payload) if row.start == ENCODED else unquote(sent.payload)
    for part in row.parts:
        assert re.search(part, text.replace("'", '"')), part


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("scenario", ["post", "get"])
def test_a_program_reads_a_refusal(programs: Programs, ccell: Ccell, program: str, scenario: str) -> None:
    printed = programs.run(program, ccell.url, ccell, scenario, "wrong-password")
    assert printed == {"error": 1001004, "message": "密码不正确"}
    assert accepted(ccell) == []
    (entry,) = ccell.journal()
    assert (entry.door, entry.operation, entry.code) == (Door.JSON, Operation.SEND, "1001004")


@pytest.mark.parametrize("program", ["NetHttp.java", "curl.php"])
def test_a_content_encoded_once_more_is_kept_or_decoded(programs: Programs, opened: Opened, program: str) -> None:
    with opened(Q46="decoded") as ccell:
        assert programs.run(program, ccell.url, ccell, "post-content-encoded") == success(ccell)
        assert accepted(ccell) == [(phone, CONTENT) for phone in PHONES]
    with opened(Q46="kept") as ccell:
        printed = programs.run(program, ccell.url, ccell, "post-content-encoded")
        assert (printed["code"], printed["info"]) == ("1004003", "短信内容必须有签名")
        assert accepted(ccell) == []


def test_a_program_that_sends_gbk_is_refused_or_read(programs: Programs, opened: Opened) -> None:
    with opened(Q45="gbk") as ccell:
        assert programs.run("UrlConnection.java", ccell.url, ccell, "post-gbk") == success(ccell)
        assert accepted(ccell) == [(phone, CONTENT) for phone in PHONES]
    with opened(Q45="refuse") as ccell:
        printed = programs.run("UrlConnection.java", ccell.url, ccell, "post-gbk")
        assert printed == {"error": 1001001, "message": "参数不完整"}
        assert accepted(ccell) == []


def test_a_program_fetches_reports(programs: Programs, ccell: Ccell) -> None:
    programs.run("net_http.go", ccell.url, ccell, "post")
    assert programs.run("net_http.go", ccell.url, ccell, "report") == {"msgid": ccell.outbox[0].msgid, "status": "0"}
    assert [(entry.door, entry.operation) for entry in ccell.journal()] == [
        (Door.JSON, Operation.SEND),
        (Door.JSON, Operation.REPORT),
    ]


def test_a_program_fetches_upstream_messages(programs: Programs, ccell: Ccell) -> None:
    ccell.reply(PHONES[0], "退订")
    assert programs.run("curl.php", ccell.url, ccell, "upmsg") == {"phone": PHONES[0], "text": "退订"}
    (entry,) = ccell.journal()
    assert (entry.door, entry.operation, entry.items) == (Door.JSON, Operation.UPMSG, 1)


def test_a_program_that_waits_for_an_interim_answer_sends_xml(programs: Programs, ccell: Ccell) -> None:
    with wire(ccell.url) as between:
        printed = programs.run("NetHttp.java", between.url, ccell, "xml")
    assert between.sent().headers["Expect"] == "100-Continue"
    assert printed == success(ccell)
    assert accepted(ccell) == [(phone, CONTENT) for phone in PHONES]
    (entry,) = ccell.journal()
    assert (entry.door, entry.operation, entry.code) == (Door.XML, Operation.SEND, "0")
