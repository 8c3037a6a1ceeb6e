"""Internal. The emulators and accounts of this process that tests have in use, for the pytest plugin."""

import os
from typing import Any

from ccell_fake.inspection import JournalEntry

servers: list[Any] = []
"""Each `Server`, in the order of connecting."""

accounts: list[Any] = []
"""Each open `Ccell`, in the order of opening."""

closed: list[tuple[Any, tuple[JournalEntry, ...]]] | None = [] if "PYTEST_CURRENT_TEST" in os.environ else None
"""Each `Ccell` that was closed and its journal, if these are wanted.

They are also wanted if this module is first needed by a test that runs already.
"""


def keep_journals(*, are_wanted: bool) -> None:
    """Choose whether an account that is closed leaves its journal in `closed`. The list is emptied."""
    global closed  # noqa: PLW0603 - the state of this module
    closed = [] if are_wanted else None
