"""Internal. The emulators and accounts of this process that tests have in use, for the pytest plugin."""

import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from ccell_fake.coverage import Coverage
from ccell_fake.errors import CcellError
from ccell_fake.inspection import JournalEntry

servers: list[Any] = []
"""Each `Server`, in the order of connecting."""

accounts: list[Any] = []
"""Each open `Ccell`, in the order of opening."""

closed: list[tuple[int, str, tuple[JournalEntry, ...]]] | None = [] if "PYTEST_CURRENT_TEST" in os.environ else None
"""The id, the userid and the journal of each `Ccell` that was closed, if these are wanted.

They are also wanted if this module is first needed by a test that runs already.
"""


def keep_journals(*, are_wanted: bool) -> None:
    """Choose whether an account that is closed leaves its journal in `closed`. The list is emptied."""
    global closed  # noqa: PLW0603 - the state of this module
    closed = [] if are_wanted else None


coverages: list[Coverage] | None = None
"""Coverage of each emulator of this process, and on each account of another one, that is no longer in use.

None if nobody wants it.
"""

coverage_readers: dict[Any, Callable[[], Coverage]] = {}
"""Returns what was met on those that are in use, by `Server` or `Ccell`."""


def keep_coverage(in_use: Any) -> None:  # noqa: ANN401 - a Server or a Ccell
    """Keep what was met, if that is wanted. It is lost if the emulator has stopped or the account is gone."""
    read = coverage_readers.pop(in_use, None)
    if read is not None and coverages is not None:
        with suppress(CcellError):
            coverages.append(read())
