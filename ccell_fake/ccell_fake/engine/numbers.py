"""Numbers: split a phone attribute, and recognise numbers and their carriers (S2, Q8, Q9)."""

from itertools import product

from ccell_fake.engine.assumptions import Answers
from ccell_fake.limits import NUMBER_SEPARATOR
from ccell_fixtures.prefixes import DOCUMENT_YEAR, PREFIXES

NUMBER_DIGITS = 11
_DIGITS = "0123456789"
_PREFIX_LENGTHS = sorted({len(digits) for digits in PREFIXES}, reverse=True)


def split_numbers(phone: str, answers: Answers) -> tuple[str, ...]:
    """Split a phone attribute into numbers, by default trimmed and without empty items (Q9)."""
    items = phone.split(NUMBER_SEPARATOR)
    if answers["Q9"] == "refuse":
        return tuple(items)
    return tuple(number for item in items if (number := item.strip()))


def carrier(number: str, answers: Answers) -> str | None:
    """Return the carrier of a number's prefix, or None if the number is not recognised (Q8)."""
    if len(number) != NUMBER_DIGITS or not (number.isascii() and number.isdigit()):
        return None
    for digits in _PREFIX_LENGTHS:
        prefix = PREFIXES.get(number[:digits])
        if prefix is not None:
            return prefix.carrier if answers["Q8"] == "today" or prefix.since <= DOCUMENT_YEAR else None
    return None


def heads(answers: Answers) -> dict[str, str]:
    """Return the beginnings of recognised numbers, all of the same length, with their carriers (Q8)."""
    longest = _PREFIX_LENGTHS[0]
    beginnings = (
        digits + "".join(rest) for digits in PREFIXES for rest in product(_DIGITS, repeat=longest - len(digits))
    )
    carriers = ((head, carrier(head.ljust(NUMBER_DIGITS, "0"), answers)) for head in sorted(beginnings))
    return {head: whose for head, whose in carriers if whose is not None}
