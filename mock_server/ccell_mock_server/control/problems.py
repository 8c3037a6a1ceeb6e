"""Refusals of the control API: the problem document (RFC 9457) of each error."""

from collections.abc import Iterable

from ccell_fake.control.errors import FieldError, Problem
from ccell_fake.errors import EntriesDropped, NoSuchThing, NotPossible, StoreUnavailable, TooManyWaiters
from ccell_mock_server.config.errors import ConfigProblem
from ccell_mock_server.http.paths import CONTROL_PREFIX
from ccell_mock_server.log import logger

_LOG = logger("control")
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
    503: ("busy", "The emulator cannot answer at present"),
}
STATUSES = tuple(_KINDS)
"""Statuses with which any operation may refuse a request."""


class RefusedError(Exception):
    """A request that cannot be read.

    Attributes:
        status: The HTTP status.
    """

    def __init__(self, status: int, detail: str) -> None:
        """Keep the status, the error and the values allowed."""
        super().__init__(detail)
        self.status = status


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
    status: int, detail: str, flaws: Iterable[ConfigProblem] = (), *, after_position: int | None = None
) -> Problem:
    """Make a problem document.

    Args:
        status: The HTTP status.
        detail: The error, and the values allowed.
        flaws: The errors of single fields.
        after_position: All journal entries after this position are kept.
    """
    kind, title = _KINDS.get(status, _FAILURE)
    return Problem(
        type=f"{CONTROL_PREFIX}problems/{kind}",
        title=title,
        status=status,
        detail=detail,
        errors=tuple(FieldError(flaw.key, flaw.detail) for flaw in flaws),
        after_position=after_position,
    )


def problem_of(error: Exception) -> Problem:
    """Make the problem document of an error of a view. An unexpected error is logged."""
    match error:
        case RefusedError():
            return problem(error.status, str(error))
        case InvalidError():
            return problem(422, str(error), error.flaws)
        case NoSuchThing() | NotPossible():
            return problem(404 if isinstance(error, NoSuchThing) else 409, str(error))
        case EntriesDropped():
            return problem(410, str(error), after_position=error.after_position)
        case TooManyWaiters() | StoreUnavailable():
            return problem(503, str(error))
        case _:
            _LOG.error("a control request failed", exc_info=error)
            return problem(500, "the emulator failed; see its log")
