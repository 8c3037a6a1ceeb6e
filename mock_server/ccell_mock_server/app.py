"""The WSGI application: the gateway, and beside it what tells whether it is there."""

from flask import Flask, Response
from werkzeug.exceptions import MethodNotAllowed, NotFound

from ccell_fake.engine.gateway import Gateway
from ccell_fake.model import Operation
from ccell_mock_server import gateway_views
from ccell_mock_server.paths import READY_PATH

_PLAIN = "text/plain;charset=UTF-8"


def create_app(gateway: Gateway) -> Flask:
    """The application of a gateway; any WSGI server can carry it."""
    app = Flask(__name__, static_folder=None)
    app.url_map.merge_slashes = False
    app.register_blueprint(gateway_views.blueprint(gateway))
    app.add_url_rule(READY_PATH, "readyz", _ready, provide_automatic_options=False)
    app.register_error_handler(NotFound, _not_found)
    app.register_error_handler(MethodNotAllowed, _method_not_allowed)
    return app


def _ready() -> Response:
    return Response("ready\n", content_type=_PLAIN)


def _not_found(_error: NotFound) -> Response:
    return Response(f"There is nothing here. There are:\n{_listing()}", 404, content_type=_PLAIN)


def _method_not_allowed(error: MethodNotAllowed) -> Response:
    methods = sorted(set(error.valid_methods or ()) - {"HEAD"})
    allowed = {"Allow": ", ".join(methods)}
    return Response(
        f"Here is taken {' and '.join(methods)}. There are:\n{_listing()}", 405, allowed, content_type=_PLAIN
    )


def _listing() -> str:
    return "".join(f"  {operation.path}\n" for operation in Operation) + f"  {READY_PATH}\n"
