"""Internal. The emulators and accounts of this process that tests have in use, for the pytest plugin."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ccell_fake.inspection import JournalEntry
    from ccell_fake.testing.account import Ccell, Server

servers: list[Server] = []
"""Servers in the order of connecting."""

accounts: list[Ccell] = []
"""Open accounts in the order of opening."""

closed: list[tuple[Ccell, tuple[JournalEntry, ...]]] | None = None
"""Accounts that were closed, with their journals, if these are wanted."""


def keep_journals(*, are_wanted: bool) -> None:
    """Choose whether an account that is closed leaves its journal in `closed`. The list is emptied."""
    global closed  # noqa: PLW0603 - the state of this module
    closed = [] if are_wanted else None
