"""Paths, long queries and long answers, over a connection and in process; and the basis of how a request arrived."""

import socket
from collections.abc import Callable, Iterator
from urllib.parse import quote, quote_plus

import httpx2
import pytest
from harness import http
from harness.accounts import CONTENT, PHONE
from harness.emulators import emulator
from hypothesis import given
from hypothesis import strategies as st

from ccell_fake.control.client import ControlClient
from ccell_fake.faults import CloseFault, DribbleFault, HttpFault, ResetFault, TruncateFault
from ccell_fake.inspection import JournalEntry
from ccell_fake.limits import UNCHUNKED_BYTES
from ccell_fake.model import Operation
from ccell_fake.wire import replies
from ccell_mock_server.emulator import Emulator
from ccell_mock_server.gateway import routes
from ccell_mock_server.gateway.in_process import InProcessTransport

INFO = '<root userid="200001" password="123456"/>'
PATH = Operation.INFO.path
MARK = "\ufeff"
NUMBERS = ",".join(f"138{number:08d}" for number in range(200))
LONG = f'<root userid="200001" password="123456"><submit phone="{NUMBERS}" content="{CONTENT}"/></root>'.encode()

Ask = Callable[..., httpx2.Response]


@pytest.fixture(scope="module")
def served() -> Iterator[Emulator]:
    with emulator() as running:
        yield running


def _in_process(running: Emulator) -> httpx2.BaseTransport:
    services = running.services
    return InProcessTransport(services.gateway, services.metrics, running.timeouts, services.store.owner)


def _ask(running: Emulator, transport: httpx2.BaseTransport, method: str, target: str, body: str) -> httpx2.Response:
    request = httpx2.Request(method, running.url, content=body.encode(), extensions={"target": target.encode()})
    response = transport.handle_request(request)
    response.read()
    return response


@pytest.fixture(params=["connection", "in process"])
def ask(request: pytest.FixtureRequest) -> Iterator[Callable[..., httpx2.Response]]:
    """Make a request with an unchanged target."""
    connection = httpx2.HTTPTransport()

    def send(running: Emulator, method: str, target: str, body: str = "") -> httpx2.Response:
        is_local = request.param == "in process"
        return _ask(running, _in_process(running) if is_local else connection, method, target, body)

    with connection:
        yield send


def _last(running: Emulator) -> JournalEntry:
    with ControlClient(running.url) as control:
        entries = [*control.journal(), *control.account("200001").journal()]
    return max(entries, key=lambda entry: entry.position)


PATHS = {
    PATH: "documented I1",
    "/sms3_api/xmlapi//info.jsp": "documented I1, observed W5",
    "//sms3_api/xmlapi/info.jsp": "documented I1, assumed Q57",
    "///sms3_api//xmlapi//info.jsp": "documented I1, assumed Q57",
    "/sms3_api/./xmlapi/./info.jsp": "documented I1, assumed Q57",
    "/sms3_api/xmlapi/info.jsp;jsessionid=0123456789ABCDEF": "documented I1, assumed Q57",
    "/sms3_api;jsessionid=1/xmlapi//info.jsp": "documented I1, assumed Q57",
}


@pytest.mark.parametrize(("path", "basis"), PATHS.items())
def test_the_basis_names_what_a_path_needs_to_reach_an_endpoint(
    served: Emulator, ask: Ask, path: str, basis: str
) -> None:
    answer = ask(served, "POST", path, INFO)
    assert (answer.status_code, answer.headers["x-ccell-basis"]) == (200, basis)
    assert _last(served).basis == basis
    assert ask(served, "PUT", path).status_code == 405
    assert _last(served).code == "405"


@pytest.mark.parametrize(("path", "basis"), PATHS.items())
def test_only_the_observed_form_of_a_path_reaches_an_endpoint_if_so_answered(ask: Ask, path: str, basis: str) -> None:
    is_reached = "Q57" not in basis
    with emulator(assumptions={"Q57": "not_found"}) as running:
        assert ask(running, "POST", path, INFO).status_code == (200 if is_reached else 404)
        entry = _last(running)
        assert (entry.rule, entry.basis) == (("info", basis) if is_reached else ("path", "assumed Q57"))
        assert ask(running, "PUT", path).status_code == (405 if is_reached else 404)


@pytest.mark.parametrize(
    "path",
    ["/sms3_api/xmlapi/info.jsp/", "/sms3_api/xmlapi/info.jsp/.", "/sms3_api/info.jsp", "/x//sms3_api/xmlapi/info.jsp"],
)
def test_another_path_reaches_no_endpoint(served: Emulator, ask: Ask, path: str) -> None:
    assert ask(served, "POST", path, INFO).status_code == 404
    assert (_last(served).rule, _last(served).basis) == ("path", "")


@given(
    st.lists(st.sampled_from(["/", "/.", ";a=1", "/sms3_api", "/xmlapi", "/info.jsp", "x"]), max_size=9).map("".join)
)
def test_only_an_endpoints_path_with_additions_reaches_it(path: str) -> None:
    route = routes.find(path, {"Q57": "reach"})
    segments = [one.partition(";")[0] for one in path.split("/")]
    kept = [one for one in segments[:-1] if one not in {"", "."}] + segments[-1:]
    assert (route is not None) == (kept == ["sms3_api", "xmlapi", "info.jsp"] and path.startswith("/"))
    strict = routes.find(path, {"Q57": "not_found"})
    assert strict == (route if route and "Q57" not in route.grounds else None)


def test_a_query_of_8192_bytes_is_read_and_a_longer_one_gets_400(served: Emulator, ask: Ask) -> None:
    query = quote(INFO, safe="<>/=")
    for method in ("GET", "POST"):
        assert ask(served, method, f"{PATH}?{query}{'+' * (8192 - len(query))}").status_code == 200
        refused = ask(served, method, f"{PATH}?{query}{'+' * (8193 - len(query))}")
        assert refused.status_code == 400
        assert refused.headers["x-ccell-rule"] == "query-length"
        assert refused.headers["x-ccell-basis"] == "assumed Q58"
        assert "the query has 8193 bytes; the gateway's HTTP server takes 8192" in refused.text


def test_the_journal_explains_why_a_query_is_too_long(served: Emulator, ask: Ask) -> None:
    ask(served, "GET", f"{PATH}?{quote(INFO)}{'%20' * 3000}")
    entry = _last(served)
    assert (entry.operation, entry.code, entry.rule, entry.basis) == (None, "400", "query-length", "assumed Q58")
    assert entry.explanation.startswith("400: the query has 9")
    assert entry.explanation.endswith("send it as the body of a POST")
    assert "123456" not in entry.request


def test_a_connection_closes_after_a_long_query(served: Emulator) -> None:
    with http.connect(served.url) as connection:
        connection.sendall(b"GET %s?%s HTTP/1.1\r\nHost: x\r\n\r\n" % (PATH.encode(), b"x" * 9000))
        answer = http.receive(connection)
        assert (answer.status, answer.headers["connection"]) == (400, "close")
        assert connection.recv(1) == b""


def test_a_query_is_measured_as_it_was_sent(served: Emulator) -> None:
    comment = INFO.replace("/>", "><!--{}--></root>")
    query = comment.format("一" * ((8192 - len(comment) + 2) // 3)).encode()
    assert 8190 <= len(query) <= 8192
    assert http.get(served.url, PATH.encode() + b"?" + query).status == 200
    assert http.get(served.url, PATH.encode() + b"?" + quote(query).encode()).status == 400


@pytest.mark.parametrize("size", [0, 8192, 8193, 100_000])
def test_an_answer_above_8192_bytes_has_no_length(served: Emulator, ask: Ask, size: int) -> None:
    with ControlClient(served.url) as control:
        control.account("200001").add_fault(HttpFault(status=200, body="x" * size))
    answer = ask(served, "POST", PATH, INFO)
    assert answer.content == b"x" * size
    assert ("content-length" in answer.headers) == (size <= 8192)


def test_chunks_have_at_most_8192_bytes(served: Emulator) -> None:
    head, _, framed = _exchange(served, b"1.1").partition(b"\r\n\r\n")
    assert b"Transfer-Encoding: chunked" in head
    assert b"Content-Length" not in head
    sizes: list[int] = []
    while framed:
        size, _, rest = framed.partition(b"\r\n")
        sizes.append(int(size, 16))
        framed = rest[sizes[-1] + 2 :]
    assert sizes[:-2] == [UNCHUNKED_BYTES] * (len(sizes) - 2)
    assert sizes[-1] == 0


def test_an_http_1_0_client_gets_no_chunks(served: Emulator) -> None:
    head, _, body = _exchange(served, b"1.0").partition(b"\r\n\r\n")
    assert b"Transfer-Encoding" not in head
    assert len(replies.parse(Operation.SEND, body).items) == 200


def _exchange(running: Emulator, version: bytes) -> bytes:
    """Send a long message, and return everything until the connection closes."""
    head = b"POST %s HTTP/%s\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
    with http.connect(running.url) as connection:
        connection.sendall(head % (Operation.SEND.path.encode(), version, len(LONG)) + LONG)
        connection.shutdown(socket.SHUT_WR)
        with connection.makefile("rb") as stream:
            return stream.read()


@pytest.mark.parametrize("answer", ["chunked", "length"])
def test_a_long_answer_can_be_cut_off_or_sent_in_pieces(answer: str) -> None:
    with (
        emulator(assumptions={"Q59": answer}) as running,
        ControlClient(running.url) as control,
        httpx2.Client(base_url=running.url) as client,
    ):
        account = control.account("200001")
        for fault in (
            TruncateFault(),
            TruncateFault(sent=9000),
            CloseFault(processed=True),
            ResetFault(processed=True),
        ):
            account.add_fault(fault)
            with pytest.raises(httpx2.TransportError):
                client.post(Operation.SEND.path, content=LONG)
        account.add_fault(DribbleFault(seconds=0.0001, piece=999))
        answered = client.post(Operation.SEND.path, content=LONG)
        assert len(replies.parse(Operation.SEND, answered.content).items) == 200


SENT = f'<root userid="200001" password="123456"><submit phone="{PHONE}" content="1+1=2{CONTENT}"/></root>'


@pytest.mark.parametrize(
    ("method", "query", "body", "grounds"),
    [
        ("POST", "", SENT.replace("1+1", "2"), ""),
        ("POST", "", SENT, ", assumed Q54"),
        ("POST", "", quote_plus(SENT), ", observed W3"),
        ("POST", "", MARK + SENT.replace("1+1", "2"), ", assumed Q56"),
        ("POST", "", MARK + SENT, ", assumed Q56, assumed Q54"),
        ("POST", "", '<?xml version="1.0" encoding="utf-16"?>' + SENT.replace("1+1", "2"), ", assumed Q36"),
        ("GET", quote(SENT), "", ""),
        ("GET", quote_plus(SENT), "", ", assumed Q25"),
        ("POST", "", SENT.replace("1+1", "2").replace("123456", "e10adc3949ba59abbe56e057f20f883e"), ", observed W9"),
    ],
)
def test_the_basis_of_an_accepted_request_names_what_its_transport_rested_on(
    served: Emulator, ask: Ask, method: str, query: str, body: str, grounds: str
) -> None:
    answer = ask(served, method, f"{Operation.SEND.path}?{query}".removesuffix("?"), body)
    assert replies.parse(Operation.SEND, answer.content).code == "0"
    assert answer.headers["x-ccell-basis"] == f"documented S5{grounds}"
    assert _last(served).basis == f"documented S5{grounds}"
