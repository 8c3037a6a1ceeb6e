"""Exceptions of a run: findings, and the exceptions that end runs against a live service."""

from collections.abc import Generator
from contextlib import contextmanager

from hypothesis.errors import StopTest, UnsatisfiedAssumption

_NO_FAILURE = (StopTest, UnsatisfiedAssumption)


class Finding(AssertionError):
    """Base class of everything the machine finds. Its notes list the requests at the gateway."""


class Lost(Finding):
    """A message, a report or a reply was lost between the gateway and the store.

    The store marks an accepted message as failed, marks a message as accepted that never arrived, or lacks a report or
    a reply that was handed out.
    """


class Duplicated(Finding):
    """A phone gets the same message twice, or the store has a reply twice."""


class Mismatched(Finding):
    """The store has a wrong fate for a message, or a message went to another phone or was sent at another time."""


class Unfaithful(Finding):
    """The gateway did not behave as the document says. The integration is not to blame."""


class Withheld(Finding):
    """A request to a live service was blocked: it might have reached another person, or cost more than allowed."""


def require(condition: bool, message: str) -> None:  # noqa: FBT001 - as assert has it
    """Raise Unfaithful if a gateway does not meet a condition."""
    if not condition:
        raise Unfaithful(message)


class Spent(Exception):
    """No further run is possible: the budget is used up."""


class Ended(BaseException):
    """Ends a run at once. Hypothesis does not catch it, so it does not repeat the run.

    Attributes:
        failure: The exception that ended the run.
    """

    def __init__(self, failure: BaseException) -> None:
        super().__init__(failure)
        self.failure = failure


@contextmanager
def end_on_failure(*, is_repeatable: bool) -> Generator[None]:
    """Turn any failure into Ended, unless the run may be repeated.

    Raises:
        Ended: With the failure.
    """
    try:
        yield
    except (Ended, *_NO_FAILURE):
        raise
    except BaseException as failure:
        # Hypothesis repeats a run also after the exceptions of pytest.fail and sys.exit, which are no Exceptions.
        if is_repeatable:
            raise
        raise Ended(failure) from failure
