"""Numbers: how a phone attribute divides into them, which are recognised, and whose they are (S2, Q8, Q9)."""

from itertools import product

from ccell_fake.engine.assumptions import Answers
from ccell_fake.limits import NUMBER_SEPARATOR
from ccell_fixtures.prefixes import DOCUMENT_YEAR, PREFIXES

NUMBER_DIGITS = 11
_DIGITS = "0123456789"
_PREFIX_LENGTHS = sorted({len(digits) for digits in PREFIXES}, reverse=True)


def divide(phone: str, answers: Answers) -> tuple[str, ...]:
    """The numbers of a phone attribute, in order; by default trimmed and without empty items (Q9)."""
    items = phone.split(NUMBER_SEPARATOR)
    if answers["Q9"] == "refuse":
        return tuple(items)
    return tuple(number for item in items if (number := item.strip()))


def carrier(number: str, answers: Answers) -> str | None:
    """Whose prefix a number has, or None where it is not recognised (Q8)."""
    if len(number) != NUMBER_DIGITS or not (number.isascii() and number.isdigit()):
        return None
    for digits in _PREFIX_LENGTHS:
        prefix = PREFIXES.get(number[:digits])
        if prefix is not None:
            return prefix.carrier if answers["Q8"] == "today" or prefix.since <= DOCUMENT_YEAR else None
    return None


def heads(answers: Answers) -> dict[str, str]:
    """How recognised numbers begin, each beginning as long as the longest prefix, with its carrier (Q8)."""
    longest = _PREFIX_LENGTHS[0]
    beginnings = (
        digits + "".join(rest) for digits in PREFIXES for rest in product(_DIGITS, repeat=longest - len(digits))
    )
    carriers = ((head, carrier(head.ljust(NUMBER_DIGITS, "0"), answers)) for head in sorted(beginnings))
    return {head: whose for head, whose in carriers if whose is not None}
