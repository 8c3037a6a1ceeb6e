"""Missing, broken and late answers: no request is repeated, and the error tells the outcome."""

from typing import Any

import httpx2
import pytest
from harness import clients, scripted
from harness.emulators import CONTENT, PHONE
from harness.processes import free_port
from harness.scripted import Act

from ccell_fake.client import Client, ClientError, NotSent, OutcomeUnknown, Retry, UnreadableAnswer
from ccell_fake.model import Operation, Reply, Report, Resp
from ccell_fake.wire import replies

EMPTY = '<?xml version="1.0" encoding="UTF-8"?><root return="0" info="成功"></root>'
ACCEPTED = (
    '<?xml version="1.0" encoding="UTF-8"?> <root return="0" info="成功"> '
    '<resp msgid="9" phone="13800000000" return="0" info="成功"/> </root>'
)
PAGE = (
    '<root return="0" info="成功"><report msgid="9" linkid="" phone="13800000000" '
    'recvtime="2015-10-10 10:54:15.0" status="0" info="成功"/></root>'
)

both_kinds = pytest.mark.parametrize("kind", clients.KINDS)
both_methods = pytest.mark.parametrize("method", ["POST", "GET"])

LOSSES = {
    "closed": scripted.hang_up,
    "reset": scripted.reset,
    "broken off": scripted.broken_off(ACCEPTED),
    "broken off without a length": scripted.unannounced(ACCEPTED.encode()[:-8]),
    "no HTTP": scripted.raw(b"SSH-2.0-OpenSSH_9.2\r\n"),
    "half a head": scripted.raw(b"HTTP/1.1 200 OK\r\nContent-"),
    "empty": scripted.answer(""),
    "HTML": scripted.answer("<html><body>Bad Gateway</body></html>", "502 Bad Gateway", "text/html"),
    "redirect": scripted.answer("", "302 Found", "text/html", "Location: /sms3_api/xmlapi/send.jsp"),
    "asks for digest": scripted.answer("", "401 x", "text/html", 'WWW-Authenticate: Digest realm="a", nonce="b"'),
    "too busy": scripted.answer("", "503 x", "text/plain", "Retry-After: 0"),
    "other encoding": scripted.answer(b"\xff\xfe\x00"),
    "false gzip": scripted.answer(b"no gzip", "200 OK", "text/xml", "Content-Encoding: gzip"),
}


@both_kinds
@both_methods
@pytest.mark.parametrize("loss", LOSSES.values(), ids=list(LOSSES))
def test_a_send_with_a_lost_answer_is_not_repeated(kind: str, method: str, loss: Act) -> None:
    with (
        scripted.server(loss) as script,
        clients.client(kind, script.url, method=method, timeout=30) as client,
        pytest.raises(OutcomeUnknown) as caught,
    ):
        client.send(PHONE, CONTENT)
    assert len(script.requests) == 1
    error = caught.value
    assert (error.operation, error.unsent, error.resps) == (Operation.SEND, (), ())
    (submit,) = error.unknown
    assert submit.phone == PHONE
    assert error.linkids == (submit.linkid,)
    assert f"outcome unknown for linkid {submit.linkid}" in str(error)
    assert "do not send again before the reports are in" in str(error)


@both_kinds
@both_methods
def test_a_send_that_times_out_is_not_repeated(kind: str, method: str) -> None:
    with scripted.server(scripted.silence) as script:
        with (
            clients.client(kind, script.url, method=method, timeout=0.1) as client,
            pytest.raises(OutcomeUnknown, match="ReadTimeout"),
        ):
            client.send(PHONE, CONTENT)
        assert len(script.requests) == 1


@both_kinds
@both_methods
def test_a_send_on_a_connection_that_the_server_closes_is_not_repeated(kind: str, method: str) -> None:
    with (
        scripted.server(scripted.answer(ACCEPTED), scripted.hang_up) as script,
        clients.client(kind, script.url, method=method, timeout=30) as client,
    ):
        client.send(PHONE, CONTENT)
        with pytest.raises(OutcomeUnknown):
            client.send(PHONE, CONTENT)
    assert (len(script.requests), script.connections) == (2, 1)


@both_kinds
@both_methods
def test_without_a_connection_nothing_is_sent(kind: str, method: str) -> None:
    with (
        clients.client(kind, f"http://127.0.0.1:{free_port()}", method=method) as client,
        pytest.raises(NotSent, match="nothing was sent") as caught,
    ):
        client.send(PHONE, CONTENT)
    (submit,) = caught.value.unsent
    assert (submit.phone, caught.value.unknown) == (PHONE, ())


@both_kinds
def test_a_server_without_tls_is_sent_nothing(kind: str) -> None:
    with (
        scripted.server() as script,
        clients.client(kind, script.url.replace("http:", "https:"), timeout=0.1) as client,
        pytest.raises(NotSent),
    ):
        client.send(PHONE, CONTENT)
    assert script.requests == []


@both_kinds
@pytest.mark.parametrize("loss", LOSSES.values(), ids=list(LOSSES))
def test_a_fetch_with_a_lost_answer_carries_the_earlier_items(kind: str, loss: Act) -> None:
    with (
        scripted.server(scripted.answer(PAGE), loss) as script,
        clients.client(kind, script.url, timeout=30) as client,
        pytest.raises(OutcomeUnknown, match="at most 300 reports are lost") as caught,
    ):
        client.reports()
    assert len(script.requests) == 2
    assert [report.msgid for report in caught.value.taken if isinstance(report, Report)] == ["9"]
    assert "fetched before: 1" in str(caught.value)


@both_kinds
def test_an_unreadable_answer_is_kept_as_evidence(kind: str) -> None:
    page = "<html>Bad Gateway</html>"
    with (
        scripted.server(scripted.answer(page, "502 Bad Gateway", "text/html")) as script,
        clients.client(kind, script.url) as client,
        pytest.raises(UnreadableAnswer) as caught,
    ):
        client.info()
    error = caught.value
    assert (error.status, error.content_type, error.received) == (502, "text/html", page.encode())
    assert "(502 text/html) cannot be read: the root element is <html>" in str(error)


@both_kinds
def test_a_reply_counts_with_any_http_status(kind: str) -> None:
    with (
        scripted.server(scripted.answer(ACCEPTED, "500 Internal Server Error", "text/html")) as script,
        clients.client(kind, script.url) as client,
    ):
        assert [resp.phone for resp in client.send(PHONE, CONTENT).accepted] == [PHONE]


@both_kinds
@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (EMPTY.encode(), "text/xml;charset=UTF-8"),
        (b"\xef\xbb\xbf\n " + EMPTY.encode(), "text/plain"),
        (EMPTY.replace("UTF-8", "GBK").encode("gbk"), "text/xml"),
        (EMPTY.replace("UTF-8", "gb2312").encode("gbk"), "text/xml; charset=UTF-8"),
        (EMPTY.encode("gbk"), "text/xml; charset=GBK"),
        (EMPTY.partition("?>")[2].encode("gbk"), 'text/xml; charset="gbk"'),
        (EMPTY.replace("UTF-8", "UTF-16").encode("utf-16"), "text/xml"),
        (EMPTY.encode(), "text/xml; charset=ISO-8859-1"),
    ],
)
def test_an_answer_is_read_in_the_encoding_it_declares(kind: str, body: bytes, content_type: str) -> None:
    with (
        scripted.server(scripted.answer(body, "200 OK", content_type)) as script,
        clients.client(kind, script.url) as client,
    ):
        assert client.reports() == ()


def test_the_text_of_an_answer_in_gbk_is_right() -> None:
    reply = replies.render(Reply("0", "成功", (Resp("9", PHONE, "1004001", "手机号不可识别", None),))).decode()
    with (
        scripted.server(scripted.answer(reply.encode("gbk"), "200 OK", "text/xml;charset=gb2312")) as script,
        Client(script.url, "1", "2") as client,
    ):
        assert [resp.info for resp in client.send(PHONE, CONTENT).refused] == ["手机号不可识别"]


@pytest.mark.parametrize(
    "resp",
    [
        'linkid="7" msgid="9" phone="13800000000" return="0" info="成功"',
        'info="成功" return="0" phone=" 13800000000 " msgid="9"',
        'return="0" phone="13800000000" msgid="9"',
    ],
)
def test_the_attributes_of_a_resp_may_stand_in_any_order(resp: str) -> None:
    with (
        scripted.server(scripted.answer(f'<root info="成功" return="0">\n<resp {resp}></resp>\n</root>')) as script,
        Client(script.url, "1", "2") as client,
    ):
        sent = client.send(PHONE, CONTENT, linkid="7")
    assert [(one.msgid, one.phone, one.linkid, one.is_accepted) for one in sent.resps] == [("9", PHONE, "7", True)]


def test_a_refused_number_may_lack_a_msgid() -> None:
    body = f'<root return="0" info="成功"><resp phone="{PHONE}" return="1004001" info="x"/></root>'
    with scripted.server(scripted.answer(body)) as script, Client(script.url, "1", "2") as client:
        assert [(resp.msgid, resp.code) for resp in client.send(PHONE, CONTENT).refused] == [("", "1004001")]


def test_resps_count_although_the_root_has_another_code() -> None:
    with (
        scripted.server(scripted.answer(ACCEPTED.replace('return="0"', 'return="1004001"', 1))) as script,
        Client(script.url, "1", "2") as client,
    ):
        assert len(client.send(PHONE, CONTENT).accepted) == 1


def test_both_formats_of_a_time_are_read() -> None:
    page = PAGE.replace("10:54:15.0", "10:54:15")
    with scripted.server(*map(scripted.answer, (PAGE, page, EMPTY))) as script, Client(script.url, "1", "2") as client:
        first, second = client.reports()
    assert first == second


@pytest.mark.parametrize(
    "account", ["", "<ID>1</ID>", "<ID/><NAME/><STATUS/><RICHES>many</RICHES><CREDIT/><SIGNCODE/>"]
)
def test_an_info_without_its_figures_is_unreadable(account: str) -> None:
    with (
        scripted.server(scripted.answer(f'<root return="0" info="成功">{account}</root>')) as script,
        Client(script.url, "1", "2") as client,
        pytest.raises(UnreadableAnswer, match="info: the answer of"),
    ):
        client.info()


@both_kinds
def test_a_request_over_the_thread_limit_is_retried_unchanged(kind: str) -> None:
    over = '<root return="1001006" info="并发数超限"></root>'
    pauses: list[float] = []
    options: Any = {"sleep": pauses.append, "retry": Retry(attempts=3, first_pause=5, longest_pause=5)}
    with (
        scripted.server(*map(scripted.answer, (over, over, ACCEPTED))) as script,
        clients.client(kind, script.url, **options) as client,
    ):
        assert len(client.send(PHONE, CONTENT).accepted) == 1
    assert len(set(script.requests)) == 1
    assert len(script.requests) == 3
    assert len(pauses) == 2
    assert all(0 <= pause <= 5 for pause in pauses)


@both_kinds
@pytest.mark.parametrize(
    ("error", "kept"),
    [
        (httpx2.ConnectError, NotSent),
        (httpx2.ConnectTimeout, NotSent),
        (httpx2.PoolTimeout, NotSent),
        (httpx2.ProxyError, NotSent),
        (httpx2.UnsupportedProtocol, NotSent),
        (httpx2.ReadTimeout, OutcomeUnknown),
        (httpx2.WriteTimeout, OutcomeUnknown),
        (httpx2.ReadError, OutcomeUnknown),
        (httpx2.WriteError, OutcomeUnknown),
        (httpx2.CloseError, OutcomeUnknown),
        (httpx2.RemoteProtocolError, OutcomeUnknown),
        (httpx2.LocalProtocolError, OutcomeUnknown),
        (httpx2.DecodingError, OutcomeUnknown),
    ],
)
def test_only_a_failure_before_sending_is_not_sent(
    kind: str, error: type[httpx2.RequestError], kept: type[ClientError]
) -> None:
    def handle(_request: httpx2.Request) -> httpx2.Response:
        msg = "why"
        raise error(msg)

    with (
        clients.client(kind, "http://h", transport=httpx2.MockTransport(handle)) as client,
        pytest.raises(kept, match=f"{error.__name__}: why") as caught,
    ):
        client.send(PHONE, CONTENT)
    assert type(caught.value) is kept
