"""Clients in production: a log, the environment, timeouts of calls, parallel sends, and errors of misuse."""

import asyncio
import logging
import threading
from typing import Any

import anyio
import httpx2
import pytest
from harness import clients, scripted
from harness.emulators import CONTENT, PHONE, emulator
from hypothesis import given
from hypothesis import strategies as st

from ccell_fake.client import (
    AsyncClient,
    Client,
    ClientError,
    ClientUnusable,
    NotSent,
    OutcomeUnknown,
    RequestRefused,
    Retry,
    Sent,
)
from ccell_fake.client.parallel import ParallelSend
from ccell_fake.client.steps import Failure
from ccell_fake.client.submits import collect_submits, numbers
from ccell_fake.model import Operation, Reply, Resp
from ccell_fake.wire import replies, requests

OVER = '<root return="1001006" info="并发数超限"/>'
EMPTY = '<root return="0" info="成功"/>'
PHONES = [f"138{number:08}" for number in range(2300)]

both_kinds = pytest.mark.parametrize("kind", clients.KINDS)


@both_kinds
def test_retries_are_logged(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "ccell_fake.client")
    retry = Retry(attempts=2, first_pause=0)
    with (
        scripted.server(*map(scripted.answer, (OVER, OVER))) as script,
        clients.client(kind, script.url, retry=retry, method="GET") as client,
        pytest.raises(RequestRefused),
    ):
        client.info()
    own = [record for record in caplog.records if record.name == "ccell_fake.client"]
    assert [(record.levelname, record.getMessage()) for record in own] == [
        ("INFO", "info: refused with 1001006, too many requests at the same time"),
        ("INFO", "info: attempt 2 of 2 in 0.00 s"),
        ("INFO", "info: refused with 1001006, too many requests at the same time"),
    ]


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_the_environment_names_the_account(kind: type[Client] | type[AsyncClient], monkeypatch: Any) -> None:
    names = ("CCELL_FAKE_URL", "CCELL_FAKE_USERID", "CCELL_FAKE_PASSWORD")
    for name, value in zip(names, ("http://h:1", "200001", "hunter2"), strict=True):
        monkeypatch.setenv(name, value)
    assert repr(kind.from_environment(threads=1)) == f"{kind.__name__}('http://h:1', '200001')"
    for name in names:
        with monkeypatch.context() as changed:
            changed.setenv(name, "")
            with pytest.raises(ValueError, match=f"set the environment variable {name}") as caught:
                kind.from_environment()
        assert "hunter2" not in str(caught.value)


@both_kinds
def test_a_call_may_have_its_own_timeout(kind: str) -> None:
    with scripted.server(*[scripted.silence] * 5) as script, clients.client(kind, script.url) as client:
        with pytest.raises(OutcomeUnknown, match="ReadTimeout"):
            client.send(PHONE, CONTENT, timeout=0.1)
        with pytest.raises(OutcomeUnknown, match="ReadTimeout"):
            client.info(timeout=0.1)
        for fetch in (client.reports, client.upmsgs):
            with pytest.raises(OutcomeUnknown, match="ReadTimeout"):
                fetch(timeout=0.1)
        with pytest.raises(OutcomeUnknown, match="ReadTimeout"):
            list(client.follow_reports(timeout=0.1))


@both_kinds
@pytest.mark.parametrize("timeout", [0, -1, float("nan")])
def test_a_timeout_that_is_not_positive_is_refused_before_anything_is_sent(kind: str, timeout: float) -> None:
    with scripted.server() as script, clients.client(kind, script.url) as client:
        for call in (
            lambda: client.send(PHONE, CONTENT, timeout=timeout),
            lambda: client.send(PHONE, CONTENT, parallel=True, timeout=timeout),
            lambda: client.reports(timeout=timeout),
            lambda: client.upmsgs(timeout=timeout),
            lambda: list(client.follow_reports(timeout=timeout)),
            lambda: list(client.follow_upmsgs(timeout=timeout)),
            lambda: client.info(timeout=timeout),
        ):
            with pytest.raises(ValueError, match="timeout must be positive, or None for the client's, got"):
                call()
    assert script.requests == []


def test_the_event_that_stops_must_suit_the_client() -> None:
    with pytest.raises(TypeError, match="stop must be an event of threads"), Client("http://h", "1", "2") as client:
        client.follow_reports(stop=asyncio.Event())  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError, match="stop must be an event of the event loop"):
        AsyncClient("http://h", "1", "2").follow_upmsgs(stop=threading.Event())  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


@both_kinds
@pytest.mark.parametrize("parallel", [False, True])
def test_a_closed_client_sends_nothing_and_says_so(kind: str, *, parallel: bool) -> None:
    with scripted.server() as script, clients.client(kind, script.url) as client:
        client.close() if kind == "sync" else getattr(client, "aclose")()  # noqa: B009 - only an asynchronous one has it
        with pytest.raises(ClientUnusable, match="nothing was sent: the client is closed") as caught:
            client.send(PHONE, CONTENT, parallel=parallel)
        assert [one.phone for one in caught.value.unsent] == [PHONE]
        assert isinstance(caught.value, NotSent)
        for fetch in (client.reports, client.upmsgs, client.info, lambda: list(client.follow_reports())):
            with pytest.raises(ClientUnusable, match="the client is closed"):
                fetch()
    assert script.requests == []


def test_a_second_event_loop_is_an_error_of_the_client() -> None:
    with scripted.server(scripted.unannounced(EMPTY.encode())) as script:
        client = AsyncClient(script.url, "1", "2")
        assert asyncio.run(client.reports()) == ()
        with pytest.raises(ClientUnusable, match="belongs to another event loop; make one in each"):
            asyncio.run(client.reports())
        assert len(script.requests) == 1


@both_kinds
def test_a_parallel_send_uses_all_threads_and_keeps_the_order(kind: str) -> None:
    together = threading.Barrier(3)
    waiting = iter(range(3))

    def answer(request: httpx2.Request) -> httpx2.Response:
        if next(waiting, None) is not None:
            together.wait(60)
        resps = [Resp("9", phone, "0", "", one.linkid) for one in _submits(request) for phone in numbers(one)]
        return httpx2.Response(200, content=replies.render(Reply("0", "", tuple(resps))))

    class Transport(httpx2.BaseTransport, httpx2.AsyncBaseTransport):
        def handle_request(self, request: httpx2.Request) -> httpx2.Response:
            return answer(request)

        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            return await anyio.to_thread.run_sync(answer, request)

    parts: list[Sent] = []
    with clients.client(kind, "http://h", transport=Transport(), threads=3) as client:
        sent = client.send(PHONES, CONTENT, parallel=True, progress=parts.append)
    assert [resp.phone for resp in sent.resps] == PHONES
    assert sorted(len(part.resps) for part in parts) == [300, 500, 500, 500, 500]


def _submits(request: httpx2.Request) -> Any:
    return requests.parse(Operation.SEND, request.content).submits


@both_kinds
def test_a_parallel_send_to_the_emulator_sends_each_message_once(kind: str) -> None:
    with emulator() as served, clients.client(kind, served.url, retry=Retry(attempts=1)) as client:
        sent = client.send(PHONES, CONTENT, parallel=True)
        assert [resp.phone for resp in sent.accepted] == PHONES
        assert sorted(one.msgid for one in client.reports()) == sorted(resp.msgid for resp in sent.resps)


@both_kinds
@pytest.mark.parametrize("parallel", [False, True])
def test_an_error_of_progress_ends_a_send_and_notes_its_progress(kind: str, *, parallel: bool) -> None:
    def fail(_part: Sent) -> None:
        raise ZeroDivisionError

    with (
        emulator() as served,
        clients.client(kind, served.url, threads=1) as client,
        pytest.raises(ZeroDivisionError) as caught,
    ):
        client.send(PHONES, CONTENT, parallel=parallel, progress=fail)
    assert caught.value.__notes__ == ["send: interrupted; numbers answered before: 500; submits not sent: 4"]


def test_a_cancelled_parallel_send_notes_its_progress() -> None:
    async def main(url: str, arrived: threading.Semaphore) -> None:
        async with AsyncClient(url, "1", "2", threads=1) as client:
            task = asyncio.ensure_future(client.send(PHONES, CONTENT, linkid="7", parallel=True))
            assert await asyncio.to_thread(arrived.acquire, timeout=60)
            task.cancel()
            with pytest.raises(asyncio.CancelledError) as caught:
                await task
        assert "outcome unknown for linkid 7; submits not sent: 4" in caught.value.__notes__[-1]

    with scripted.server(scripted.silence) as script:
        asyncio.run(main(script.url, script.arrived))


@given(st.lists(st.sampled_from(["done", "lost", "unreached", "open", "left"]), min_size=1, max_size=4))
def test_whatever_fails_in_a_parallel_send_every_number_has_one_state(fates: list[str]) -> None:
    submits = collect_submits(PHONES[: 500 * len(fates)], "x", linkid="7")
    sending = ParallelSend(clients.gateway(), submits)
    plans = sending.plans()
    begun = [(*next(plans), fate) for fate in fates if fate != "left"]
    for place, plan, fate in begun:
        runner = clients.PlanRunner()
        if fate == "done":
            resps = tuple(Resp("9", phone, "0", "") for phone in PHONES[500 * place : 500 * (place + 1)])
            sending.add(place, Sent(resps))
        elif fate in {"lost", "unreached"}:
            with pytest.raises(ClientError) as caught:
                runner.run(plan, [Failure("x", is_sent=fate == "lost")])
            sending.fail(place, caught.value)
    interrupt = KeyboardInterrupt()
    sending.note(interrupt)
    error: ClientError | None = None
    try:
        result: Sent | ClientError = sending.result()
    except ClientError as one:
        result = error = one
    if error is None:
        return
    listed = [
        *(resp.phone for resp in result.resps),
        *(phone for one in (*error.unknown, *error.unsent) for phone in numbers(one)),
    ]
    assert sorted(listed) == PHONES[: 500 * len(fates)]
    first = next(fate for _, _, fate in begun if fate in {"lost", "unreached"})
    assert type(error) is (OutcomeUnknown if first == "lost" else NotSent)
    assert next(sending.plans(), None) is None
