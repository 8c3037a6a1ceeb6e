"""The road of a request: to an endpoint of the gateway, to the control API, or to Flask."""

import threading
from collections.abc import Iterable
from contextlib import suppress
from http.client import BAD_REQUEST, FORBIDDEN
from typing import TYPE_CHECKING

from ccell_fake.clock import elapsed
from ccell_fake.errors import UnreadableRequest
from ccell_mock_server.gateway import cross_site, routes, unrouted
from ccell_mock_server.gateway.endpoints import PLAIN, Endpoints, read_body
from ccell_mock_server.gateway.routes import METHODS, Route
from ccell_mock_server.gateway.unrouted import UnroutedRequest
from ccell_mock_server.http.connection import TARGET, close_after
from ccell_mock_server.http.paths import CA_PATH, CONSOLE_FILES, CONTROL_PREFIX, LIVE_PATH, METRICS_PATH, READY_PATH
from ccell_mock_server.services import Services

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from flask import Flask

# Everything else of the control API is its OpenAPI document and the pages, which are slow to create and rarely used.
_UNDOCUMENTED = (CONTROL_PREFIX + "v1/", METRICS_PATH, CONSOLE_FILES)
_HEALTH = {READY_PATH: b"ready\n", LIVE_PATH: b"alive\n"}
_STOPPING = b"stopping\n"
_STORE_AWAY = b"the database cannot be reached\n"


class Dispatcher:
    """A WSGI application that passes each request on.

    The endpoints come before Flask, whose dispatch would take as long as the answer. Flask and the control API are
    created at their first request, because most runs do not need them.
    """

    def __init__(self, services: Services, *, refuses_cross_site: bool, authority: bytes = b"") -> None:
        """Create the application.

        Args:
            services: The parts of the emulator.
            refuses_cross_site: Refuse requests to the gateway from web pages of other sites.
            authority: The certificate that clients must trust, as PEM; empty if there is none. Everybody may read it.
        """
        self._texts = {**_HEALTH, CA_PATH: authority} if authority else _HEALTH
        self._is_stopping = False
        self._refuses_cross_site = refuses_cross_site
        self._services = services
        self._endpoints = Endpoints(services.gateway, services.notifier, services.metrics)
        self._guard = threading.Lock()
        self._controls: dict[bool, WSGIApplication] = {}
        self._flask: tuple[Flask, WSGIApplication] | None = None

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request. Raises InheritedError in a forked process, whose locks may never be released."""
        self._services.store.owner.check()
        path, method = environ.get("PATH_INFO", ""), environ["REQUEST_METHOD"]
        answers = self._services.gateway.accounts.answers
        # The server has made one slash of several at the beginning.
        full_path = f"/{path}" if environ.get(TARGET, b"").startswith(b"//") else path
        route = routes.find(full_path, answers)
        if route is not None and method in METHODS:
            return self._answer(route, environ, start_response)
        if path in self._texts and method in {"GET", "HEAD"}:
            reason = self._reason_not_ready() if path == READY_PATH else b""
            text = reason or self._texts[path]
            start_response(
                "503 Service Unavailable" if reason else "200 OK",
                [("Content-Type", PLAIN), ("Content-Length", str(len(text)))],
            )
            return [text] if method == "GET" else []
        if path.startswith(CONTROL_PREFIX) and path not in _HEALTH:
            is_documented = path != CONTROL_PREFIX and not path.startswith(_UNDOCUMENTED)
            return self._control(is_documented=is_documented)(environ, start_response)
        if path == "/" and method == "GET" and "text/html" in environ.get("HTTP_ACCEPT", ""):
            # Relative, so that a reverse proxy may give the emulator a prefix.
            start_response("303 SEE OTHER", [("Location", CONTROL_PREFIX.lstrip("/")), ("Content-Length", "0")])
            return []
        # Flask knows one path of each endpoint, and ignores slashes at the beginning.
        known_path = route.path if route else f"/.{full_path}" if full_path.startswith("//") else path
        answer = self._use_flask()[1]({**environ, "PATH_INFO": known_path}, start_response)
        if path in _HEALTH:
            return answer
        status, ground = routes.refuse(full_path, answers)
        return self._record(_unrouted(environ, full_path, status, "", ground), answer)

    def _reason_not_ready(self) -> bytes:
        if self._is_stopping:
            return _STOPPING
        return b"" if self._services.store.is_reached else _STORE_AWAY

    def announce_stop(self) -> None:
        """Answer from now on that the emulator is not ready. Requests are still answered."""
        self._is_stopping = True

    def _answer(self, route: Route, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request to an endpoint."""
        if self._refuses_cross_site and cross_site.is_cross_site(environ):
            request = _unrouted(environ, route.path, FORBIDDEN, cross_site.REASON)
            return self._record(request, cross_site.refuse(start_response))
        too_long = routes.refuse_length(_query_as_sent(environ), self._services.gateway.accounts.answers)
        if too_long:
            request = _unrouted(environ, route.path, BAD_REQUEST, too_long, "Q58")
            return self._refuse_query(request, environ, start_response)
        return self._endpoints.answer(route, environ, start_response)

    def _refuse_query(
        self, request: UnroutedRequest, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer 400 with a reason, and close the connection (Q58)."""
        close_after(environ)
        body = f"{request.reason}\n".encode()
        evidence = unrouted.headers(request, self._services.gateway.accounts.answers)
        start_response("400 Bad Request", [("Content-Type", PLAIN), ("Content-Length", str(len(body))), *evidence])
        return self._record(request, [body])

    def _record(self, request: UnroutedRequest, answer: Iterable[bytes]) -> list[bytes]:
        pieces = list(answer)
        unrouted.record(self._services.gateway, self._services.metrics, request, b"".join(pieces).decode())
        return pieces

    def record_refusal(self, line: bytes, status: int, reason: str, peer: str) -> None:
        """Record a request that the server refuses, unless it is to the control API.

        Args:
            line: Its first line, possibly malformed or cut.
            status: The HTTP status of the answer.
            reason: The text of the answer.
            peer: Address of the client.
        """
        request = unrouted.from_line(line, status, reason.strip(), peer)
        if not request.path.startswith(CONTROL_PREFIX):
            unrouted.record(self._services.gateway, self._services.metrics, request, reason)

    @property
    def app(self) -> "Flask":
        """The Flask application. Its requests take this road, too."""
        return self._use_flask()[0]

    def _use_flask(self) -> "tuple[Flask, WSGIApplication]":
        with self._guard:
            if self._flask is None:
                from ccell_mock_server.gateway.app import create_app  # noqa: PLC0415 - slow to import

                app = create_app()
                self._flask = app, app.wsgi_app
                app.wsgi_app = self  # type: ignore[method-assign]
            return self._flask

    def _control(self, *, is_documented: bool) -> "WSGIApplication":
        with self._guard:
            if is_documented not in self._controls:
                from ccell_mock_server.control.app import create_control  # noqa: PLC0415 - slow to import

                self._controls[is_documented] = create_control(self._services, is_documented=is_documented)
            return self._controls[is_documented]


def _query_as_sent(environ: "WSGIEnvironment") -> bytes:
    """Return the query as the client sent it. The server has percent-encoded what a query must not contain."""
    target: bytes = environ.get(TARGET, b"")
    return target.partition(b"?")[2] if target else environ.get("QUERY_STRING", "").encode("latin-1")


def _unrouted(
    environ: "WSGIEnvironment", path: str, status: int, reason: str = "", ground: str = ""
) -> UnroutedRequest:
    received_at = elapsed()
    body = b""
    with suppress(UnreadableRequest):
        body = read_body(environ)
    return UnroutedRequest(
        environ["REQUEST_METHOD"],
        path.encode("latin-1").decode(errors="replace"),
        environ.get("QUERY_STRING", "").encode("latin-1"),
        body,
        environ.get("REMOTE_ADDR", ""),
        received_at,
        status,
        reason,
        ground,
    )
