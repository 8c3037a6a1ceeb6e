"""Requests to an emulator that reach no account of a test: they are misdirected, or in the name of another account."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import methodcaller

from ccell_fake.control.account import AccountControl
from ccell_fake.control.client import ControlClient, JournalTruncated, NotFound
from ccell_fake.errors import CcellError
from ccell_fake.inspection import JournalEntry

# Pytest shows the line of the test instead.
__tracebackhide__: methodcaller = methodcaller("errisinstance", CcellError)


@dataclass(frozen=True, slots=True)
class StrayRequest:
    """A request that reaches no account of a test.

    Attributes:
        userid: The account of the emulator in whose name it was; None if it was unreadable, of an unknown userid, or
            reached no endpoint.
        entry: Its journal entry.
    """

    userid: str | None
    entry: JournalEntry

    def __str__(self) -> str:
        """Name its position, and the reason why it did not reach the account."""
        return f"request {self.entry.position}: {self.reason}"

    @property
    def reason(self) -> str:
        """The reason why it did not reach the account."""
        if self.userid is None:
            return self.entry.explanation
        return f"{self.entry.operation} in the name of account {self.userid}, which is the emulator's own"


class Strays:
    """The stray requests to an emulator.

    Attributes:
        is_shared: Whether other processes test on the emulator at the same time. Then only a request of no account that
            contains the userid of a test's account is known to be a stray of the test.
    """

    def __init__(self, control: ControlClient, *, is_shared: bool = False) -> None:
        """Watch an emulator. Accounts that are open now are its own."""
        self.is_shared = is_shared
        self._control = control
        self._own = () if is_shared else tuple(one.userid for one in control.accounts())
        self._read_until = 0

    def position(self) -> int:
        """Position of the last request in any journal."""
        for entry in kept(self._control, self._read_until):
            self._read_until = entry.position
        return max(self._read_until, *(one.position for one in self._control.accounts()), 0)

    def since(self, position: int, userids: Iterable[str]) -> tuple[StrayRequest, ...]:
        """The stray requests after a position, in order.

        Args:
            position: The position.
            userids: The accounts of the test.
        """
        named = re.compile("|".join(rf"(?<!\w){re.escape(userid)}(?!\w)" for userid in userids) or r"(?!)")
        found = [
            StrayRequest(None, entry)
            for entry in kept(self._control, position)
            if not self.is_shared or named.search(entry.request)
        ]
        for userid in set(self._own).difference(userids):
            try:
                entries = tuple(kept(self._control.account(userid), position))
            except NotFound:
                continue
            found += [StrayRequest(userid, entry) for entry in entries]
        return tuple(sorted(found, key=lambda one: one.entry.position))


def kept(journal: ControlClient | AccountControl, after_position: int = 0) -> Iterator[JournalEntry]:
    """The entries of a journal after a position, as far as they are kept."""
    try:
        yield from journal.journal(after_position)
    except JournalTruncated as error:
        yield from journal.journal(error.problem.after_position or 0)
