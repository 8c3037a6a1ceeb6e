"""What a test may want of the world around an account: the one thing that differs between targets."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from ccell_fake.model import Operation


class Arranger(Protocol):
    """Moves the world around one account. Whatever it cannot do, it answers with NotAsked."""

    def later(self, seconds: float) -> None:
        """Let time pass on the account."""
        ...

    def stand_still(self) -> datetime:
        """Let the account's clock stand where it is; where that is, aware."""
        ...

    def upstream(self, phone: str, texts: Iterable[str]) -> None:
        """Let a phone send messages to the account."""
        ...

    def crowd(self, requests: int, operation: Operation | None = None) -> AbstractContextManager[object]:
        """Keep so many requests of the account in progress."""
        ...

    def fail(self) -> None:
        """Let the gateway fail at the next request of the account."""
        ...

    def is_worth_waiting(self) -> bool:
        """Wait a little for what the gateway brings about by itself; False once there was enough of that."""
        ...

    def close(self) -> None:
        """The account is needed no more."""
        ...
