"""Internal. The emulators and accounts of this process that tests have in use, for the pytest plugin."""

from typing import Any

from ccell_fake.inspection import JournalEntry

servers: list[Any] = []
"""Each `Server`, in the order of connecting."""

accounts: list[Any] = []
"""Each open `Ccell`, in the order of opening."""

closed: list[tuple[str, tuple[JournalEntry, ...]]] | None = None
"""The userid and the journal of each account that was closed, if these are wanted."""


def keep_journals(*, are_wanted: bool) -> None:
    """Choose whether an account that is closed leaves its journal in `closed`. The list is emptied."""
    global closed  # noqa: PLW0603 - the state of this module
    closed = [] if are_wanted else None
