"""The relay: a WSGI application between an integration and a live gateway, on this machine.

It lets pass what is allowed and counts what it costs before it leaves, lets faults strike on the way, and tells what
passed in the terms of the machine that tries the integration.
"""

import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from http.client import responses
from itertools import count
from wsgiref.types import StartResponse, WSGIEnvironment

from ccell_fake.clock import Clock
from ccell_fake.codes import Code
from ccell_fake.engine.faults import ConnectionEnd, Delivery, apply_fault, whole
from ccell_fake.faults import CodeFault, DelayFault, DribbleFault, Fault
from ccell_fake.model import AnyReply, Operation, Reply, Request, Resp
from ccell_fake.stateful import UNANSWERED, WHOLE, Finding, GatewayRequest, Withheld
from ccell_fake.wire import replies
from ccell_mock_server.gateway.views import cut_off
from ccell_mock_server.live import passed
from ccell_mock_server.live.permit import NotPermitted, Permit
from ccell_mock_server.proxy import request as placed
from ccell_mock_server.proxy.decoded import understood
from ccell_mock_server.proxy.upstream import Upstream, with_answer

_NO_ANSWER = Delivery(b"", sent=None, ending=ConnectionEnd.CLOSED)


@dataclass(slots=True)
class _Arranged:
    fault: Fault
    seen: int = 0

    def strikes(self, operation: Operation) -> bool:
        """Whether it strikes the next request of an operation."""
        fault = self.fault
        if fault.operation not in {None, operation}:
            return False
        self.seen += 1
        return self.seen > fault.skip and (fault.times is None or self.seen <= fault.skip + fault.times)


class Relay:
    """Stands between an integration and a gateway.

    Attributes:
        is_open: Whether a run is in progress; nothing passes when there is none.
        verdicts: The codes that the gateway gave the numbers of sends, or sends as a whole, and how often.
    """

    def __init__(self, upstream: Upstream, permit: Permit, clock: Clock) -> None:
        """Let requests through.

        Args:
            upstream: The gateway.
            permit: Asked about each before it leaves.
            clock: What tells when they come.
        """
        self._upstream = upstream
        self._permit = permit
        self._clock = clock
        self._numbers = count(1)
        self._lock = threading.Lock()
        self._faults: list[_Arranged] = []
        self._passed: list[GatewayRequest | Finding] = []
        self.is_open: bool = True
        self.verdicts: Counter[str] = Counter()

    @staticmethod
    def takes(fault: Fault) -> bool:
        """Whether a fault can strike here: one that asks for no more than a count of the requests of an endpoint."""
        is_plain = fault.phone is None and fault.rate >= 1 and fault.since is None and fault.until is None
        is_about_a_number = isinstance(fault, CodeFault) and fault.code.is_about_a_number
        return is_plain and not is_about_a_number and not isinstance(fault, DribbleFault)

    def arrange(self, fault: Fault) -> None:
        """Let a fault strike behind those that are there."""
        with self._lock:
            self._faults.append(_Arranged(fault))

    def calm(self) -> None:
        """Take away all faults."""
        with self._lock:
            self._faults.clear()

    def passed(self) -> Iterator[GatewayRequest]:
        """What passed since this was last asked, in the order in which it was answered.

        Raises:
            Withheld: Something was kept back.
            Unfaithful: The gateway answered about what it was not asked.
        """
        with self._lock:
            kept, self._passed = self._passed, []
        for one in kept:
            if isinstance(one, Finding):
                raise one
            yield one

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Carry a request if it may pass, and answer."""
        try:
            request = placed.read(environ)
        except placed.BrokenOff as error:
            return placed.say(start_response, "400 Bad Request", f"{error}")
        operation = request.exchange(0, self._clock.now()).operation
        if operation is None or request.method not in placed.METHODS:
            return placed.say(start_response, "404 Not Found", "Nothing but the gateway is behind this address.")
        fault = self._strike(operation)
        try:
            delivery = self._struck(operation, fault) or self._carried(operation, request, fault)
        except NotPermitted as error:
            self._keep(Withheld(f"{operation} was kept back: {error}"))
            return placed.say(start_response, "403 Forbidden", f"This was kept back: {error}")
        kind = delivery.content_type or replies.CONTENT_TYPE
        headers = [("Content-Type", kind), ("Content-Length", str(len(delivery.body)))]
        start_response(f"{delivery.status} {responses.get(delivery.status, '-')}", headers)
        return [delivery.body] if delivery.ending is ConnectionEnd.OPEN else cut_off(delivery, environ)

    def _strike(self, operation: Operation) -> Fault | None:
        with self._lock:
            return next((one.fault for one in self._faults if one.strikes(operation)), None)

    def _struck(self, operation: Operation, fault: Fault | None) -> Delivery | None:
        """The answer to a request that a fault keeps from leaving."""
        if fault is None or fault.is_processed:
            return None
        if isinstance(fault, CodeFault):
            return self._refused(operation, fault.code, fault.kind)
        self._keep(GatewayRequest(operation, "", fault.kind, 0))
        return apply_fault(fault, b"")

    def _refused(self, operation: Operation, code: Code, delivery: str) -> Delivery:
        """A refusal of our own, in the gateway's terms."""
        self._keep(GatewayRequest(operation, code, delivery, 0))
        refusal: Reply[Resp] = Reply(code, code.text)
        return whole(replies.render(refusal))

    def _carried(self, operation: Operation, request: placed.ProxiedRequest, fault: Fault | None) -> Delivery:
        """The gateway's answer, as it leaves under a fault.

        Raises:
            NotPermitted: It may not leave.
        """
        if not self.is_open:
            message = "no run is in progress; disconnect() has to end what connect() began"
            raise NotPermitted(message)
        if not self._permit(operation, request):
            # The budget is the balance that the integration has here.
            return self._refused(operation, Code.BALANCE_TOO_SMALL, WHOLE)
        if isinstance(fault, DelayFault):
            threading.Event().wait(fault.seconds)
        asked = request.exchange(next(self._numbers), self._clock.now())
        answered = self._upstream.ask(request.method, request.target, request.headers, request.body)
        exchange = with_answer(asked, answered)
        said = understood(exchange)
        if said.reply is None or exchange.status != HTTPStatus.OK:
            # A client takes any other status for an answer that was lost (W7).
            self._keep(GatewayRequest(operation, "", UNANSWERED, 0))
        else:
            self._follow(operation, said.request, said.reply, fault.kind if fault else WHOLE)
        if exchange.status is None:
            return _NO_ANSWER
        if fault is None or said.reply is None:
            return Delivery(exchange.answer, exchange.status, exchange.answer_type or None, len(exchange.answer))
        return apply_fault(fault, replies.render(said.reply))

    def _follow(self, operation: Operation, request: Request | None, reply: AnyReply, delivery: str) -> None:
        try:
            exchange = passed.exchange(operation, request, reply, delivery)
        except Finding as finding:
            self._keep(finding)
            return
        self._keep(exchange)
        if operation is Operation.SEND:
            self.verdicts.update([one.code for one in exchange.submitted] or [exchange.code])

    def _keep(self, one: GatewayRequest | Finding) -> None:
        with self._lock:
            self._passed.append(one)
