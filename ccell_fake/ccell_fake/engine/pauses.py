"""The interface between the engine and what pauses its requests."""

from collections.abc import Callable, Hashable
from typing import Protocol


class Pauses(Protocol):
    """Pauses requests. Each pause belongs to an owner, the account's lifetime."""

    def take_place(self) -> Callable[[], None]:
        """Take a place for a request that takes time. Returns the function that frees it, which may be called twice.

        Raises:
            TooManyWaiters: No place is free.
        """
        ...

    def pause(self, seconds: float, owner: Hashable, client: object = None) -> bool:
        """Wait. Returns False if the wait was cancelled or the client disconnected."""
        ...

    def cancel(self, owner: Hashable) -> None:
        """End the present and future waits of an owner."""
        ...
