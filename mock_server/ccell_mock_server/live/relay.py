"""The relay: a local WSGI application between an integration and a live service.

It forwards permitted requests, charges their messages first, applies faults, and keeps each request for the machine.
"""

import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from http import HTTPStatus
from itertools import count
from wsgiref.types import StartResponse, WSGIEnvironment

from ccell_fake.clock import Clock
from ccell_fake.codes import Code
from ccell_fake.engine import schedule
from ccell_fake.engine.faults import ConnectionEnd, Delivery, apply_fault, door_of
from ccell_fake.errors import UnreadableRequest
from ccell_fake.faults import CodeFault, DelayFault, DribbleFault, Fault
from ccell_fake.limits import NUMBER_SEPARATOR
from ccell_fake.model import AnyReply, Door, Envelope, Layout, Operation, Reply, Report, Request, Resp, Submit, Upmsg
from ccell_fake.stateful import UNANSWERED, WHOLE, Finding, GatewayRequest, Submitted, Unfaithful, Withheld
from ccell_fake.stateful.findings import require
from ccell_fake.transcripts import Exchange
from ccell_fake.wire import doors
from ccell_fake.wire.doors import Endpoint
from ccell_mock_server.gateway import cross_site
from ccell_mock_server.gateway.endpoints import cut_off
from ccell_mock_server.gateway.handler import delivery_headers
from ccell_mock_server.live.permit import NotPermitted, Permit
from ccell_mock_server.proxy.exchanges import add_answer, decode
from ccell_mock_server.proxy.request import METHODS, IncompleteBody, ProxiedRequest, read, respond
from ccell_mock_server.proxy.upstream import Upstream

_NO_ANSWER = Delivery(b"", sent=None, ending=ConnectionEnd.CLOSED)


@dataclass(slots=True)
class _ActiveFault:
    fault: Fault
    requests: int = 0

    def matches_next(self, operation: Operation, door: Door) -> bool:
        """Count a request, and return whether the fault applies to it."""
        fault = self.fault
        if fault.operation not in {None, operation} or door_of(fault) not in {None, door}:
            return False
        self.requests += 1
        return self.requests > fault.skip and (fault.times is None or self.requests <= fault.skip + fault.times)


@dataclass(frozen=True, slots=True)
class _Received:
    """A request, and what its payload and its path say."""

    request: ProxiedRequest
    exchange: Exchange
    endpoint: Endpoint
    operation: Operation
    envelope: Envelope

    def deliver(self, reply: AnyReply, fault: Fault | None = None) -> Delivery:
        """Deliver a reply through the door of the request."""
        return apply_fault(fault, doors.render(reply, Layout(), self.envelope), self.envelope.door)


class Relay:
    """Forwards permitted requests of an integration to a gateway.

    Attributes:
        is_open: Whether a run is in progress. Nothing is forwarded otherwise.
        verdicts: The gateway's codes for submitted numbers or refused sends, with their counts.
    """

    def __init__(self, upstream: Upstream, permit: Permit, clock: Clock) -> None:
        """Forward requests to `upstream` after `permit` has checked them."""
        self._upstream = upstream
        self._permit = permit
        self._clock = clock
        self._numbers = count(1)
        self._lock = threading.Lock()
        self._faults: list[_ActiveFault] = []
        self._kept: list[GatewayRequest | Finding] = []
        self.is_open: bool = True
        self.verdicts: Counter[str] = Counter()

    @staticmethod
    def supports(fault: Fault) -> bool:
        """Return whether the relay can apply a fault: only faults that count the requests of an endpoint."""
        is_plain = fault.phone is None and fault.rate >= 1 and fault.since is None and fault.until is None
        is_about_a_number = isinstance(fault, CodeFault) and fault.code.is_about_a_number
        return is_plain and not is_about_a_number and not isinstance(fault, DribbleFault)

    def arrange(self, fault: Fault) -> None:
        """Add a fault after the existing ones."""
        with self._lock:
            self._faults.append(_ActiveFault(fault))

    def clear_faults(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._faults.clear()

    def requests(self) -> Iterator[GatewayRequest]:
        """Return the requests since the last call, in the order of their answers.

        Raises:
            Withheld: A request was not permitted.
            Unfaithful: The gateway's answer does not match the request.
        """
        with self._lock:
            kept, self._kept = self._kept, []
        for item in kept:
            if isinstance(item, Finding):
                raise item
            yield item

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Forward a permitted request, and answer."""
        if cross_site.is_cross_site(environ):
            return cross_site.refuse(start_response)
        try:
            request = read(environ)
        except IncompleteBody as error:
            return respond(start_response, "400 Bad Request", f"{error}")
        exchange = request.exchange(next(self._numbers), self._clock.now())
        if exchange.endpoint is None or request.method not in METHODS:
            return respond(start_response, "404 Not Found", "This address serves only the gateway's endpoints.")
        try:
            delivery = self._answer(request, exchange, exchange.endpoint)
        except NotPermitted as error:
            self._keep(Withheld(f"{exchange.operation or 'a JSON-RPC call'} was withheld: {error}"))
            return respond(start_response, "403 Forbidden", f"This was withheld: {error}")
        start_response(delivery.status_line, delivery_headers(delivery))
        return [delivery.body] if delivery.ending is ConnectionEnd.OPEN else cut_off(delivery, environ)

    def _answer(self, request: ProxiedRequest, exchange: Exchange, endpoint: Endpoint) -> Delivery:
        """Answer a request, with the fault that applies to it.

        Raises:
            NotPermitted: It must not be forwarded.
        """
        operation = exchange.operation
        if operation is None:
            message = "it calls no known method"
            raise NotPermitted(message)
        received = _Received(request, exchange, endpoint, operation, _envelope(exchange))
        door = received.envelope.door
        with self._lock:
            fault = next((active.fault for active in self._faults if active.matches_next(operation, door)), None)
        return self._answer_with_fault(received, fault) or self._forward(received, fault)

    def _answer_with_fault(self, received: "_Received", fault: Fault | None) -> Delivery | None:
        """Answer a request that a fault stops before the gateway. Returns None if no fault stops it."""
        if fault is None or fault.is_processed:
            return None
        if isinstance(fault, CodeFault):
            return self._refuse(received, fault.code, fault.kind)
        self._keep(GatewayRequest(received.operation, "", fault.kind, 0))
        return apply_fault(fault, b"", received.envelope.door)

    def _refuse(self, received: "_Received", code: Code, delivery: str) -> Delivery:
        self._keep(GatewayRequest(received.operation, code, delivery, 0))
        refusal: Reply[Resp] = Reply(code, code.text)
        return received.deliver(refusal)

    def _forward(self, received: "_Received", fault: Fault | None) -> Delivery:
        """Forward a request, and return the gateway's answer with the fault applied.

        Raises:
            NotPermitted: It must not be forwarded.
        """
        if not self.is_open:
            message = "no run is in progress; disconnect() must stop everything that connect() started"
            raise NotPermitted(message)
        request, operation = received.request, received.operation
        if not self._permit(received.endpoint, request):
            # The budget acts as the integration's balance.
            return self._refuse(received, Code.BALANCE_TOO_SMALL, WHOLE)
        if isinstance(fault, DelayFault):
            threading.Event().wait(fault.seconds)
        answer = self._upstream.forward(request.method, request.target, request.headers, request.body)
        exchange = add_answer(received.exchange, answer)
        decoded = decode(exchange)
        if decoded.reply is None or exchange.status != HTTPStatus.OK:
            # Clients take any other status for a lost answer (W7).
            self._keep(GatewayRequest(operation, "", UNANSWERED, 0))
        else:
            self._keep_answered(operation, decoded.request, decoded.reply, fault.kind if fault else WHOLE)
        if exchange.status is None:
            return _NO_ANSWER
        if fault is None or decoded.reply is None:
            whole = Delivery(exchange.answer, exchange.status, exchange.answer_type or None, len(exchange.answer))
            return replace(whole, door=received.envelope.door)
        return received.deliver(decoded.reply, fault)

    def _keep_answered(self, operation: Operation, request: Request | None, reply: AnyReply, delivery: str) -> None:
        try:
            answered = _gateway_request(operation, request, reply, delivery)
        except Finding as finding:
            self._keep(finding)
            return
        self._keep(answered)
        if operation is Operation.SEND:
            self.verdicts.update([one.code for one in answered.submitted] or [answered.code])

    def _keep(self, item: GatewayRequest | Finding) -> None:
        with self._lock:
            self._kept.append(item)


def _envelope(exchange: Exchange) -> Envelope:
    """Return what the answer to a request repeats. An XML request that cannot be read has nothing to repeat."""
    with suppress(UnreadableRequest):
        return exchange.call().envelope
    return doors.XML_ENVELOPE


def _gateway_request(operation: Operation, request: Request | None, reply: AnyReply, delivery: str) -> GatewayRequest:
    handed_out = tuple(item for item in reply.items if isinstance(item, Report | Upmsg))
    resps = [item for item in reply.items if isinstance(item, Resp)]
    submitted: tuple[Submitted, ...] = ()
    if reply.code != Code.SUCCESS:
        accepted = any(resp.code == Code.SUCCESS for resp in resps)
        require(not accepted, f"the gateway refused a send with {reply.code}, but accepted some of its numbers (S7)")
    elif operation is Operation.SEND:
        submitted = _match_resps(request.submits if request else (), resps)
    return GatewayRequest(operation, reply.code, delivery, len(reply.items), submitted, handed_out)


def _match_resps(submits: tuple[Submit, ...], resps: list[Resp]) -> tuple[Submitted, ...]:
    """Match each resp to a submitted number.

    Raises:
        Unfaithful: A resp has no number, or a number has no resp.
    """
    open_ = [(phone.strip(), submit) for submit in submits for phone in (submit.phone or "").split(NUMBER_SEPARATOR)]
    submitted: list[Submitted] = []
    for resp in resps:
        index = next((index for index, (phone, _) in enumerate(open_) if phone == resp.phone.strip()), None)
        if index is None:
            message = f"the gateway answered about {resp.phone}, which was not submitted or already answered (S5)"
            raise Unfaithful(message)
        phone, submit = open_.pop(index)
        sendtime = schedule.parse(submit.sendtime or "")
        submitted.append(Submitted(resp.msgid, phone, submit.content or "", sendtime, resp.code, submit.linkid or ""))
    if any(phone for phone, _ in open_):
        message = f"the gateway did not answer about {', '.join(phone for phone, _ in open_)} (S5)"
        raise Unfaithful(message)
    return tuple(submitted)
