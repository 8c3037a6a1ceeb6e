"""Requests to the control API of an emulator."""

import logging
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from contextvars import ContextVar
from operator import methodcaller
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx2

from ccell_fake.certificates import trusted
from ccell_fake.control.errors import Problem, Unreachable, refusal
from ccell_fake.errors import CcellError
from ccell_fake.inspection import Page
from ccell_fake.serialization import from_json, to_json

Item = TypeVar("Item")
Record = TypeVar("Record")

SECONDS = 30.0
"""Timeout of a request."""

# Pytest shows the line of the test instead.
__tracebackhide__: methodcaller = methodcaller("errisinstance", CcellError)

_BASE = "/_ccell"
_JSON = {"Content-Type": "application/json"}
_NO_ANSWER = (httpx2.RequestError, httpx2.InvalidURL)


_is_unlogged: ContextVar[bool] = ContextVar("_is_unlogged", default=False)


@contextmanager
def _unlogged() -> Generator[None]:
    """Make requests that are not logged. A test that looks at the log is not to find them among its own."""
    token = _is_unlogged.set(True)
    try:
        yield
    finally:
        _is_unlogged.reset(token)


def _is_logged(_record: logging.LogRecord) -> bool:
    return not _is_unlogged.get()


for _name in ("httpx2", "httpcore2.connection", "httpcore2.http11"):
    logging.getLogger(_name).addFilter(_is_logged)


class ControlConnection:
    """A connection to the control API.

    A subclass may answer `call` and `perform` without HTTP.

    Every call raises ControlError if it is refused, and Unreachable if there is no answer.
    """

    def __init__(
        self,
        url: str,
        token: str = "",
        *,
        cacert: Path | None = None,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        """Connect to an emulator.

        Args:
            url: Its address, such as `http://127.0.0.1:8026`.
            token: Its control token, if it has one.
            cacert: File of the certificates to trust, as PEM; None for those of the host.
            transport: Carries the requests; a connection to the url by default.

        Raises:
            ValueError: The file has no certificates.
        """
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._url = url
        self._http = httpx2.Client(
            base_url=url.rstrip("/") + _BASE,
            headers=headers,
            timeout=SECONDS,
            transport=transport,
            verify=trusted(url, cacert),
            trust_env=False,
        )

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def send(self, method: str, path: str, *, body: object = None, **options: Any) -> httpx2.Response:  # noqa: ANN401 - httpx2's
        """Send a request.

        Args:
            method: GET, POST, PUT, PATCH or DELETE.
            path: The path after `/_ccell`.
            body: The body, sent as JSON; None for no body.
            options: Options of `httpx2.Client.request`.
        """
        if body is not None:
            options |= {"content": to_json(body), "headers": _JSON}
        with self._reported(), _unlogged():
            answer = self._http.request(method, path, **options)
        return self._checked(answer)

    def call(
        self,
        kind: type[Record],
        method: str,
        path: str,
        *,
        body: object = None,
        query: Mapping[str, object] | None = None,
        timeout: float = SECONDS,
    ) -> Record:
        """Send a request, and read a record from the answer.

        Args:
            kind: Type of the record.
            method: The method.
            path: The path after `/_ccell`.
            body: The body; None for no body.
            query: Parameters of the query.
            timeout: Timeout over HTTP in seconds.
        """
        answer = self.send(method, path, body=body, params=query, timeout=timeout)
        try:
            record: Record = from_json(kind, answer.content)
        except ValueError:
            raise _foreign(answer) from None
        return record

    def perform(self, method: str, path: str, *, body: object = None) -> None:
        """Send a request, and ignore its answer."""
        self.send(method, path, body=body)

    def pages(self, kind: type[Item], path: str, **query: object) -> Iterator[Item]:
        """The items of a list, over all its pages."""
        parameters = without_none(query)
        while True:
            page = self.call(Page[kind], "GET", path, query=parameters)  # type: ignore[valid-type]
            yield from page.items
            if page.next is None:
                return
            parameters["cursor"] = page.next

    @contextmanager
    def stream(self, path: str, query: dict[str, Any], headers: Mapping[str, str]) -> Generator[Iterator[str]]:
        """Send a request whose answer has no end, and give the lines of the answer.

        The lines raise Unreachable if the connection is lost.
        """
        request = self._http.build_request("GET", path, params=without_none(query), headers=headers, timeout=None)
        with self._reported(), _unlogged():
            answer = self._http.send(request, stream=True)
        with closing(answer):
            if answer.is_error:
                with self._reported():
                    answer.read()
            yield self._lines(self._checked(answer))

    def _lines(self, answer: httpx2.Response) -> Iterator[str]:
        with self._reported():
            yield from answer.iter_lines()

    @contextmanager
    def _reported(self) -> Generator[None]:
        if self._http.is_closed:
            message = f"the connection to the control API at {self._url} is closed"
            raise Unreachable(message)
        try:
            yield
        except _NO_ANSWER as error:
            message = f"no control API answers at {self._url}: {error}"
            raise Unreachable(message) from error

    def _checked(self, answer: httpx2.Response) -> httpx2.Response:
        if not answer.is_error:
            return answer
        try:
            problem: Problem = from_json(Problem, answer.content)
        except ValueError:
            raise _foreign(answer) from None
        raise refusal(problem)


def _foreign(answer: httpx2.Response) -> Unreachable:
    url = answer.url.copy_with(query=None)
    return Unreachable(f"{url} answered {answer.status_code}, which is not the answer of a control API")


def without_none(members: dict[str, Any]) -> dict[str, Any]:
    """The members that are not None."""
    return {name: value for name, value in members.items() if value is not None}
