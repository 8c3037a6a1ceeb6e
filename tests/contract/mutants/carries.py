"""Violations in what is carried, as transports: requests that arrive as others, answers that are written otherwise."""

import re
from collections.abc import Callable

import httpx2

from ccell_fake.model import Operation

from .mutant import Carry

Asked = Callable[[httpx2.Request], httpx2.Request | httpx2.Response]
Answered = Callable[[httpx2.Request, httpx2.Response], httpx2.Response]


class _Carried(httpx2.BaseTransport):
    """Carries what it makes of requests and answers."""

    def __init__(self, transport: httpx2.BaseTransport, asked: Asked, answered: Answered) -> None:
        self._transport = transport
        self._asked = asked
        self._answered = answered

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        altered = self._asked(request)
        if isinstance(altered, httpx2.Response):
            return altered
        return self._answered(request, self._transport.handle_request(altered))


def carried(asked: Asked = lambda request: request, answered: Answered = lambda _, response: response) -> Carry:
    """Requests and answers are altered.

    Args:
        asked: From the request to the one that arrives, or to its answer.
        answered: From the answer to the one that comes back.
    """
    return lambda transport: _Carried(transport, asked, answered)


def posted(alter: Callable[[bytes], bytes]) -> Carry:
    """The body of each request arrives as another."""
    return carried(lambda request: with_body(request, alter(request.read())) if request.method == "POST" else request)


def with_body(request: httpx2.Request, body: bytes) -> httpx2.Request:
    """A request with another body."""
    headers = {"Content-Type": request.headers.get("content-type", "")}
    return httpx2.Request("POST", request.url, content=body, headers=headers, extensions=request.extensions)


def with_query(request: httpx2.Request, query: bytes) -> httpx2.Request:
    """A GET with another query."""
    target = target_of(request).partition(b"?")[0] + b"?" + query
    return httpx2.Request("GET", request.url, extensions={**request.extensions, "target": target})


def target_of(request: httpx2.Request) -> bytes:
    """Path and query of a request, as it leaves."""
    target: bytes = request.extensions.get("target", request.url.raw_path)
    return target


def query_of(request: httpx2.Request) -> bytes:
    """Query of a request, as it leaves."""
    return target_of(request).partition(b"?")[2]


def written(alter: Callable[[bytes], bytes], operation: Operation | None = None) -> Carry:
    """Write an answer in another way, at one endpoint or at all of them."""

    def answered(request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
        if operation is not None and request.url.path != operation.path:
            return response
        return with_answer(response, alter(response.read()))

    return carried(answered=answered)


def with_answer(response: httpx2.Response, body: bytes) -> httpx2.Response:
    """An answer with another body."""
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    return httpx2.Response(response.status_code, headers=headers, content=body)


def replacing(old: str, new: str, operation: Operation | None = None) -> Carry:
    """A text of the answer reads otherwise wherever it stands."""
    return written(lambda body: body.replace(old.encode(), new.encode()), operation)


def matching(pattern: str, new: str, operation: Operation | None = None) -> Carry:
    """Replace the text that matches a pattern."""
    return written(lambda body: re.sub(pattern, new, body.decode()).encode(), operation)


def by_rule(rule: str, old: str, new: str) -> Carry:
    """A text reads otherwise in what a rule answered."""

    def answered(_: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
        if rule not in response.headers.get("x-ccell-rule", "").split(", "):
            return response
        return with_answer(response, response.read().replace(old.encode(), new.encode()))

    return carried(answered=answered)
