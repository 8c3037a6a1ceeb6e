"""The thread limit holds for all users of a client, and every request frees its slot."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any

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


def _page(*msgids: str) -> scripted.Act:
    reports = "".join(
        f'<report msgid="{one}" linkid="" phone="1" recvtime="2015-10-10 10:54:15.0" status="0" info="成功"/>'
        for one in msgids
    )
    return scripted.answer(f'<root return="0" info="成功">{reports}</root>')


def _late(act: scripted.Act, proceed: threading.Event) -> scripted.Act:
    def answer(connection: socket.socket) -> bool:
        assert proceed.wait(60)
        return act(connection)

    return answer


@pytest.mark.parametrize("follow", [False, True])
@pytest.mark.parametrize("is_native", [False, True])
async def test_a_cancelled_fetch_ends_with_its_answer_and_loses_no_item(*, follow: bool, is_native: bool) -> None:
    proceed = threading.Event()
    acts = [_page("7"), _late(_page("8", "9"), proceed), _page("10"), scripted.answer(EMPTY)]
    with scripted.server(*acts) as script:
        async with AsyncClient(script.url, "1", "2", threads=1) as client:
            seen: list[str] = []

            async def fetch() -> None:
                if not follow:
                    await client.reports()
                async for report in client.follow_reports():
                    seen.append(report.msgid)  # noqa: PERF401 - a cancellation must leave those seen

            async def until_cancelled(scope: anyio.CancelScope) -> None:
                with scope:
                    await fetch()

            scope = anyio.CancelScope()
            task = asyncio.ensure_future(until_cancelled(scope))
            for _ in range(2):
                assert await asyncio.to_thread(script.arrived.acquire, timeout=60)
            for _ in range(2):
                (task.cancel if is_native else scope.cancel)()
                await asyncio.sleep(0)
            assert not task.done()
            proceed.set()
            with pytest.raises(asyncio.CancelledError) if is_native else nullcontext():
                await task
            assert seen == (["7"] if follow else [])
            assert [*seen, *(one.msgid for one in await client.reports())] == ["7", "8", "9", "10"]


async def test_a_cancelled_fetch_notes_a_lost_answer() -> None:
    proceed = threading.Event()
    with scripted.server(_late(scripted.hang_up, proceed)) as script:
        async with AsyncClient(script.url, "1", "2") as client:
            task = asyncio.ensure_future(client.reports())
            assert await asyncio.to_thread(script.arrived.acquire, timeout=60)
            task.cancel()
            await asyncio.sleep(0)
            proceed.set()
            with pytest.raises(asyncio.CancelledError) as caught:
                await task
    assert "at most 300 reports are lost" in caught.value.__notes__[0]


@pytest.mark.parametrize("event", [asyncio.Event, anyio.Event])
async def test_a_stop_ends_a_pause_and_yields_everything_fetched(event: Callable[[], Any]) -> None:
    with scripted.server(_page("7", "8"), scripted.answer(EMPTY)) as script:
        async with AsyncClient(script.url, "1", "2") as client:
            stop, seen = event(), list[str]()

            async def follow() -> None:
                async for report in client.follow_reports(3600, stop):
                    seen.append(report.msgid)

            async with anyio.create_task_group() as group:
                group.start_soon(follow)
                for _ in range(2):
                    assert await asyncio.to_thread(script.arrived.acquire, timeout=60)
                stop.set()
            assert seen == ["7", "8"]


async def test_a_stop_during_a_request_yields_the_items_of_its_answer() -> None:
    proceed = threading.Event()
    with scripted.server(_late(_page("7", "8"), proceed)) as script:
        async with AsyncClient(script.url, "1", "2") as client:
            stop = asyncio.Event()

            async def release() -> None:
                assert await asyncio.to_thread(script.arrived.acquire, timeout=60)
                stop.set()
                proceed.set()

            async with anyio.create_task_group() as group:
                group.start_soon(release)
                assert [one.msgid async for one in client.follow_reports(3600, stop)] == ["7", "8"]


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
