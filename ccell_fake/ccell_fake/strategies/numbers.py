"""Strategies for phones: recognised, unrecognisable, and magic numbers (S2, Q8)."""

from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import Literal, get_args

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis.strategies import SearchStrategy

from ccell_fake.engine import magic, numbers
from ccell_fake.settings import Carrier
from ccell_fake.strategies.checks import check_choice, named
from ccell_fixtures.prefixes import SHOWN_REFUSED

Recognised = Literal["today", "then"]
"""Prefixes that the gateway recognises: an answer to Q8."""

_PLAIN_HEAD = "1380"
_MOBILE_HEADS = tuple(str(head) for head in range(1000, 2000))
_REST_DIGITS = numbers.NUMBER_DIGITS - len(_PLAIN_HEAD)

_MALFORMED: tuple[Callable[[str], str], ...] = (
    lambda phone: phone[:-1],
    lambda phone: phone + "0",
    lambda phone: phone[:-3] + "xxx",
    lambda phone: "86" + phone,
    lambda phone: "+86" + phone,
    lambda phone: "010" + phone[3:],
    lambda phone: f"{phone[:3]} {phone[3:7]} {phone[7:]}",
    lambda phone: f"{phone[:3]}-{phone[3:7]}-{phone[7:]}",
    lambda phone: phone.translate({ord(str(digit)): chr(0xFF10 + digit) for digit in range(10)}),
)


@named
def phones(carrier: Carrier | None = None, *, recognised: Recognised = "today") -> SearchStrategy[str]:
    """Numbers that the gateway recognises, such as `13800000000`. None has the prefix of a magic number.

    Args:
        carrier: `mobile`, `unicom`, `telecom` or `broadnet`; None for all.
        recognised: Prefixes that the gateway knows (Q8): `today` for those of today, the emulator's default, or `then`
            for those of the document's time.

    Raises:
        InvalidArgument: The carrier is unknown, or none of its numbers is recognised.
    """
    check_choice("recognised", recognised, get_args(Recognised))
    if carrier is not None:
        check_choice("carrier", carrier, get_args(Carrier))
    carriers = _carriers(recognised)
    heads = [head for head, whose in carriers.items() if carrier in {None, whose} and head not in magic.HEADS]
    if not heads:
        message = f"no number of {carrier} was recognised at the document's time; use recognised='today'"
        raise InvalidArgument(message)
    return _numbers(sorted(heads, key=lambda head: head != _PLAIN_HEAD))


@named
def unrecognisable_phones(*, recognised: Recognised = "today") -> SearchStrategy[str]:
    """Unrecognisable numbers, refused with 1004001: unassigned prefixes, too few or too many digits, landlines.

    Each is one item of a phone attribute: non-empty, without commas, and without blanks at its ends.

    Args:
        recognised: Prefixes that the gateway knows (Q8).

    Raises:
        InvalidArgument: `recognised` is unknown.
    """
    check_choice("recognised", recognised, get_args(Recognised))
    assigned = _carriers(recognised)
    unassigned = [head for head in _MOBILE_HEADS if head not in assigned]
    malformed = st.tuples(st.sampled_from(_MALFORMED), phones(recognised=recognised))
    return (
        st.sampled_from(sorted(SHOWN_REFUSED)) | _numbers(unassigned) | malformed.map(lambda drawn: drawn[0](drawn[1]))
    )


@named
def magic_phones(*, codes: Collection[str] | None = None, stats: Collection[str] | None = None) -> SearchStrategy[str]:
    """Magic numbers, which determine their own answer on an account with `magic_numbers`.

    Args:
        codes: Status codes of refused numbers; a code about requests refuses the request. None for all.
        stats: Stats, such as `UNDELIV`, of numbers that are accepted and reported so. None for all.

    Raises:
        InvalidArgument: No magic number has such a code or stat, or both collections are empty.
    """
    chosen = [
        *_with_answer("codes", {**magic.REQUEST_PHONES, **magic.NUMBER_PHONES}, codes),
        *_with_answer("stats", magic.REPORT_PHONES, stats),
    ]
    if not chosen:
        message = "codes and stats must not both be empty"
        raise InvalidArgument(message)
    return st.sampled_from(chosen)


def _with_answer(name: str, table: Mapping[str, str], answers: Collection[str] | None) -> list[str]:
    for one in answers or ():
        check_choice(name, one, table.values())
    return [phone for phone, answer in table.items() if answers is None or answer in answers]


@cache
def _carriers(recognised: Recognised) -> dict[str, str]:
    return numbers.heads(recognised)


def _numbers(heads: list[str]) -> SearchStrategy[str]:
    rests = st.integers(0, 10**_REST_DIGITS - 1).map(f"{{:0{_REST_DIGITS}d}}".format)
    return st.tuples(st.sampled_from(heads), rests).map("".join).filter(lambda phone: phone not in SHOWN_REFUSED)
