"""Requests carry submits unchanged, as the gateway's parser reads them, by POST and GET."""

from typing import Any

import httpx2
import pytest
from harness import clients
from hypothesis import given
from hypothesis import strategies as st

from ccell_fake.client import Client, NotSent, Submit, submit
from ccell_fake.model import Operation, Reply, Request
from ccell_fake.wire import payload, requests
from ccell_fake.wire.text import legible

TEXTS = st.text(st.characters(), min_size=1, max_size=40).map(legible)
SUBMITS = st.builds(
    submit,
    st.just("13800000000,13600001234"),
    TEXTS,
    sendtime=st.none() | TEXTS,
    linkid=TEXTS,
    spcode=st.none() | TEXTS,
)


def _read(request: httpx2.Request) -> Request:
    """The request as the emulator reads it."""
    found = payload.find(request.method, request.url.query, request.content, request.headers.get("content-type", ""))
    return requests.parse(Operation(request.url.path.rpartition("/")[2].removesuffix(".jsp")), found.data)


@pytest.mark.parametrize("kind", clients.KINDS)
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_submits_arrive_unchanged(kind: str, method: str) -> None:
    seen: list[httpx2.Request] = []

    def handle(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, content=clients.body(Reply("0", "成功")))

    with clients.client(
        kind, "http://gateway", "p&<\"'>+% é密", method=method, transport=httpx2.MockTransport(handle)
    ) as client:

        @given(st.lists(SUBMITS, min_size=1, max_size=3))
        def holds(submits: list[Submit]) -> None:
            seen.clear()
            client.send(submits)
            assert list(map(_read, seen)) == [Request("200001", "p&<\"'>+% é密", tuple(submits))]

        holds()


def test_a_post_is_declared_raw_xml() -> None:
    seen: list[httpx2.Request] = []

    def handle(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, content=clients.body(Reply("0", "成功")))

    with Client("http://gateway/x", "200001", "123456", transport=httpx2.MockTransport(handle)) as client:
        client.reports()
    (request,) = seen
    assert (request.method, str(request.url)) == ("POST", "http://gateway/x/sms3_api/xmlapi/report.jsp")
    assert request.content == b'<root userid="200001" password="123456"></root>'
    assert request.headers["content-type"] == "text/xml; charset=UTF-8"


def test_a_get_is_percent_encoded_completely() -> None:
    seen: list[Any] = []

    def handle(request: httpx2.Request) -> httpx2.Response:
        seen.append(request.url.query)
        msg = "enough"
        raise httpx2.ConnectError(msg)

    with (
        Client("http://h", "1", "2", method="GET", transport=httpx2.MockTransport(handle)) as client,
        pytest.raises(NotSent),
    ):
        client.send("3", "a+b c&d", linkid="5")
    assert seen == [
        (
            b"%3Croot%20userid%3D%221%22%20password%3D%222%22%3E"
            b"%3Csubmit%20phone%3D%223%22%20content%3D%22a%2Bb%20c%26amp%3Bd%22%20linkid%3D%225%22%2F%3E%3C%2Froot%3E"
        )
    ]


@pytest.mark.parametrize("kind", clients.KINDS)
def test_a_get_too_long_for_a_url_is_not_sent(kind: str) -> None:
    contents = {f"138{number:08}": "汉" * 70 for number in range(500)}
    with (
        clients.client(kind, "http://h", method="GET") as client,
        pytest.raises(NotSent, match="URL too long") as caught,
    ):
        client.send(contents)
    assert [one.phone for one in caught.value.unsent] == list(contents)
