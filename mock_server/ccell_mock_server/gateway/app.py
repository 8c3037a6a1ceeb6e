"""The WSGI application: the gateway's endpoints, the health checks, and the control API."""

import threading
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Never

from flask import Flask, Response
from werkzeug.exceptions import MethodNotAllowed, NotFound

from ccell_fake.model import Operation
from ccell_mock_server.gateway.endpoints import METHODS, PATHS, PLAIN, Endpoints
from ccell_mock_server.http.paths import CONTROL_PREFIX, LIVE_PATH, METRICS_PATH, READY_PATH
from ccell_mock_server.services import Services

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

# Everything else of the control API is its OpenAPI document and the pages, which are slow to create and rarely used.
_UNDOCUMENTED = (CONTROL_PREFIX + "v1/", METRICS_PATH)


def create_app(services: Services) -> Flask:
    """Create the application of an emulator, for any WSGI server."""
    app = Flask(__name__, static_folder=None)
    app.url_map.merge_slashes = False
    for path in PATHS:
        # `Dispatcher` answers the methods of an endpoint. Flask lists the path, and refuses other methods.
        app.add_url_rule(path, path.lstrip("/"), _refuse_method, methods=METHODS, provide_automatic_options=False)
    for path, text in ((READY_PATH, "ready\n"), (LIVE_PATH, "alive\n")):
        app.add_url_rule(path, path, partial(Response, text, content_type=PLAIN), provide_automatic_options=False)
    app.register_error_handler(NotFound, _not_found)
    app.register_error_handler(MethodNotAllowed, _method_not_allowed)
    app.wsgi_app = Dispatcher(app.wsgi_app, services)  # type: ignore[method-assign]
    return app


class Dispatcher:
    """Passes a request to the gateway's endpoints, to the control API, or to Flask.

    The endpoints come before Flask, whose dispatch would take as long as the answer. The control API is created at its
    first request, because most runs do not need it.
    """

    def __init__(self, flask: "WSGIApplication", services: Services) -> None:
        self._flask = flask
        self._services = services
        self._endpoints = Endpoints(services.gateway, services.notifier, services.metrics)
        self._guard = threading.Lock()
        self._controls: dict[bool, WSGIApplication] = {}

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request."""
        path: str = environ["PATH_INFO"]
        operation = PATHS.get(path)
        if operation is not None and environ["REQUEST_METHOD"] in METHODS:
            return self._endpoints.answer(operation, environ, start_response)
        if path.startswith(CONTROL_PREFIX) and path not in {LIVE_PATH, READY_PATH}:
            is_documented = not path.startswith(_UNDOCUMENTED)
            return self._control(is_documented=is_documented)(environ, start_response)
        return self._flask(environ, start_response)

    def _control(self, *, is_documented: bool) -> "WSGIApplication":
        with self._guard:
            if is_documented not in self._controls:
                from ccell_mock_server.control.app import create_control  # noqa: PLC0415 - slow to import

                self._controls[is_documented] = create_control(self._services, is_documented=is_documented)
            return self._controls[is_documented]


def _refuse_method() -> Never:
    """Refuse HEAD, which Werkzeug allows wherever GET is allowed."""
    raise MethodNotAllowed(METHODS)


def _not_found(_error: NotFound) -> Response:
    return Response(f"Unknown path. Known paths:\n{_known_paths()}", 404, content_type=PLAIN)


def _method_not_allowed(error: MethodNotAllowed) -> Response:
    methods = sorted(set(error.valid_methods or ()) - {"HEAD"})
    text = f"Use {' or '.join(methods)}. Known paths:\n{_known_paths()}"
    return Response(text, 405, {"Allow": ", ".join(methods)}, content_type=PLAIN)


def _known_paths() -> str:
    paths = [*(operation.path for operation in Operation), LIVE_PATH, READY_PATH, f"{CONTROL_PREFIX}docs"]
    return "".join(f"  {path}\n" for path in paths)
