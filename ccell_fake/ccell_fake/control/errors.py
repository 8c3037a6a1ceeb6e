"""Problem documents of the control API, and the errors that its client raises."""

from collections.abc import Iterator
from dataclasses import dataclass

from ccell_fake.errors import CcellError
from ccell_fake.inspection import WaitResult


@dataclass(frozen=True, slots=True)
class FieldError:
    """An error in one field of a request.

    Attributes:
        field: The field, such as `settings.signcode[0]` or `limit`; empty for the whole request.
        detail: The error, and the values allowed.
    """

    field: str
    detail: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Reason for a refused request (RFC 9457).

    Attributes:
        type: Kind of the problem, such as `/_ccell/problems/not-found`.
        title: Title of the kind.
        status: The HTTP status.
        detail: The error, and the values allowed.
        errors: The errors of single fields.
        after_position: If journal entries were dropped: all entries after this position are kept.
    """

    type: str
    title: str
    status: int
    detail: str
    errors: tuple[FieldError, ...] = ()
    after_position: int | None = None


class ControlError(CcellError):
    """The control API refused a request. The message names the reason and what is allowed.

    Attributes:
        problem: The answer.
    """

    def __init__(self, problem: Problem) -> None:
        """Keep the answer."""
        super().__init__(f"{problem.title}: {problem.detail}")
        self.problem = problem


class NotFound(ControlError):
    """The account, message, fault or hold does not exist."""


class JournalTruncated(ControlError):
    """The journal has dropped some of the entries you asked for; continue with `problem.after_position`."""


class AccountClosed(CcellError):
    """The account was closed: by `close`, at the end of its `with` block, or after its test."""


class Unreachable(CcellError):
    """No control API answers at the address."""


class Stopped(Unreachable):
    """The emulator ran in this process, and has stopped."""


class NotInTime(CcellError):
    """A wait timed out. The message lists what came instead and the messages that almost match.

    Attributes:
        answer: The result of the wait.
    """

    def __init__(self, wanted: str, timeout: float, answer: WaitResult) -> None:
        """Describe the wait and its result."""
        super().__init__("\n".join(_lines(wanted, timeout, answer)))
        self.answer = answer


def refusal(problem: Problem) -> ControlError:
    """The error for a problem document."""
    kinds = {404: NotFound, 410: JournalTruncated}
    return kinds.get(problem.status, ControlError)(problem)


def _lines(wanted: str, timeout: float, answer: WaitResult) -> Iterator[str]:
    yield f"waited {timeout:g} s for {wanted}"
    for near in answer.nearest[:3]:
        one = near.message
        differs = ", ".join(
            f"{mismatch.field} is {mismatch.was!r}, not {mismatch.wanted!r}" for mismatch in near.mismatches
        )
        yield f"  near: {one.msgid} to {one.phone}, {one.state}: {differs}"
    for entry in answer.came:
        yield f"  came: {entry.position} {entry.operation} {entry.code or entry.delivery} {entry.explanation}".rstrip()
    if not answer.nearest and not answer.came:
        yield "  nothing came"
