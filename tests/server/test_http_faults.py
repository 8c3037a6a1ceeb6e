"""A fault of kind `http` answers any status, body, content type and headers, over a connection and in process."""

from collections.abc import Iterator

import httpx2
import pytest
from harness.accounts import CONTENT, PHONE
from hypothesis import example, given
from hypothesis import strategies as st

from ccell_fake.faults import HttpFault, invalid_field
from ccell_fake.testing import Ccell
from ccell_mock_server.fake import FakeCcell

CONTENT_TYPES = [
    "text/html;charset=UTF-8",
    "",
    "application/json",
    "text/html; charset=GBK",
    "text/xml;charset=latin-1",
]
NAMES = st.from_regex(r"\AX-[A-Za-z0-9!#$%&'*+.^_`|~-]+\Z") | st.sampled_from(["Retry-After", "Location", "Set-Cookie"])
VALUES = st.from_regex(r"\A([!-~]([ -~]*[!-~])?)?\Z")
FAULTS = st.builds(
    HttpFault,
    status=st.integers(200, 599),
    body=st.none() | st.text(),
    content_type=st.sampled_from(CONTENT_TYPES),
    headers=st.dictionaries(NAMES, VALUES, max_size=3),
).filter(lambda fault: invalid_field(fault) is None)


@pytest.fixture(scope="module")
def fake() -> Iterator[Ccell]:
    with FakeCcell() as ccell:
        yield ccell


def _answers(fake: Ccell, fault: HttpFault) -> Iterator[httpx2.Response]:
    payload = f'<root userid="{fake.userid}" password="{fake.password}"></root>'
    for in_process in (False, True):
        transports, url = fake.server.transports(in_process=in_process)
        fake.faults.add(fault)
        with httpx2.Client(transport=transports.transport()) as client:
            yield client.post(f"{url}/sms3_api/xmlapi/info.jsp", content=payload.encode())
        fake.faults.clear()


@given(FAULTS)
@example(HttpFault(status=429, headers={"Retry-After": "120"}))
@example(HttpFault(status=200, body="<html>请登录</html>", content_type="text/html;charset=GBK"))
@example(HttpFault(status=200, body=""))
@example(HttpFault(status=204))
@example(HttpFault(status=304))
@example(HttpFault(status=599))
def test_an_answer_has_the_status_body_and_headers_of_its_fault(fake: Ccell, fault: HttpFault) -> None:
    for answer in _answers(fake, fault):
        assert answer.status_code == fault.status
        assert answer.headers.get("content-type", "") == (fault.content_type if fault.has_body else "")
        assert {name: answer.headers[name] for name in fault.headers} == fault.headers
        if fault.body is not None:
            assert answer.content == fault.body.encode(fault.charset)
        elif fault.has_body:
            assert f"<h1>{fault.status} " in answer.content.decode(fault.charset)
        else:
            assert answer.content == b""


@pytest.mark.parametrize("status", [200, 204, 205, 304, 404, 502, 599])
def test_a_connection_stays_usable_after_any_status(fake: Ccell, status: int) -> None:
    fake.faults.next(http=status, processed=True)
    payload = f'<root userid="{fake.userid}" password="{fake.password}"></root>'
    with httpx2.Client() as client:
        seen = [client.post(f"{fake.url}/sms3_api/xmlapi/info.jsp", content=payload).status_code for _ in range(2)]
    assert seen == [status, 200]


@pytest.mark.parametrize("processed", [False, True])
def test_a_success_page_may_hide_whether_a_send_was_processed(fake: Ccell, *, processed: bool) -> None:
    account = fake.server.open()
    account.faults.next("send", http=200, body="<html>200 OK</html>", processed=processed)
    payload = (
        f'<root userid="{account.userid}" password="{account.password}">'
        f'<submit phone="{PHONE}" content="{CONTENT}"/></root>'
    )
    answer = httpx2.post(f"{fake.url}/sms3_api/xmlapi/send.jsp", content=payload.encode())
    assert (answer.status_code, answer.text) == (200, "<html>200 OK</html>")
    assert len(account.outbox) == processed
