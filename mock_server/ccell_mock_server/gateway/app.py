"""The WSGI application: the gateway, and beside it what tells whether it is there, and what a test arranges."""

from flask import Flask, Response
from werkzeug.exceptions import MethodNotAllowed, NotFound

from ccell_fake.model import Operation
from ccell_mock_server.gateway import views
from ccell_mock_server.gateway.dispatch import Dispatcher
from ccell_mock_server.http.paths import CONTROL_PREFIX, LIVE_PATH, READY_PATH
from ccell_mock_server.services import Services

_PLAIN = "text/plain;charset=UTF-8"


def create_app(services: Services) -> Flask:
    """The application of an emulator; any WSGI server can carry it."""
    app = Flask(__name__, static_folder=None)
    app.url_map.merge_slashes = False
    app.register_blueprint(views.blueprint(services.gateway, services.notifier, services.metrics))
    app.add_url_rule(READY_PATH, "readyz", _ready, provide_automatic_options=False)
    app.add_url_rule(LIVE_PATH, "livez", _alive, provide_automatic_options=False)
    app.register_error_handler(NotFound, _not_found)
    app.register_error_handler(MethodNotAllowed, _method_not_allowed)
    app.wsgi_app = Dispatcher(app.wsgi_app, services)  # type: ignore[method-assign]
    return app


def _ready() -> Response:
    return Response("ready\n", content_type=_PLAIN)


def _alive() -> Response:
    return Response("alive\n", content_type=_PLAIN)


def _not_found(_error: NotFound) -> Response:
    return Response(f"There is nothing here. There are:\n{_listing()}", 404, content_type=_PLAIN)


def _method_not_allowed(error: MethodNotAllowed) -> Response:
    methods = sorted(set(error.valid_methods or ()) - {"HEAD"})
    allowed = {"Allow": ", ".join(methods)}
    return Response(
        f"Here is taken {' and '.join(methods)}. There are:\n{_listing()}", 405, allowed, content_type=_PLAIN
    )


def _listing() -> str:
    paths = [*(operation.path for operation in Operation), LIVE_PATH, READY_PATH, f"{CONTROL_PREFIX}docs"]
    return "".join(f"  {path}\n" for path in paths)
