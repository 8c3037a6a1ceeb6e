"""Slots of an account that a test keeps in use."""

from contextlib import suppress
from operator import methodcaller

from ccell_fake.control.client import AccountClosed, AccountControl, NotFound
from ccell_fake.errors import CcellError
from ccell_fake.inspection import Hold
from ccell_fake.model import Operation

__tracebackhide__: methodcaller = methodcaller("errisinstance", CcellError)


class Holding:
    """Slots in use from the moment it is made until `release`, or until the end of its `with` block.

    Attributes:
        hold: The hold, as the control API describes it.
    """

    def __init__(self, account: AccountControl, slots: int, operation: Operation | None, seconds: float) -> None:
        """Keep slots in use.

        Args:
            account: The account.
            slots: Number of slots.
            operation: The endpoint, if each has its own slots (Q21); None for any.
            seconds: Seconds after which they are freed at the latest.

        Raises:
            ControlError: Fewer slots are free.
        """
        self._account = account
        self._first = account.position + 1
        self._last: int | None = None
        self.hold: Hold = account.start_hold(slots, operation, seconds)

    def __enter__(self) -> Hold:
        """Return the hold."""
        return self.hold

    def __exit__(self, *_error: object) -> None:
        """Free the slots."""
        self.release()

    def __repr__(self) -> str:
        """The slots, and whether they are in use."""
        return f"<{self.hold.slots} slots {'in use' if self._last is None else 'freed'}>"

    def release(self) -> None:
        """Free the slots. A second call does nothing."""
        if self._last is not None:
            return
        self._last = self._first - 1
        # It is gone already if its time is over, or if the account was reset or closed.
        with suppress(NotFound, AccountClosed):
            self._last = self._account.position
            self._account.release(self.hold.id)

    @property
    def positions(self) -> range:
        """The journal positions of requests while the slots were in use."""
        return range(self._first, (self._account.position if self._last is None else self._last) + 1)
