"""Operations that wait: until messages or fetches match, and for a stream of events."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from socket import socket
from typing import Annotated, Any

from pydantic import Field

from ccell_fake.clock import elapsed
from ccell_fake.control.events import encode_start
from ccell_fake.control.models import Position, WaitBody
from ccell_fake.engine import wait_match
from ccell_fake.engine.account import Account
from ccell_fake.engine.wait_match import WaitFilter
from ccell_fake.errors import NotPossible
from ccell_fake.inspection import JournalEntry, MessageFilter, MessageRecord, WaitResult
from ccell_mock_server.control.api import Api, HttpOnlyAnswer, HttpRequest
from ccell_mock_server.control.requests import AccountPath, Parameters
from ccell_mock_server.control.stream import Stream
from ccell_mock_server.http.connection import client_of, hang_up
from ccell_mock_server.http.waiting import ClientGoneError, Waiter, Woken
from ccell_mock_server.services import Services

EVENT_STREAM = "text/event-stream"

_HEARTBEAT_SECONDS = 15.0
_MICRO = 1_000_000


class EventsQuery(Parameters):
    """A stream of events."""

    userid: Annotated[str | None, Field(description="Only events of this account.")] = None
    after_position: Annotated[
        Position | None, Field(description="Only events of requests after this position; from now on if absent.")
    ] = None


def views(services: Services) -> list[Api]:
    """The operations."""
    api = Api("waiting", "Waiting, without polling.")

    @api.add("post", "/accounts/<userid>/wait", {200: WaitResult})
    def wait(path: AccountPath, body: WaitBody, client: socket | None = None) -> WaitResult:
        """Block until messages or fetches match the body.

        The answer after a timeout is 200 too, with `is_met` false, what came instead, and the messages that almost
        match.
        """
        with ExitStack() as stack:
            stack.callback(services.notifier.places.take())
            return _wait(services, path.userid, body, client)

    @api.add_over_http("get", "/events", {200: {"content": {EVENT_STREAM: {"schema": {"type": "string"}}}}})
    def stream_events(query: EventsQuery, http: HttpRequest) -> HttpOnlyAnswer:
        """Send what happens as server-sent events.

        Requests cause `send` with its `message`s, `fetch_report`, `fetch_upmsg` and `info`. A request that reaches no
        endpoint causes `http_error`. The userid of a request that cannot be read or names
        no account is null; only the stream of all accounts has it. Time causes `sent`, `report`, `upmsg` and
        `opt_out`; at first those of the past are not sent. `ended` names an account that was reset or closed; it is the
        last event of a stream of this account.

        Every event has an id, which is opaque text. Send the last one as the header Last-Event-ID to continue: no event
        is missing and none is repeated, unless `resync` comes. A message that was deleted meanwhile has no event, nor
        has a request of no account before a reset of everything.

        `resync` means that events are missing: read everything anew. Its `reason` is `unknown_id` (another emulator,
        another account, or a restart without a store), `entries_dropped` (more happened than is kept), or `restored` (a
        snapshot replaced everything). The stream goes on after it.

        A number as Last-Event-ID is a position, as `after_position` is. The header takes precedence over
        `after_position`.
        """
        last_event_id = http.environ.get("HTTP_LAST_EVENT_ID", "")
        with ExitStack() as stack:
            stack.callback(services.notifier.places.take())
            # What happens from here on wakes the waiter and is sent.
            waiter = stack.enter_context(services.notifier.waiter(client=client_of(http.environ)))
            stream = Stream(services, query.userid, query.after_position, last_event_id)
            services.notifier.listen(waiter, stream.topics)
            lines = _lines(stream, waiter, http.environ)
            return HttpOnlyAnswer(lines, EVENT_STREAM, {"Cache-Control": "no-store"}, stack.pop_all().close)

    return [api]


def _wait(services: Services, userid: str, body: WaitBody, client: socket | None) -> WaitResult:
    """Wait. Raises ClientGoneError if the client is gone."""
    message = MessageFilter(body.phone, body.linkid, body.content, body.msgid, body.code, body.state)
    wanted = WaitFilter(
        body.kind,
        message,
        body.after_position or 0,
        body.count,
        body.not_empty,
        must_be_complete=body.after_position is not None,
    )
    admin = services.admin(userid)
    messages: tuple[MessageRecord, ...] = ()
    requests: tuple[JournalEntry, ...] = ()
    pending = wanted
    deadline = elapsed() + body.timeout
    with admin.opened() as (account, _):
        former = account
    with services.notifier.waiter(former.key, former.lifetime, client=client) as waiter:
        while True:
            with admin.opened() as (account, ledger):
                _check_same(former, account)
                result = wait_match.match(account, ledger, pending)
                left = deadline - elapsed()
                if not result.is_met and left <= 0:
                    result = wait_match.explain(account, ledger, wanted, result)
                next_change = wait_match.next_change(account, ledger)
            if result.is_met or left <= 0:
                return replace(result, messages=(*messages, *result.messages), requests=(*requests, *result.requests))
            if not wanted.can_match_later:
                # Entries up to this position need not be read again.
                messages, requests = (*messages, *result.messages), (*requests, *result.requests)
                pending = replace(
                    wanted,
                    after_position=max(result.position, wanted.after_position),
                    count=wanted.count - len(messages) - len(requests),
                )
            woken = waiter.wait(left if next_change is None else min(left, next_change / _MICRO))
            if woken is Woken.CLIENT_GONE:
                raise ClientGoneError
            if woken is Woken.CLOSED:
                reason = "the emulator stops"
                raise NotPossible(reason)


def _check_same(former: Account, account: Account) -> None:
    if former.lifetime != account.lifetime:
        message = f"account {former.settings.userid} was reset during the wait"
        raise NotPossible(message)


def _lines(stream: Stream, waiter: Waiter, environ: Mapping[str, Any]) -> Iterator[bytes]:
    yield encode_start(stream.last_event_id)
    while True:
        for event in stream.due(waiter.take_topics()):
            yield event.encode()
        if stream.is_over:
            return
        woken = waiter.wait(min(_HEARTBEAT_SECONDS, stream.seconds_until_due()))
        if woken is Woken.TIMED_OUT:
            yield b": still here\n\n"
        elif woken in {Woken.CLIENT_GONE, Woken.CLOSED}:
            hang_up(environ)
