"""The operations of the control API in Flask.

flask-openapi3 checks the requests and writes the OpenAPI document.
"""

import errno
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from typing import Any, Never, cast

from flask import Request, Response, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import ValidationError

from ccell_mock_server.control.api import Api, DeclaredOperation, HttpRequest
from ccell_mock_server.control.problems import RefusedError
from ccell_mock_server.control.requests import MAX_JSON_BYTES, check_type, invalid, is_about_body, read_json
from ccell_mock_server.control.responses import respond
from ccell_mock_server.http.connection import client_of, hang_up
from ccell_mock_server.http.waiting import ClientGoneError


class ControlRequest(Request):
    """A request whose JSON may have any depth and any encoding without harm."""

    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:  # noqa: ANN401, ARG002, FBT001, FBT002 - Flask's
        """Read the body as JSON, or refuse it."""
        self.max_content_length = MAX_JSON_BYTES
        check_type(self.mimetype)
        return read_json(self.read(cache=cache))

    def read(self, *, cache: bool = False) -> bytes:
        """Read the body. Raises RefusedError if it ends early, or is malformed or too long."""
        try:
            return self.get_data(cache=cache)
        except OSError as error:
            status = 413 if error.errno == errno.EFBIG else 400
            raise RefusedError(status, error.strerror or "the body cannot be read") from error


def blueprint(api: Api, *, is_documented: bool) -> APIBlueprint:
    """Make a blueprint of operations.

    Args:
        api: The operations.
        is_documented: Whether to add them to the OpenAPI document, which takes ten times as long.
    """
    tags = [Tag(name=api.name, description=api.about)]
    made = APIBlueprint(api.name, __name__, abp_tags=tags, doc_ui=is_documented, operation_id_callback=_operation_id)
    for one in api.operations:
        register = getattr(made, one.method)(one.rule, openapi_extensions=one.document)
        register(_over_http(one))
    return made


def refuse_invalid(error: ValidationError) -> Never:
    """Refuse a request in which pydantic found errors."""
    parameters = {**(request.view_args or {}), **request.args}
    raise invalid(error, parameters, request.get_json() if is_about_body(error) else None)


def _operation_id(*, name: str, **_: str) -> str:
    """An operation's id in the document: the name of its function."""
    return name


def _over_http(operation: DeclaredOperation) -> Callable[..., Response]:
    @wraps(operation.view)
    def view(**arguments: Any) -> Response:  # noqa: ANN401 - the models of the request
        if operation.takes("client"):
            arguments["client"] = client_of(request.environ)
        if operation.takes("http"):
            arguments["http"] = HttpRequest(request.environ, request.mimetype, cast("ControlRequest", request).read)
        try:
            return respond(operation.answer(**arguments))
        except ClientGoneError:
            return Response(_hang_up(request.environ))

    return view


def _hang_up(environ: Mapping[str, Any]) -> Iterator[bytes]:
    yield from ()
    hang_up(environ)
