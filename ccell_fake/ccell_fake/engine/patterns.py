"""Patterns of settings: text with `*` for any text, and lists of numbers."""

import fnmatch
import glob
import re
from collections.abc import Iterable, Iterator


def any_of(patterns: Iterable[str]) -> re.Pattern[str]:
    """One expression that matches, whole, what any of the patterns matches."""
    return re.compile(
        "|".join(fnmatch.translate("*".join(glob.escape(part) for part in pattern.split("*"))) for pattern in patterns)
    )


class NumberList:
    """Numbers, and prefixes ending in `*`; a look-up costs the same whatever the length of the list."""

    def __init__(self, entries: Iterable[str]) -> None:
        """Sort entries into whole numbers and prefixes."""
        entries = tuple(entries)
        self._numbers = frozenset(entry for entry in entries if not entry.endswith("*"))
        self._prefixes = frozenset(entry[:-1] for entry in entries if entry.endswith("*"))
        self._lengths = sorted({len(prefix) for prefix in self._prefixes})

    def __contains__(self, number: str) -> bool:
        """Whether the number, or a prefix of it, is listed."""
        return number in self._numbers or any(number[:length] in self._prefixes for length in self._lengths)

    def entries_for(self, number: str) -> Iterator[str]:
        """The entries by which a number is listed."""
        if number in self._numbers:
            yield number
        prefixes = (number[:length] for length in self._lengths)
        yield from (f"{prefix}*" for prefix in prefixes if prefix in self._prefixes)
