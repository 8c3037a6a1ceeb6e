"""Waiting over the control API: until something is there, and as a stream of everything that happens."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Annotated, Any

from flask import Response, request
from pydantic import Field

from ccell_fake.clock import elapsed
from ccell_fake.control.models import Cursor, WaitAnswer, WaitBody
from ccell_fake.engine import watching
from ccell_fake.engine.account import Account
from ccell_fake.engine.watching import Kind, Wish
from ccell_fake.errors import NotPossible
from ccell_fake.inspection import MessageFilter
from ccell_mock_server.backstage import Backstage
from ccell_mock_server.bell import Woken
from ccell_mock_server.connection import client_of, hang_up
from ccell_mock_server.control.answers import said
from ccell_mock_server.control.api import Api
from ccell_mock_server.control.requests import AccountPath, Asked
from ccell_mock_server.control.stream import Stream

EVENT_STREAM = "text/event-stream"

_HEARTBEAT_SECONDS = 15.0
_MICRO = 1_000_000


class EventsQuery(Asked):
    """Which events."""

    userid: Annotated[str | None, Field(description="Only those of this account.")] = None
    after: Annotated[Cursor | None, Field(description="Those behind this cursor; from now on where it is absent.")] = (
        None
    )


def views(backstage: Backstage) -> list[Api]:
    """The operations."""
    api = Api("waiting", "Woken by what happens, never by polling.")

    @api.post("/accounts/<userid>/wait", {200: WaitAnswer})
    def wait(path: AccountPath, body: WaitBody) -> Response:
        """Block until messages, drains or fetches are there that the body describes.

        When the time is over the answer is 200 too, with `is_met` false, what came instead, and what was nearest.
        """
        with backstage.bell.place():
            answer = _wait(backstage, path.userid, body)
        return Response(_to_nobody(request.environ)) if answer is None else said(answer)

    @api.get("/events", {200: {"content": {EVENT_STREAM: {"schema": {"type": "string"}}}}})
    def stream_events(query: EventsQuery) -> Response:
        """Send what happens as server-sent events.

        `message`, `drain` and `fetch` are what requests bring about, and their id is a cursor of the journal, to go on
        from with Last-Event-ID; `sent`, `report`, `upmsg` and `opt_out` are what time brings about.
        """
        after = query.after
        resumed = request.headers.get("Last-Event-ID", "")
        if after is None and resumed.isascii() and resumed.isdecimal():
            after = int(resumed[:18])
        stream = Stream(backstage, query.userid, after)
        return Response(
            _lines(backstage, stream, request.environ), content_type=EVENT_STREAM, headers={"Cache-Control": "no-store"}
        )

    return [api]


def _to_nobody(environ: dict[str, Any]) -> Iterator[bytes]:
    yield from ()
    hang_up(environ)


def _wait(backstage: Backstage, userid: str, body: WaitBody) -> WaitAnswer | None:
    """What is answered, or None where there is nobody left to answer."""
    wanted = MessageFilter(body.phone, body.linkid, body.content, body.msgid, body.code, body.state)
    wish = Wish(Kind(body.kind), wanted, body.after, body.count, body.not_empty)
    universe = backstage.universe(userid)
    deadline = elapsed() + body.timeout
    with universe.opened() as (account, _):
        begun = account
    with backstage.bell.waiter(begun.key, client=client_of(request.environ)) as waiter:
        while True:
            with universe.opened() as (account, ledger):
                _check_same(begun, account)
                sight = watching.look(account, ledger, wish)
                left = deadline - elapsed()
                missed = watching.miss(account, ledger, wish) if not sight.is_met and left <= 0 else None
            if sight.is_met or missed:
                return _answer(sight, missed)
            due = left if sight.next_due is None else min(left, sight.next_due / _MICRO)
            woken = waiter.wait(due)
            if woken is Woken.CLIENT_GONE:
                return None
            if woken is Woken.CLOSED:
                message = "the emulator stops"
                raise NotPossible(message)


def _check_same(begun: Account, account: Account) -> None:
    if begun.slots is not account.slots:
        message = f"account {begun.settings.userid} was reset while it was waited for"
        raise NotPossible(message)


def _answer(sight: watching.Sight, missed: watching.Missed | None) -> WaitAnswer:
    return WaitAnswer.model_validate(
        {
            "is_met": sight.is_met,
            "messages": sight.messages,
            "requests": sight.requests,
            "cursor": sight.cursor,
            "came": missed.came if missed else (),
            "nearest": missed.nearest if missed else (),
        }
    )


def _lines(backstage: Backstage, stream: Stream, environ: dict[str, Any]) -> Iterator[bytes]:
    client = client_of(environ)
    with ExitStack() as stack:
        stack.enter_context(backstage.bell.place())
        waiter = stack.enter_context(backstage.bell.waiter(stream.topic, client=client))
        yield b": listening\n\n"
        while True:
            for event in stream.due(waiter.take_rung()):
                text = json.dumps(event.data, ensure_ascii=False)
                yield f"id: {event.cursor}\nevent: {event.kind}\ndata: {text}\n\n".encode()
            woken = waiter.wait(min(_HEARTBEAT_SECONDS, stream.seconds_until_due()))
            if woken is Woken.TIMED_OUT:
                yield b": still here\n\n"
            elif woken in {Woken.CLIENT_GONE, Woken.CLOSED}:
                hang_up(environ)
