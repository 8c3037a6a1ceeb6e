"""Numbers, their carriers, and lists of them (Q8, 1004001, 1004006, 1004008, 1004009)."""

import pytest
from harness.emulators import PHONE, Bench, codes
from hypothesis import given
from hypothesis import strategies as st

from ccell_fake.engine.assumptions import Answers
from ccell_fake.engine.numbers import carrier
from ccell_fake.engine.patterns import NumberList, any_of
from ccell_fixtures.prefixes import DOCUMENT_YEAR, PREFIXES

THEN, TODAY = Answers(), Answers({"Q8": "today"})


@pytest.mark.parametrize("prefix", PREFIXES.values(), ids=lambda prefix: prefix.digits)
def test_a_prefix_is_recognised_from_its_year_on(prefix: object) -> None:
    digits, whose, since = prefix.digits, prefix.carrier, prefix.since  # type: ignore[attr-defined]
    number = f"{digits:0<11}"
    assert carrier(number, TODAY) == whose
    assert carrier(number, THEN) == (whose if since <= DOCUMENT_YEAR else None)


@pytest.mark.parametrize(
    "number", ["", "1380000000", "138000000000", "12800000000", "1380000000x", "１３８００００００００"]
)
def test_what_is_no_mainland_mobile_number_is_never_recognised(number: str) -> None:
    assert carrier(number, THEN) is None
    assert carrier(number, TODAY) is None


@pytest.mark.parametrize(
    ("phone", "whose"),
    [("13800000000", "mobile"), ("13000000000", "unicom"), ("13300000000", "telecom"), ("13490000000", "telecom")],
)
def test_a_carrier_without_a_channel_is_refused_and_no_other(phone: str, whose: str) -> None:
    others = tuple({"mobile", "unicom", "telecom", "broadnet"} - {whose})
    assert codes(Bench(channels=others).send(phone)) == ["0", "1004006"]
    assert codes(Bench(channels=(whose,)).send(phone)) == ["0", "0"]


def test_numbers_of_the_years_after_the_document_are_not_recognised_then() -> None:
    for number in ("19800000000", "16600000000", "19900000000", "19500001111", "19200000000"):
        assert carrier(number, THEN) is None
        assert carrier(number, TODAY) is not None


@given(
    st.lists(st.from_regex(r"[0-9]{1,4}\*?", fullmatch=True), max_size=10),
    st.from_regex(r"[0-9]{1,6}", fullmatch=True),
)
def test_a_list_holds_its_numbers_and_what_begins_with_its_prefixes(entries: list[str], number: str) -> None:
    expected = any(number.startswith(one[:-1]) if one.endswith("*") else number == one for one in entries)
    assert (number in NumberList(entries)) is expected


def test_an_empty_whitelist_accepts_nobody() -> None:
    assert codes(Bench(whitelist=()).send()) == ["0", "1004009"]
    assert codes(Bench(whitelist=("138*",)).send()) == ["0", "0"]
    assert codes(Bench(blacklist=("1380000000*",)).send()) == ["0", "1004008"]
    assert codes(Bench(blacklist=(PHONE[:-1] + "1",)).send()) == ["0", "0"]


@given(st.lists(st.text("ab*?[].", max_size=6), min_size=1, max_size=4), st.text("ab?[].", max_size=6))
def test_a_star_stands_for_any_text_and_nothing_else_is_special(patterns: list[str], text: str) -> None:
    def matches(pattern: str, rest: str) -> bool:
        if not pattern:
            return not rest
        if pattern[0] == "*":
            return any(matches(pattern[1:], rest[start:]) for start in range(len(rest) + 1))
        return bool(rest) and rest[0] == pattern[0] and matches(pattern[1:], rest[1:])

    assert (any_of(patterns).fullmatch(text) is not None) is any(matches(one, text) for one in patterns)
