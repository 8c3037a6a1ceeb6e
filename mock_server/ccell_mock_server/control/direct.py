"""The control API of an emulator in this process, called without HTTP and without Flask."""

from collections.abc import Mapping
from dataclasses import dataclass
from operator import methodcaller
from typing import Any, TypeVar, cast
from urllib.parse import unquote
from wsgiref.types import WSGIApplication

import httpx2
from pydantic import ValidationError

from ccell_fake.control.client import ControlClient
from ccell_fake.control.connection import SECONDS
from ccell_fake.control.errors import Stopped, refusal
from ccell_fake.errors import CcellError
from ccell_fake.serialization import to_json
from ccell_mock_server.control.api import DeclaredOperation
from ccell_mock_server.control.operations import apis
from ccell_mock_server.control.problems import RefusedError, problem_of
from ccell_mock_server.control.requests import JSON, MAX_JSON_BYTES, check_type, invalid, read_json
from ccell_mock_server.services import Services

Record = TypeVar("Record")

# Pytest shows the line of the test instead.
__tracebackhide__: methodcaller = methodcaller("errisinstance", CcellError)

_LOOPBACK = "http://127.0.0.1"
_VERSION = "/v1"


@dataclass(frozen=True, slots=True)
class _Call:
    """A call of an operation.

    Attributes:
        operation: The operation.
        path: Parameters of the path.
        query: Parameters of the query.
        body: The body as JSON; None for no body.
    """

    operation: DeclaredOperation
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes | None

    def answer(self) -> object:
        """Check the request as over HTTP, and return the record of the view."""
        body = None if self.body is None else _read(self.body)
        try:
            arguments = self._arguments(body)
        except ValidationError as error:
            raise invalid(error, {**self.path, **self.query}, body) from None
        return self.operation.answer(**arguments).record

    def _arguments(self, body: object) -> dict[str, object]:
        arguments: dict[str, object] = {}
        for name, given in (("path", self.path), ("query", self.query)):
            model = self.operation.model(name)
            if model is not None:
                arguments[name] = model.model_validate(given)
        model = self.operation.model("body")
        if model is not None:
            check_type("" if self.body is None else JSON)
            arguments["body"] = model.model_validate(body)
        return arguments


class DirectControl(ControlClient):
    """The control API of an emulator in this process. It needs no token.

    Calls whose answers are records go to the views. Everything else goes to the WSGI application: streams, snapshots,
    metrics, and paths that do not exist. Every call raises InheritedError in a forked process, and Stopped after the
    emulator has stopped.
    """

    def __init__(self, services: Services, application: WSGIApplication) -> None:
        """Call an emulator.

        Args:
            services: The emulator.
            application: Its application.
        """
        super().__init__(_LOOPBACK, services.control_token, transport=httpx2.WSGITransport(application))
        self._owner = services.store.owner
        self._is_stopped = False
        self._routes: dict[tuple[str, int], list[tuple[list[str], DeclaredOperation]]] = {}
        for operation in (one for api in apis(services) for one in api.operations if not one.is_http_only):
            segments = f"{_VERSION}{operation.rule}".split("/")
            self._routes.setdefault((operation.method.upper(), len(segments)), []).append((segments, operation))

    def stop(self) -> None:
        """Refuse all further calls, because the emulator has stopped."""
        self._is_stopped = True

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
        """Call an operation, and return its record."""
        found = self._find(method, path, body, query)
        if found is None:
            return super().call(kind, method, path, body=body, query=query, timeout=timeout)
        return cast("Record", _answer(found))

    def perform(self, method: str, path: str, *, body: object = None) -> None:
        """Call an operation."""
        found = self._find(method, path, body)
        if found is None:
            super().perform(method, path, body=body)
        else:
            _answer(found)

    def _find(
        self, method: str, path: str, body: object = None, query: Mapping[str, object] | None = None
    ) -> _Call | None:
        self._owner.check()
        if self._is_stopped:
            message = "the emulator has stopped"
            raise Stopped(message)
        given = unquote(path).split("/")
        for segments, operation in self._routes.get((method, len(given)), ()):
            parameters = _match(segments, given)
            if parameters is not None:
                # As in an address, every value of a query is a string.
                texts = dict(httpx2.QueryParams(cast("Any", query)))
                return _Call(operation, parameters, texts, None if body is None else to_json(body))
        return None


def _match(segments: list[str], given: list[str]) -> dict[str, str] | None:
    """Return the parameters of a path, or None if the path is another."""
    parameters: dict[str, str] = {}
    for segment, text in zip(segments, given, strict=True):
        if segment.startswith("<"):
            if not text:
                return None
            parameters[segment.strip("<>")] = text
        elif segment != text:
            return None
    return parameters


def _read(body: bytes) -> object:
    if len(body) > MAX_JSON_BYTES:
        # As Werkzeug says it.
        raise RefusedError(413, "The data value transmitted exceeds the capacity limit.")
    return read_json(body)


def _answer(call: _Call) -> object:
    try:
        return call.answer()
    except Exception as error:  # noqa: BLE001 - every error of a view becomes a problem
        raise refusal(problem_of(error)) from None
