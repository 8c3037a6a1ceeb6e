"""What is live is tried once: a failure there must not come to Hypothesis, which would try it again."""

from collections.abc import Generator
from contextlib import contextmanager

from hypothesis.errors import StopTest, UnsatisfiedAssumption

_NO_FAILURE = (StopTest, UnsatisfiedAssumption)


class Ended(BaseException):
    """Ends a run at once, past Hypothesis.

    Attributes:
        failure: What it ended with.
    """

    def __init__(self, failure: BaseException) -> None:
        """End with a failure."""
        super().__init__(failure)
        self.failure = failure


@contextmanager
def once(*, is_repeatable: bool) -> Generator[None]:
    """Let a failure end everything, unless it may be repeated.

    Raises:
        Ended: With the failure.
    """
    try:
        yield
    except (Ended, *_NO_FAILURE):
        raise
    except BaseException as failure:
        # What pytest.fail raises and what exits are no Exceptions, and Hypothesis takes them for failures.
        if is_repeatable:
            raise
        raise Ended(failure) from failure
