"""The thread limit holds for all users of a client, and every request frees its slot."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import anyio
import httpx2
import pytest
from harness import scripted
from harness.emulators import CONTENT, PHONE, Meter, emulator

from ccell_fake.client import AsyncClient, Client, ClientError, OutcomeUnknown, Retry
from ccell_mock_server.emulator import Emulator

EMPTY = '<root return="0" info="成功"></root>'

# Transports that would let more through, so that nothing but the client keeps to the limit.
WIDE = httpx2.Limits(max_connections=100)

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def meter() -> Meter:
    return Meter()


@pytest.fixture
def served(meter: Meter) -> Iterator[Emulator]:
    account = {"userid": "200001", "password": "123456", "processing_time": 0.01, "max_concurrency": 1000}
    with emulator(pause=meter, accounts=[account]) as running:
        yield running


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_never_have_more_in_progress_than_the_account_may(served: Emulator, meter: Meter, threads: int) -> None:
    transport = httpx2.HTTPTransport(limits=WIDE)
    with Client(served.url, "200001", "123456", threads=threads, transport=transport) as client:
        together = threading.Barrier(20)

        def send(_: int) -> None:
            together.wait(60)
            for _ in range(3):
                client.send(PHONE, CONTENT).raise_for_refused()
                assert client.info().is_normal

        with ThreadPoolExecutor(20) as pool:
            list(pool.map(send, range(20)))
    assert meter.most <= threads


@pytest.mark.parametrize("threads", [1, 3])
async def test_tasks_never_have_more_in_progress_than_the_account_may(
    served: Emulator, meter: Meter, threads: int
) -> None:
    transport = httpx2.AsyncHTTPTransport(limits=WIDE)
    async with (
        AsyncClient(served.url, "200001", "123456", threads=threads, transport=transport) as client,
        anyio.create_task_group() as group,
    ):

        async def send() -> None:
            for _ in range(3):
                (await client.send(PHONE, CONTENT)).raise_for_refused()
                assert (await client.info()).is_normal

        for _ in range(20):
            group.start_soon(send)
    assert meter.most <= threads


def test_all_the_threads_of_an_account_are_used() -> None:
    together = threading.Barrier(3)

    def handle(_request: httpx2.Request) -> httpx2.Response:
        together.wait(60)
        return httpx2.Response(200, text=EMPTY)

    with (
        Client("http://h", "1", "2", threads=3, transport=httpx2.MockTransport(handle)) as client,
        ThreadPoolExecutor(3) as pool,
    ):
        calls = [pool.submit(client.reports) for _ in range(3)]
        assert [one.result() for one in calls] == [()] * 3


def test_50_threads_with_one_client_are_never_refused() -> None:
    account = {"userid": "200001", "password": "123456", "processing_time": 0.005}
    with (
        emulator(accounts=[account]) as served,
        Client(served.url, "200001", "123456", retry=Retry(attempts=1)) as client,
        ThreadPoolExecutor(50) as pool,
    ):
        calls = [pool.submit(client.info) for _ in range(100)]
        assert all(one.result().is_normal for one in calls)


def test_threads_that_fetch_together_get_each_report_once() -> None:
    account = {"userid": "200001", "password": "123456", "max_concurrency": 100}
    with emulator(accounts=[account]) as served, Client(served.url, "200001", "123456", threads=8) as client:
        sent = client.send([f"138{number:08}" for number in range(2500)], CONTENT)
        with ThreadPoolExecutor(8) as pool:
            drained = [pool.submit(client.reports) for _ in range(8)]
            msgids = [report.msgid for one in drained for report in one.result()]
    assert sorted(msgids) == sorted(resp.msgid for resp in sent.resps)


@pytest.mark.parametrize(
    "failure", [scripted.hang_up, scripted.answer("<html/>", "502 x", "text/html"), scripted.reset]
)
def test_a_failed_request_frees_its_slot(failure: scripted.Act) -> None:
    with (
        scripted.server(failure, scripted.answer(EMPTY)) as script,
        Client(script.url, "1", "2", threads=1, timeout=30) as client,
    ):
        with pytest.raises(ClientError):
            client.reports()
        assert client.reports() == ()


def test_a_foreign_error_frees_its_slot() -> None:
    def handle(_request: httpx2.Request) -> httpx2.Response:
        raise ZeroDivisionError

    with Client("http://h", "1", "2", threads=1, transport=httpx2.MockTransport(handle)) as client:
        for _ in range(2):
            with pytest.raises(ZeroDivisionError) as caught:
                client.send(PHONE, CONTENT, linkid="7")
            assert "outcome unknown for linkid 7" in caught.value.__notes__[0]


def test_a_pause_holds_no_slot() -> None:
    over = '<root return="1001006" info="并发数超限"></root>'

    def sleep(_seconds: float) -> None:
        assert client.reports() == ()

    with (
        scripted.server(*map(scripted.answer, (over, EMPTY, EMPTY))) as script,
        Client(script.url, "1", "2", threads=1, sleep=sleep) as client,
    ):
        assert client.upmsgs() == ()
    assert [b"report.jsp" in request for request in script.requests] == [False, True, False]


async def test_a_cancelled_task_frees_its_slot_and_notes_the_unknown_linkids() -> None:
    with scripted.server(scripted.silence, scripted.answer(EMPTY)) as script:
        async with AsyncClient(script.url, "1", "2", threads=1) as client:
            notes: list[str] = []

            async def send() -> None:
                try:
                    await client.send(PHONE, CONTENT, linkid="7")
                except asyncio.CancelledError as cancelled:
                    notes.extend(cancelled.__notes__)
                    raise

            task = asyncio.ensure_future(send())
            assert await asyncio.to_thread(script.arrived.acquire, timeout=60)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await client.reports() == ()
    assert "outcome unknown for linkid 7" in notes[0]


async def test_a_task_cancelled_while_waiting_for_a_slot_sends_nothing() -> None:
    with scripted.server(scripted.silence, scripted.answer(EMPTY)) as script:
        async with AsyncClient(script.url, "1", "2", threads=1) as client:
            first = asyncio.ensure_future(client.send(PHONE, CONTENT))
            assert await asyncio.to_thread(script.arrived.acquire, timeout=60)
            second = asyncio.ensure_future(client.send(PHONE, CONTENT))
            await asyncio.sleep(0)
            for task in (second, first):
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            assert await client.reports() == ()
    assert len(script.requests) == 2


async def test_a_cancelled_fetch_keeps_its_items() -> None:
    page = (
        '<root return="0" info="成功"><report msgid="9" linkid="" phone="1" '
        'recvtime="2015-10-10 10:54:15.0" status="0" info="成功"/></root>'
    )
    with scripted.server(scripted.answer(page), scripted.silence, scripted.answer(EMPTY)) as script:
        async with AsyncClient(script.url, "1", "2") as client:
            task = asyncio.ensure_future(client.reports())
            for _ in range(2):
                assert await asyncio.to_thread(script.arrived.acquire, timeout=60)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert [report.msgid for report in await client.reports()] == ["9"]


def test_an_asynchronous_client_can_be_made_before_there_is_a_loop() -> None:
    with scripted.server(scripted.answer(EMPTY)) as script:
        client = AsyncClient(script.url, "1", "2")

        async def main() -> None:
            async with client:
                assert await client.upmsgs() == ()

        anyio.run(main)


async def test_a_timeout_is_an_outcome_and_a_cancellation_is_not_swallowed() -> None:
    with scripted.server(scripted.silence, scripted.silence) as script:
        async with AsyncClient(script.url, "1", "2", timeout=0.1) as client:
            with pytest.raises(OutcomeUnknown):
                await client.send(PHONE, CONTENT)
        async with AsyncClient(script.url, "1", "2") as client:
            with anyio.move_on_after(0.1) as scope:
                await client.send(PHONE, CONTENT)
            assert scope.cancelled_caught
