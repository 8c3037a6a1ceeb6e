"""The control API as a WSGI application, with its document and its pages."""

from typing import Any, cast

from flask import Blueprint, Response, redirect
from flask_openapi3.models.info import Info
from flask_openapi3.openapi import OpenAPI

from ccell_fake import __version__
from ccell_mock_server.control import accounts, arrangements, document, problems, requests, state, traffic, waiting
from ccell_mock_server.control.guard import guard
from ccell_mock_server.control.requests import ControlRequest
from ccell_mock_server.http.paths import CONTROL_PREFIX, METRICS_PATH
from ccell_mock_server.metrics import CONTENT_TYPE
from ccell_mock_server.services import Services

_VERSION = f"{CONTROL_PREFIX}v1"


class _Control(OpenAPI):
    request_class = ControlRequest

    def generate_spec_json(self) -> None:
        """Make the document."""
        super().generate_spec_json()  # type: ignore[no-untyped-call]
        document.finish(cast("dict[str, Any]", self.spec_json))  # pyright: ignore[reportUnknownMemberType]


def create_control(services: Services, *, is_documented: bool) -> OpenAPI:
    """The control API of an emulator.

    Args:
        services: What it works on.
        is_documented: Whether it has its document and pages, too, which take their time to make.
    """
    app = _Control(
        "ccell_mock_server.control",
        info=Info(
            title="The control API of ccell-fake",
            version=__version__,
            description="Everything a test arranges, watches and waits for.",
        ),
        security_schemes=document.SECURITY,
        doc_prefix=CONTROL_PREFIX.rstrip("/"),
        doc_url="/openapi.json",
        validation_error_callback=requests.of_validation,
        static_folder=None,
        doc_ui=is_documented,
    )
    app.url_map.merge_slashes = False
    app.before_request(guard(services.control_token))
    app.after_request(_harden)
    problems.register(app)
    for part in (accounts, arrangements, traffic, waiting, state):
        for api in part.views(services):
            app.register_api(api.blueprint(is_documented=is_documented), url_prefix=_VERSION)
    app.register_blueprint(_figures(services))
    return app


def _figures(services: Services) -> Blueprint:
    figures = Blueprint("figures", __name__)

    @figures.get(METRICS_PATH)
    def metrics() -> Response:  # pyright: ignore[reportUnusedFunction]
        return Response(services.metrics.text(), content_type=CONTENT_TYPE)

    @figures.get(f"{CONTROL_PREFIX}docs")
    def docs() -> Response:  # pyright: ignore[reportUnusedFunction]
        return cast("Response", redirect("swagger"))

    return figures


def _harden(response: Response) -> Response:
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
