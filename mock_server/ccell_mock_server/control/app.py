"""The control API as a WSGI application, with its document and its pages."""

import json
from typing import Any, cast

from flask import Blueprint, Response, redirect, request
from flask_openapi3.models.info import Info
from flask_openapi3.openapi import OpenAPI

from ccell_fake import __version__
from ccell_fake.engine.assumptions import Answers
from ccell_mock_server.config.errors import ConfigProblem
from ccell_mock_server.console import pages as console
from ccell_mock_server.control import document, responses
from ccell_mock_server.control.api import DeclaredOperation
from ccell_mock_server.control.blueprints import ControlRequest, blueprint, refuse_invalid
from ccell_mock_server.control.explained import in_chinese
from ccell_mock_server.control.guard import guard
from ccell_mock_server.control.operations import apis
from ccell_mock_server.control.problems import InvalidError
from ccell_mock_server.http.paths import CONTROL_PREFIX, METRICS_PATH
from ccell_mock_server.metrics import CONTENT_TYPE
from ccell_mock_server.services import Services

_VERSION = f"{CONTROL_PREFIX}v1"


class _Control(OpenAPI):
    request_class = ControlRequest
    operations: list[DeclaredOperation]
    answers: Answers

    @property
    def api_doc(self) -> dict[str, Any]:
        """The document in the language that the request asks for, with the address of the request as its server."""
        spec = cast("dict[str, Any]", super().api_doc)  # pyright: ignore[reportUnknownMemberType]
        language = request.args.get("lang", document.LANGUAGES[0])
        if language not in document.LANGUAGES:
            allowed = f"must be {' or '.join(document.LANGUAGES)}"
            raise InvalidError([ConfigProblem("lang", allowed, json.dumps(language[:80], ensure_ascii=False))])
        described = spec if language == document.LANGUAGES[0] else in_chinese(spec)
        return {**described, "servers": [{"url": request.url_root.rstrip("/")}]}

    def generate_spec_json(self) -> None:
        """Generate the document."""
        super().generate_spec_json()  # type: ignore[no-untyped-call]
        document.finish(cast("dict[str, Any]", self.spec_json), self.operations, self.answers)  # pyright: ignore[reportUnknownMemberType]


def create_control(services: Services, *, is_documented: bool) -> OpenAPI:
    """Create the control API of an emulator.

    Args:
        services: The emulator.
        is_documented: Whether to make its document and pages, too, which takes longer.
    """
    app = _Control(
        "ccell_mock_server.control",
        info=Info(
            title="The control API of ccell-fake",
            version=__version__,
            description="Arrange accounts, inspect them, and wait for events.",
        ),
        security_schemes=document.SECURITY,
        doc_prefix=CONTROL_PREFIX.rstrip("/"),
        doc_url="/openapi.json",
        validation_error_callback=refuse_invalid,
        static_folder=None,
        doc_ui=is_documented,
    )
    # Members of the document stand in the order in which they are declared.
    app.json.sort_keys = False  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
    app.url_map.merge_slashes = False
    app.before_request(guard(services.control_token))
    app.after_request(_harden)
    responses.register(app)
    declared = apis(services)
    app.operations = [operation for api in declared for operation in api.operations]
    app.answers = services.accounts.answers
    for api in declared:
        app.register_api(blueprint(api, is_documented=is_documented), url_prefix=_VERSION)
    app.register_blueprint(_pages(services))
    app.register_blueprint(console.blueprint())
    return app


def _pages(services: Services) -> Blueprint:
    pages = Blueprint("pages", __name__)

    @pages.get(METRICS_PATH)
    def metrics() -> Response:  # pyright: ignore[reportUnusedFunction]
        return Response(services.metrics.text(), content_type=CONTENT_TYPE)

    @pages.get(f"{CONTROL_PREFIX}docs")
    def docs() -> Response:  # pyright: ignore[reportUnusedFunction]
        return cast("Response", redirect("swagger"))

    return pages


def _harden(response: Response) -> Response:
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
