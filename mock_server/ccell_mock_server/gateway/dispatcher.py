"""The road of a request: to an endpoint of the gateway, to the control API, or to Flask."""

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ccell_mock_server.gateway import cross_site
from ccell_mock_server.gateway.endpoints import METHODS, PATHS, PLAIN, Endpoints
from ccell_mock_server.http.paths import CONSOLE_FILES, CONTROL_PREFIX, LIVE_PATH, METRICS_PATH, READY_PATH
from ccell_mock_server.services import Services

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from flask import Flask

# Everything else of the control API is its OpenAPI document and the pages, which are slow to create and rarely used.
_UNDOCUMENTED = (CONTROL_PREFIX + "v1/", METRICS_PATH, CONSOLE_FILES)
_HEALTH = {READY_PATH: b"ready\n", LIVE_PATH: b"alive\n"}


class Dispatcher:
    """A WSGI application that passes each request on.

    The endpoints come before Flask, whose dispatch would take as long as the answer. Flask and the control API are
    created at their first request, because most runs do not need them.
    """

    def __init__(self, services: Services, *, refuses_cross_site: bool) -> None:
        """Create the application. It can refuse requests to the gateway from web pages of other sites."""
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
        operation = PATHS.get(path)
        if operation is not None and method in METHODS:
            if self._refuses_cross_site and cross_site.is_cross_site(environ):
                return cross_site.refuse(start_response)
            return self._endpoints.answer(operation, environ, start_response)
        if path in _HEALTH and method in {"GET", "HEAD"}:
            start_response("200 OK", [("Content-Type", PLAIN), ("Content-Length", str(len(_HEALTH[path])))])
            return [_HEALTH[path]] if method == "GET" else []
        if path.startswith(CONTROL_PREFIX) and path not in _HEALTH:
            is_documented = path != CONTROL_PREFIX and not path.startswith(_UNDOCUMENTED)
            return self._control(is_documented=is_documented)(environ, start_response)
        if path == "/" and method == "GET" and "text/html" in environ.get("HTTP_ACCEPT", ""):
            # Relative, so that a reverse proxy may give the emulator a prefix.
            start_response("303 SEE OTHER", [("Location", CONTROL_PREFIX.lstrip("/")), ("Content-Length", "0")])
            return []
        return self._use_flask()[1](environ, start_response)

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
