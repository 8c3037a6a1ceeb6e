"""Answers of the control API over HTTP: records as JSON, and errors as problem documents (RFC 9457)."""

from collections.abc import Mapping

from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from ccell_fake.control.errors import Problem
from ccell_fake.errors import EffectUnknown
from ccell_fake.serialization import to_json
from ccell_mock_server.control.api import Answered, HttpOnlyAnswer
from ccell_mock_server.control.problems import problem, problem_of
from ccell_mock_server.control.requests import JSON

PROBLEM = "application/problem+json"

_BUSY = 503


def respond(answered: Answered) -> Response:
    """Answer a record as JSON, other content unchanged, or without a body."""
    match answered.record:
        case None:
            return Response(status=answered.status)
        case HttpOnlyAnswer() as other:
            response = Response(other.content, answered.status, other.headers, content_type=other.content_type)
            if other.close is not None:
                response.call_on_close(other.close)
            return response
        case record:
            return Response(to_json(record), answered.status, content_type=JSON)


def refuse(refused: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """Answer a problem document."""
    return Response(to_json(refused, exclude_none=True), refused.status, headers, content_type=PROBLEM)


def register(app: Flask) -> None:
    """Answer every error of an application as a problem."""
    app.register_error_handler(HTTPException, _of_http)
    app.register_error_handler(Exception, _of_view)


def _of_http(error: HTTPException) -> Response:
    headers = {name: value for name, value in error.get_headers() if name == "Allow"}
    return refuse(problem(error.code or 500, error.description or ""), headers)


def _of_view(error: Exception) -> Response:
    refused = problem_of(error)
    # What may have been carried out must not be tried again.
    is_safe = refused.status == _BUSY and not isinstance(error, EffectUnknown)
    return refuse(refused, {"Retry-After": "1"} if is_safe else None)
