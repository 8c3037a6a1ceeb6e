"""What is live is tried once: a failure there must not come to Hypothesis, which would try it again."""

from collections.abc import Generator
from contextlib import contextmanager

from hypothesis.errors import HypothesisException


class Ended(BaseException):
    """Ends a run at once, past Hypothesis.

    Attributes:
        failure: What it ended with.
    """

    def __init__(self, failure: Exception) -> None:
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
    except HypothesisException:
        raise
    except Exception as failure:
        if is_repeatable:
            raise
        raise Ended(failure) from failure
