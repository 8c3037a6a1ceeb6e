"""Waiting over the control API: until something is there, and as a stream of everything that happens."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

from flask import Response, request
from pydantic import Field

from ccell_fake.clock import elapsed
from ccell_fake.control.models import Position, WaitAnswer, WaitBody
from ccell_fake.engine import wait_match
from ccell_fake.engine.account import Account
from ccell_fake.engine.wait_match import WaitFilter, WaitKind
from ccell_fake.errors import NotPossible
from ccell_fake.inspection import MessageFilter, MessageSeen
from ccell_fake.records import JournalEntry
from ccell_mock_server.control.api import Api
from ccell_mock_server.control.requests import AccountPath, Parameters
from ccell_mock_server.control.responses import said
from ccell_mock_server.control.stream import Stream
from ccell_mock_server.http.connection import client_of, hang_up
from ccell_mock_server.http.waiting import Waiter, Woken
from ccell_mock_server.services import Services

EVENT_STREAM = "text/event-stream"

_HEARTBEAT_SECONDS = 15.0
_MICRO = 1_000_000


class EventsQuery(Parameters):
    """Which events."""

    userid: Annotated[str | None, Field(description="Only those of this account.")] = None
    after_position: Annotated[
        Position | None, Field(description="Only events of requests after this position; from now on if absent.")
    ] = None


def views(services: Services) -> list[Api]:
    """The operations."""
    api = Api("waiting", "Woken by what happens, never by polling.")

    @api.post("/accounts/<userid>/wait", {200: WaitAnswer})
    def wait(path: AccountPath, body: WaitBody) -> Response:
        """Block until there are messages or fetches that the body describes.

        When the time is over the answer is 200 too, with `is_met` false, what came instead, and what was nearest.
        """
        with services.notifier.place():
            answer = _wait(services, path.userid, body)
        return Response(_to_nobody(request.environ)) if answer is None else said(answer)

    @api.get("/events", {200: {"content": {EVENT_STREAM: {"schema": {"type": "string"}}}}})
    def stream_events(query: EventsQuery) -> Response:
        """Send what happens as server-sent events.

        Requests cause `send` with its `message`s, `fetch_report`, `fetch_upmsg` and `info`. The last event of a request
        has an id, its position, to continue from with Last-Event-ID. Time causes `sent`, `report`, `upmsg` and
        `opt_out`; those of the past are not sent. The last event is `ended` if the account was reset or closed, or
        `entries_dropped` if journal entries were dropped before they could be sent.
        """
        after_position = query.after_position
        resumed = request.headers.get("Last-Event-ID", "")
        if after_position is None and resumed.isascii() and resumed.isdecimal():
            after_position = int(resumed[:18])
        with ExitStack() as stack:
            stack.enter_context(services.notifier.place())
            # What happens from here on wakes it, and is told.
            waiter = stack.enter_context(services.notifier.waiter(client=client_of(request.environ)))
            stream = Stream(services, query.userid, after_position)
            services.notifier.listen(waiter, stream.topics)
            lines = Response(_lines(stream, waiter, request.environ), content_type=EVENT_STREAM)
            lines.headers["Cache-Control"] = "no-store"
            lines.call_on_close(stack.pop_all().close)
        return lines

    return [api]


def _to_nobody(environ: dict[str, Any]) -> Iterator[bytes]:
    yield from ()
    hang_up(environ)


def _wait(services: Services, userid: str, body: WaitBody) -> WaitAnswer | None:
    """What is answered, or None where there is nobody left to answer."""
    wanted = MessageFilter(body.phone, body.linkid, body.content, body.msgid, body.code, body.state)
    wish = WaitFilter(WaitKind(body.kind), wanted, body.after_position, body.count, body.not_empty)
    admin = services.admin(userid)
    pending, found = wish, Found()
    deadline = elapsed() + body.timeout
    with admin.opened() as (account, _):
        begun = account
    client = client_of(request.environ)
    with services.notifier.waiter(begun.key, begun.slots, client=client) as waiter:
        while True:
            with admin.opened() as (account, ledger):
                _check_same(begun, account)
                sight = wait_match.look(account, ledger, pending)
                left = deadline - elapsed()
                missed = wait_match.miss(account, ledger, wish) if not sight.is_met and left <= 0 else None
            if sight.is_met or missed:
                return _answer(sight, found, missed)
            if not wait_match.can_change(wish):
                # What has been looked at need not be looked at again.
                found.add(sight)
                pending = replace(
                    wish, after_position=max(sight.position, wish.after_position), count=wish.count - len(found)
                )
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


@dataclass(slots=True)
class Found:
    """What was found on the way to what is waited for."""

    messages: list[MessageSeen] = field(default_factory=list[MessageSeen])
    requests: list[JournalEntry] = field(default_factory=list[JournalEntry])

    def __len__(self) -> int:
        """How much that is."""
        return len(self.messages) + len(self.requests)

    def add(self, sight: wait_match.WaitMatch) -> None:
        """Find more."""
        self.messages.extend(sight.messages)
        self.requests.extend(sight.requests)


def _answer(sight: wait_match.WaitMatch, found: Found, missed: wait_match.WaitTimeout | None) -> WaitAnswer:
    return WaitAnswer.model_validate(
        {
            "is_met": sight.is_met,
            "messages": [*found.messages, *sight.messages],
            "requests": [*found.requests, *sight.requests],
            "position": sight.position,
            "came": missed.came if missed else (),
            "nearest": missed.nearest if missed else (),
        }
    )


def _lines(stream: Stream, waiter: Waiter, environ: dict[str, Any]) -> Iterator[bytes]:
    yield b": listening\n\n"
    while True:
        for event in stream.due(waiter.take_rung()):
            position = "" if event.position is None else f"id: {event.position}\n"
            yield f"{position}event: {event.kind}\ndata: {json.dumps(event.data)}\n\n".encode()
        if stream.is_over:
            return
        woken = waiter.wait(min(_HEARTBEAT_SECONDS, stream.seconds_until_due()))
        if woken is Woken.TIMED_OUT:
            yield b": still here\n\n"
        elif woken in {Woken.CLIENT_GONE, Woken.CLOSED}:
            hang_up(environ)
