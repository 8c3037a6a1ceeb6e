"""The in-process transports give the same answers, faults and timeouts as a connection."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest

from ccell_fake.client import Client, ClientError, OutcomeUnknown, Retry
from ccell_fake.testing import Ccell
from ccell_mock_server.fake import FakeCcell

CONTENT = "您好【签名】"
PHONE = "13800000000"
FAULTS: list[dict[str, Any]] = [
    {"code": "1001999"},
    {"code": "1004008"},
    {"code": "1001006"},
    {"http": 502},
    {"http": 500, "body": "<root/>", "processed": True},
    {"close": True},
    {"close": True, "processed": True},
    {"reset": True},
    {"reset": True, "processed": True},
    {"truncate": True},
    {"truncate": 0},
    {"broken_xml": True},
    {"gbk": True},
    {"gbk": True, "declared": False},
    {"dribble": 0.0001, "piece": 50},
    {"delay": 0.01},
    {"delay": 600},
]


@pytest.fixture(scope="module")
def gateway() -> Iterator[Ccell]:
    with FakeCcell() as ccell:
        yield ccell


@pytest.fixture
def fake(gateway: Ccell) -> Iterator[Ccell]:
    """An account of its own."""
    ccell = gateway.server.open()
    yield ccell
    ccell.close()


def _outcome(call: Callable[[], Any]) -> object:
    try:
        return [(resp.phone, resp.code, resp.info) for resp in call().resps]
    except ClientError as error:
        return type(error), getattr(error, "code", None), getattr(error, "status", None)


def _transport(fake: Ccell) -> httpx2.BaseTransport:
    transport = fake.server.transports()[0].transport()
    assert transport is not None
    return transport


def _send_async(fake: Ccell, **options: Any) -> object:
    async def send() -> Any:
        async with fake.connect_async(**options) as client:
            return await client.send(PHONE, CONTENT)

    return _outcome(lambda: asyncio.run(send()))


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_has_the_same_outcome_with_every_transport(gateway: Ccell, fault: dict[str, Any]) -> None:
    is_endless = fault == {"delay": 600}
    outcomes: list[object] = []
    accepted: list[int] = []
    for transport in ("connection", "in process", "asynchronous connection", "asynchronous in process"):
        fake = gateway.server.open()
        fake.faults.next("send", **fault)
        options: dict[str, Any] = {
            "in_process": "in process" in transport,
            "timeout": 0.05 if is_endless else 60.0,
            "retry": Retry(attempts=1),
        }
        if transport.startswith("asynchronous"):
            outcomes.append(_send_async(fake, **options))
        else:
            with fake.connect(**options) as client:
                outcomes.append(_outcome(lambda client=client: client.send(PHONE, CONTENT)))  # type: ignore[misc]
        if not is_endless:
            accepted.append(len(fake.outbox))
        fake.close()
    assert outcomes == outcomes[:1] * 4
    assert accepted == accepted[:1] * len(accepted)


def test_a_send_is_completed_after_the_timeout_of_its_client(fake: Ccell) -> None:
    """The send completes before the client's timeout is raised, so that nothing continues in the background."""
    fake.settings(processing_time=600)
    with pytest.raises(OutcomeUnknown, match="ReadTimeout"):
        fake.connect(timeout=0.01).send(PHONE, CONTENT)
    assert fake.outbox.one().phone == PHONE
    assert fake.account.status().in_progress == 0


def test_slow_pieces_of_an_answer_run_into_the_timeout(fake: Ccell) -> None:
    fake.faults.next("send", dribble=600)
    with pytest.raises(OutcomeUnknown, match="ReadTimeout"):
        fake.connect(timeout=0.01).send(PHONE, CONTENT)
    assert fake.account.status().in_progress == 0


def test_a_client_without_a_timeout_waits(fake: Ccell) -> None:
    fake.settings(processing_time=0.01)
    assert fake.connect(timeout=None).send(PHONE, CONTENT).accepted


def test_a_get_is_read_like_a_post(fake: Ccell) -> None:
    assert fake.connect(method="GET").send(PHONE, "a+b%20c 【签名】").accepted
    assert fake.outbox[0].content == "a+b%20c 【签名】"
    assert [entry.place for entry in fake.journal()] == ["query"]


def test_a_refusal_has_its_evidence(fake: Ccell) -> None:
    with pytest.raises(ClientError) as caught:
        Client("http://x", fake.userid, "wrong", transport=_transport(fake)).info()
    assert "by password (documented C1)" in str(caught.value)


@pytest.mark.parametrize(("method", "path", "status"), [("POST", "/x", 404), ("PUT", "/sms3_api/xmlapi/info.jsp", 405)])
def test_the_transport_serves_only_the_gateway(fake: Ccell, method: str, path: str, status: int) -> None:
    assert _transport(fake).handle_request(httpx2.Request(method, f"http://x{path}")).status_code == status


def test_requests_in_progress_do_not_block_the_event_loop(fake: Ccell) -> None:
    """The last request is only answered if all three are in progress at once."""
    fake.faults.next("info", delay=600, times=2)

    async def main() -> None:
        async with fake.connect_async() as client, asyncio.TaskGroup() as tasks:
            waiting = [tasks.create_task(client.info()) for _ in range(2)]
            while fake.account.status().in_progress < 2:  # noqa: ASYNC110 - the gateway has no event of ours
                await asyncio.sleep(0)
            assert (await client.info()).is_normal
            for one in waiting:
                one.cancel()
            fake.account.reset()

    asyncio.run(main())


def test_the_journal_has_requests_without_a_connection(fake: Ccell) -> None:
    fake.client.send(PHONE, CONTENT)
    (entry,) = fake.journal()
    assert (entry.peer, entry.place, entry.code) == ("127.0.0.1", "body", "0")
    assert fake.password not in entry.request
