"""Patterns of settings: text with `*` for any text, and lists of numbers and prefixes."""

import fnmatch
import glob
import re
from collections.abc import Iterable, Iterator


def any_of(patterns: Iterable[str]) -> re.Pattern[str]:
    """Compile patterns to one expression. `fullmatch` tells whether any of them matches."""
    return re.compile(
        "|".join(fnmatch.translate("*".join(glob.escape(part) for part in pattern.split("*"))) for pattern in patterns)
    )


class NumberList:
    """A list of numbers, and of prefixes ending in `*`. The time of a look-up does not depend on its length."""

    def __init__(self, entries: Iterable[str]) -> None:
        entries = tuple(entries)
        self._numbers = frozenset(entry for entry in entries if not entry.endswith("*"))
        self._prefixes = frozenset(entry[:-1] for entry in entries if entry.endswith("*"))
        self._lengths = sorted({len(prefix) for prefix in self._prefixes})

    def __contains__(self, number: str) -> bool:
        """Return whether the number or a prefix of it is in the list."""
        return number in self._numbers or any(number[:length] in self._prefixes for length in self._lengths)

    def entries_for(self, number: str) -> Iterator[str]:
        """Return the entries that match a number."""
        if number in self._numbers:
            yield number
        prefixes = (number[:length] for length in self._lengths)
        yield from (f"{prefix}*" for prefix in prefixes if prefix in self._prefixes)
