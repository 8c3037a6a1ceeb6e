"""Phones: recognised ones of each carrier, ones that no gateway recognises, and magic ones (S2, Q8)."""

from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import Literal, get_args

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis.strategies import SearchStrategy

from ccell_fake.engine import magic, numbers
from ccell_fake.engine.assumptions import Answers
from ccell_fake.settings import Carrier
from ccell_fake.strategies.checks import check_choice, named

Recognised = Literal["then", "today"]
"""Which prefixes the gateway recognises: an answer to Q8."""

_PLAIN_HEAD = "1380"
_UNASSIGNED_HEAD = "1950"
_MOBILE_HEADS = tuple(str(head) for head in range(1000, 2000))
_REST_DIGITS = numbers.NUMBER_DIGITS - len(_PLAIN_HEAD)

_SPOILT: tuple[Callable[[str], str], ...] = (
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
def phones(carrier: Carrier | None = None, *, recognised: Recognised = "then") -> SearchStrategy[str]:
    """Numbers that the gateway recognises, such as `13800000000`; none that begins as magic ones do.

    Args:
        carrier: Whose they are: `mobile`, `unicom`, `telecom` or `broadnet`; None for anybody's.
        recognised: Which prefixes the gateway knows (Q8): those of the time of the document, as the emulator does
            unless told otherwise, or those of today.

    Raises:
        InvalidArgument: There is no such carrier, or none of its numbers is recognised.
    """
    check_choice("recognised", recognised, get_args(Recognised))
    if carrier is not None:
        check_choice("carrier", carrier, get_args(Carrier))
    carriers = _carriers(recognised)
    found = [head for head, whose in carriers.items() if carrier in {None, whose} and head not in magic.HEADS]
    if not found:
        message = f"no number of {carrier} is recognised as of the document's time; recognised='today' has some"
        raise InvalidArgument(message)
    return _beginning(sorted(found, key=lambda head: head != _PLAIN_HEAD))


@named
def unrecognisable_phones(*, recognised: Recognised = "then") -> SearchStrategy[str]:
    """What stands for a number and is none (1004001): an unassigned prefix, digits too few or too many, a landline.

    Each is one item of a phone attribute: not empty, without commas, and without blanks around.

    Args:
        recognised: Which prefixes the gateway knows (Q8).

    Raises:
        InvalidArgument: There is no such answer to Q8.
    """
    check_choice("recognised", recognised, get_args(Recognised))
    assigned = _carriers(recognised)
    unassigned = [head for head in (_UNASSIGNED_HEAD, *_MOBILE_HEADS) if head not in assigned]
    return _beginning(unassigned) | st.builds(_spoilt, st.sampled_from(_SPOILT), phones(recognised=recognised))


@named
def magic_phones(*, codes: Collection[str] | None = None, stats: Collection[str] | None = None) -> SearchStrategy[str]:
    """Phones that bring about an answer by themselves on an account with `magic_numbers`.

    Args:
        codes: Refused with one of these status codes, the request with it if the code is about a request; None for any
            code, empty for none of these phones.
        stats: Accepted, and then reported with one of these stats, such as `UNDELIV`; None for any, empty for none.

    Raises:
        InvalidArgument: No magic phone has such a code or stat, or none is left.
    """
    found = [
        *_answering("code", {**magic.REQUEST_PHONES, **magic.NUMBER_PHONES}, codes),
        *_answering("stat", magic.REPORT_PHONES, stats),
    ]
    if not found:
        message = "codes and stats are both empty; there is nothing to draw from"
        raise InvalidArgument(message)
    return st.sampled_from(found)


def _answering(what: str, table: Mapping[str, str], wanted: Collection[str] | None) -> list[str]:
    for one in wanted or ():
        check_choice(f"a {what} of a magic phone", one, tuple(table.values()))
    return [phone for phone, answer in table.items() if wanted is None or answer in wanted]


@cache
def _carriers(recognised: Recognised) -> dict[str, str]:
    return numbers.heads(Answers({"Q8": recognised}))


def _beginning(heads: list[str]) -> SearchStrategy[str]:
    rests = st.integers(0, 10**_REST_DIGITS - 1).map(f"{{:0{_REST_DIGITS}d}}".format)
    return st.tuples(st.sampled_from(heads), rests).map("".join)


def _spoilt(spoil: Callable[[str], str], phone: str) -> str:
    return spoil(phone)
