"""The Flask application behind the dispatcher: it lists the gateway's paths, and refuses all other requests."""

from typing import Never

from flask import Flask, Response
from werkzeug.exceptions import MethodNotAllowed, NotFound

from ccell_fake.wire import doors
from ccell_mock_server.gateway.endpoints import PLAIN
from ccell_mock_server.gateway.routes import METHODS
from ccell_mock_server.http.paths import CONTROL_PREFIX, LIVE_PATH, READY_PATH


def create_app() -> Flask:
    """Create the application. `Dispatcher` answers the methods of its paths."""
    app = Flask(__name__, static_folder=None)
    app.url_map.merge_slashes = False
    methods_by_path = dict.fromkeys(doors.PATHS, METHODS)
    for path, methods in {**methods_by_path, LIVE_PATH: ("GET",), READY_PATH: ("GET",)}.items():
        app.add_url_rule(path, path.lstrip("/"), _refuse_method, methods=methods, provide_automatic_options=False)
    app.register_error_handler(NotFound, _not_found)
    app.register_error_handler(MethodNotAllowed, _method_not_allowed)
    return app


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
    paths = [
        *doors.PATHS,
        LIVE_PATH,
        READY_PATH,
        CONTROL_PREFIX,
        f"{CONTROL_PREFIX}docs",
    ]
    return "".join(f"  {path}\n" for path in paths)
