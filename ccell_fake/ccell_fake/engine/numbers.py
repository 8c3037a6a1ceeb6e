"""Numbers: split a phone attribute, and recognise numbers and their carriers (S2, Q8, Q9)."""

from functools import cache
from itertools import product

from ccell_fake.engine.assumptions import Answers
from ccell_fake.limits import NUMBER_SEPARATOR
from ccell_fixtures.prefixes import DOCUMENT_YEAR, PREFIXES, SHOWN_REFUSED

NUMBER_DIGITS = 11
BLANKS = "".join(map(chr, range(ord(" ") + 1)))
"""The characters that Java's `String.trim()` removes. U+00A0 and U+3000 are not among them."""

_DIGITS = "0123456789"
HEAD_DIGITS = max(map(len, PREFIXES))
"""Digits of the keys of `heads`."""


def split_numbers(phone: str, answers: Answers) -> tuple[str, ...]:
    """Split a phone attribute into numbers, by default trimmed and without empty items (Q9)."""
    items = phone.split(NUMBER_SEPARATOR)
    if answers["Q9"] == "refuse":
        return tuple(items)
    blanks = BLANKS if answers["Q9"] == "trim" else None
    return tuple(number for item in items if (number := item.strip(blanks)))


def has_digits(number: str) -> bool:
    """Return whether a number has the 11 digits of a mainland mobile number."""
    return len(number) == NUMBER_DIGITS and number.isascii() and number.isdigit()


def carrier(number: str, answers: Answers) -> str | None:
    """Return the carrier of a number's prefix, or None if the number is not recognised (Q8)."""
    if not has_digits(number) or number in SHOWN_REFUSED:
        return None
    return heads(answers["Q8"]).get(number[:HEAD_DIGITS])


@cache
def heads(recognised: str) -> dict[str, str]:
    """Return the beginnings of recognised numbers, all of the same length, with their carriers.

    Args:
        recognised: The answer to Q8.
    """
    # A longer prefix takes precedence.
    carriers = {
        prefix + "".join(rest): known.carrier if recognised == "today" or known.since <= DOCUMENT_YEAR else None
        for prefix, known in sorted(PREFIXES.items(), key=lambda item: len(item[0]))
        for rest in product(_DIGITS, repeat=HEAD_DIGITS - len(prefix))
    }
    return {head: whose for head, whose in sorted(carriers.items()) if whose is not None}
