"""Patterns of settings, faults and searches: text with `*` for any text, and lists of numbers and prefixes."""

from collections.abc import Iterable, Iterator


class Patterns:
    """Patterns with `*` for any text. The time of a comparison grows with the lengths, not with their product."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._patterns = tuple(tuple(pattern.split("*")) for pattern in patterns)

    def match(self, text: str) -> bool:
        """Return whether a pattern matches a whole text."""
        return any(_matches(parts, text) for parts in self._patterns)


def _matches(parts: tuple[str, ...], text: str) -> bool:
    """Return whether a text consists of these parts, with any text between them."""
    if len(parts) == 1:
        return text == parts[0]
    first, *inner, last = parts
    if len(text) < len(first) + len(last) or not (text.startswith(first) and text.endswith(last)):
        return False
    position, end = len(first), len(text) - len(last)
    for part in inner:
        position = text.find(part, position, end)
        if position < 0:
            return False
        position += len(part)
    return True


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
