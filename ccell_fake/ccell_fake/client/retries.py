"""Retry policy for requests that exceed the account's thread limit (K2)."""

from dataclasses import dataclass

from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from ccell_fake.client.errors import RequestRefused
from ccell_fake.codes import Code


@dataclass(frozen=True, slots=True)
class Retry:
    """Retry settings for 1001006. The gateway submits nothing of a request that it refuses with 1001006.

    Pauses are random: up to `first_pause` seconds before the first retry, and up to twice as long before each further
    one. Keep attempts few: exceeding the limit repeatedly may lock the account (K3).

    Attributes:
        attempts: Maximum number of attempts; 1 never retries.
        first_pause: Longest first pause, in seconds.
        longest_pause: Upper limit of every pause, in seconds.

    Raises:
        ValueError: `attempts` is below 1, or a pause is negative.
    """

    attempts: int = 4
    first_pause: float = 1.0
    longest_pause: float = 10.0

    def __post_init__(self) -> None:
        """Check the values."""
        for name, least in (("attempts", 1), ("first_pause", 0), ("longest_pause", 0)):
            value = getattr(self, name)
            if value < least:
                message = f"{name} must be at least {least}, got {value}"
                raise ValueError(message)

    def retrying(self) -> Retrying:
        """Tenacity's attempts. Any number of calls may share them; the state of each names the pause before it."""
        return Retrying(
            stop=stop_after_attempt(self.attempts),
            wait=wait_random_exponential(multiplier=self.first_pause, max=self.longest_pause),
            retry=retry_if_exception(is_over_the_limit),
            sleep=_leave_to_the_caller,
            reraise=True,
        )


def _leave_to_the_caller(_seconds: float) -> None:
    """Plans do not sleep."""


def is_over_the_limit(error: BaseException) -> bool:
    """Return whether the gateway refused a request because too many were in progress (K2)."""
    return isinstance(error, RequestRefused) and error.code == Code.CONCURRENCY_EXCEEDED
