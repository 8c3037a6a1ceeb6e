"""Refusals of the control API, as RFC 9457 problem documents."""

import logging
from collections.abc import Iterable

from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from ccell_fake.control.errors import FieldError, Problem
from ccell_fake.errors import EntriesDropped, NoSuchThing, NotPossible
from ccell_fake.serialization import to_json
from ccell_fake.store.database import SnapshotError
from ccell_mock_server.config.errors import ConfigProblem
from ccell_mock_server.http.paths import CONTROL_PREFIX
from ccell_mock_server.http.waiting import TooManyWaitersError

CONTENT_TYPE = "application/problem+json"

_LOG = logging.getLogger("ccell_fake.control")
_FAILURE = ("failure", "The emulator failed")
_KINDS = {
    400: ("malformed", "The request cannot be read"),
    401: ("token", "The control token is missing or wrong"),
    403: ("forbidden", "The request comes from another site"),
    404: ("not-found", "Not found"),
    405: ("method", "The method is not allowed here"),
    409: ("conflict", "Not possible at present"),
    410: ("entries-dropped", "The journal has dropped entries"),
    413: ("too-large", "The body is too large"),
    415: ("media-type", "The body has another type"),
    422: ("invalid", "The request is invalid"),
    503: ("busy", "Too many clients wait"),
}
STATUSES = tuple(_KINDS)
"""Statuses with which any operation may refuse a request."""


class InvalidError(Exception):
    """A request of the right form with values that are not allowed.

    Attributes:
        flaws: The errors.
    """

    def __init__(self, flaws: Iterable[ConfigProblem]) -> None:
        """Keep the errors."""
        self.flaws: tuple[ConfigProblem, ...] = tuple(flaws)
        super().__init__("; ".join(map(str, self.flaws)))


def problem(
    status: int,
    detail: str,
    flaws: Iterable[ConfigProblem] = (),
    *,
    after_position: int | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """Make a refusal.

    Args:
        status: The HTTP status.
        detail: The error, and the values allowed.
        flaws: The errors of single fields.
        after_position: All journal entries after this position are kept.
        headers: Headers of the answer.
    """
    kind, title = _KINDS.get(status, _FAILURE)
    document = Problem(
        type=f"{CONTROL_PREFIX}problems/{kind}",
        title=title,
        status=status,
        detail=detail,
        errors=tuple(FieldError(flaw.key, flaw.detail) for flaw in flaws),
        after_position=after_position,
    )
    return Response(to_json(document, exclude_none=True), status, headers, content_type=CONTENT_TYPE)


def invalid(flaws: tuple[ConfigProblem, ...]) -> Response:
    """Refuse a request of the right form with values that are not allowed."""
    return problem(422, "; ".join(map(str, flaws)), flaws)


def register(app: Flask) -> None:
    """Answer every error of an application as a problem."""
    app.register_error_handler(InvalidError, lambda error: invalid(error.flaws))
    app.register_error_handler(NoSuchThing, lambda error: problem(404, str(error)))
    app.register_error_handler(NotPossible, lambda error: problem(409, str(error)))
    app.register_error_handler(
        EntriesDropped, lambda error: problem(410, str(error), after_position=error.after_position)
    )
    app.register_error_handler(SnapshotError, lambda error: invalid((ConfigProblem("", str(error)),)))
    app.register_error_handler(
        TooManyWaitersError, lambda error: problem(503, str(error), headers={"Retry-After": "1"})
    )
    app.register_error_handler(HTTPException, _of_http)
    app.register_error_handler(Exception, _of_failure)


def _of_http(error: HTTPException) -> Response:
    if error.response is not None:
        # `problem` has made it.
        return error.response  # type: ignore[return-value]
    headers = {name: value for name, value in error.get_headers() if name == "Allow"}
    return problem(error.code or 500, error.description or "", headers=headers)


def _of_failure(error: Exception) -> Response:
    _LOG.error("a control request failed", exc_info=error)
    return problem(500, "the emulator failed; see its log")
