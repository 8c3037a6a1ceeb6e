"""How often and when a request is repeated that went over the account's limit of threads (K2)."""

from dataclasses import dataclass

from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from ccell_fake.client.errors import RequestRefused
from ccell_fake.codes import Code


@dataclass(frozen=True, slots=True)
class Retry:
    """How a request that was answered 1001006 is repeated; nothing of such a request was submitted.

    The pauses are random, up to `first_pause` seconds before the first repetition and up to twice as many before each
    that follows. Few attempts are wise: an account that goes over its limit again and again may be locked (K3).

    Attributes:
        attempts: How often a request is sent at most; 1 never repeats.
        first_pause: Seconds.
        longest_pause: Seconds that no pause exceeds.
    """

    attempts: int = 4
    first_pause: float = 1.0
    longest_pause: float = 10.0

    def __post_init__(self) -> None:
        """Refuse what makes no sense.

        Raises:
            ValueError: There is no attempt, or a pause is negative.
        """
        if self.attempts < 1 or self.first_pause < 0 or self.longest_pause < 0:
            message = "a request is sent at least once, and no pause is negative"
            raise ValueError(message)

    def retrying(self) -> Retrying:
        """The attempts, to be gone through by any number of calls; the state of each says what to wait before it."""
        return Retrying(
            stop=stop_after_attempt(self.attempts),
            wait=wait_random_exponential(multiplier=self.first_pause, max=self.longest_pause),
            retry=retry_if_exception(_is_over_the_limit),
            sleep=_leave_to_the_caller,
            reraise=True,
        )


def _leave_to_the_caller(_seconds: float) -> None:
    """Plans do not sleep themselves."""


def _is_over_the_limit(error: BaseException) -> bool:
    return isinstance(error, RequestRefused) and error.code == Code.CONCURRENCY_EXCEEDED
