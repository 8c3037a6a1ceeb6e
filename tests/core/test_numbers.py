"""Numbers, their carriers, and lists of them (Q8, 1004001, 1004006, 1004008, 1004009)."""

import pytest
from harness.emulators import CONTENT, PHONE, Bench, codes
from hypothesis import given
from hypothesis import strategies as st

from ccell_fake.engine.assumptions import Answers
from ccell_fake.engine.numbers import carrier
from ccell_fake.model import Submit
from ccell_fake.patterns import NumberList, Patterns
from ccell_fixtures.prefixes import DOCUMENT_YEAR, PREFIXES

THEN, TODAY = Answers({"Q8": "then"}), Answers()


def test_a_prefix_is_recognised_from_its_year_on() -> None:
    for prefix in PREFIXES.values():
        number = f"{prefix.digits:0<11}"
        assert carrier(number, TODAY) == prefix.carrier
        assert carrier(number, THEN) == (prefix.carrier if prefix.since <= DOCUMENT_YEAR else None)


@pytest.mark.parametrize(
    "number", ["", "1380000000", "138000000000", "12800000000", "1380000000x", "１３８００００００００"]
)
def test_only_mainland_mobile_numbers_are_recognised(number: str) -> None:
    assert carrier(number, THEN) is None
    assert carrier(number, TODAY) is None


@pytest.mark.parametrize(
    ("phone", "whose"),
    [("13800000000", "mobile"), ("13000000000", "unicom"), ("13300000000", "telecom"), ("13490000000", "telecom")],
)
def test_only_numbers_of_carriers_without_a_channel_are_refused(phone: str, whose: str) -> None:
    others = tuple({"mobile", "unicom", "telecom", "broadnet"} - {whose})
    assert codes(Bench(channels=others).send(phone)) == ["0", "1004006"]
    assert codes(Bench(channels=(whose,)).send(phone)) == ["0", "0"]


def test_prefixes_later_than_the_document_are_recognised_only_with_q8_today() -> None:
    for number in ("19800000000", "16600000000", "19900000000", "19500001112", "19200000000"):
        assert carrier(number, THEN) is None
        assert carrier(number, TODAY) is not None


@pytest.mark.parametrize("recognised", ["then", "today"])
def test_the_number_that_the_document_shows_as_refused_is_refused(recognised: str) -> None:
    answer = Bench(assumptions={"Q8": recognised}).send("19500001111")
    assert codes(answer) == ["0", "1004001"]
    assert answer.basis == "documented S8, assumed Q50"
    assert 'the setting prefixes = ["19500001111"] accepts it' in answer.explanation


@pytest.mark.parametrize(
    ("recognised", "phone", "how"),
    [
        ("today", "12000000000", 'no carrier has its prefix; the setting prefixes = ["120*"] accepts it'),
        ("then", "19800000000", 'the answer Q8 = "today" accepts it'),
        ("today", "8613800000000", "a number has 11 digits and a mainland mobile prefix"),
    ],
)
def test_the_explanation_says_how_a_number_can_be_recognised(recognised: str, phone: str, how: str) -> None:
    assert how in Bench(assumptions={"Q8": recognised}).send(phone).explanation


@given(st.text("\t\n\r \x1f"), st.text("\t \u00a0\u2003\u3000\x85"))
def test_only_characters_up_to_the_blank_are_trimmed_unless_q9_says_all_blanks(narrow: str, any_blanks: str) -> None:
    phone = f"{any_blanks}{PHONE}{narrow}"
    is_narrow = all(one <= " " for one in any_blanks)
    assert codes(Bench().send(phone)) == ["0", "0" if is_narrow else "1004001"]
    assert codes(Bench(assumptions={"Q9": "unicode"}).send(phone)) == ["0", "0"]
    assert codes(Bench(assumptions={"Q9": "refuse"}).send(phone)) == ["0", "0" if phone == PHONE else "1004001"]


@pytest.mark.parametrize(
    ("items", "phone", "basis", "how"),
    [
        ("trim", "\u00a013800000000", "assumed Q9", 'blanks around it; the answer Q9 = "unicode" trims them'),
        ("trim", "13800000000,\u3000", "assumed Q9", 'the item is empty; the answer Q9 = "unicode" drops it'),
        ("refuse", " 13800000000", "assumed Q9", 'blanks around it; the answer Q9 = "trim" trims them'),
        ("refuse", "13800000000,", "assumed Q9", 'the item is empty; the answer Q9 = "trim" drops it'),
        ("trim", "\u00a01", "assumed Q8", "a number has 11 digits"),
        ("trim", "138 0000 0000", "assumed Q8", "a number has 11 digits"),
    ],
)
def test_a_number_refused_for_its_blanks_names_the_answer_that_trims_them(
    items: str, phone: str, basis: str, how: str
) -> None:
    answer = Bench(assumptions={"Q9": items}).submit(Submit(phone, CONTENT), Submit("13900000000", CONTENT))
    assert answer.basis == basis
    assert how in answer.explanation


def test_numbers_of_the_setting_prefixes_are_recognised_and_any_channel_takes_them() -> None:
    bench = Bench(prefixes=("100*", "19500001111", "1200000000"), channels=("mobile",))
    sent = bench.send("10000000000,10012345678,19500001111,10100000000,1200000000,1001234567")
    assert codes(sent) == ["0", "0", "0", "0", "1004001", "1004001", "1004001"]
    assert len(bench.reports()) == 3


@given(
    st.lists(st.from_regex(r"[0-9]{1,4}\*?", fullmatch=True), max_size=10),
    st.from_regex(r"[0-9]{1,6}", fullmatch=True),
)
def test_a_number_list_matches_its_numbers_and_prefixes(entries: list[str], number: str) -> None:
    expected = any(number.startswith(one[:-1]) if one.endswith("*") else number == one for one in entries)
    assert (number in NumberList(entries)) is expected


def test_an_empty_whitelist_refuses_every_number() -> None:
    assert codes(Bench(whitelist=()).send()) == ["0", "1004009"]
    assert codes(Bench(whitelist=("138*",)).send()) == ["0", "0"]
    assert codes(Bench(blacklist=("1380000000*",)).send()) == ["0", "1004008"]
    assert codes(Bench(blacklist=(PHONE[:-1] + "1",)).send()) == ["0", "0"]


@given(st.lists(st.text("ab*?[].", max_size=6), min_size=1, max_size=4), st.text("ab?[].", max_size=6))
def test_only_a_star_is_special_in_a_pattern(patterns: list[str], text: str) -> None:
    def matches(pattern: str, rest: str) -> bool:
        if not pattern:
            return not rest
        if pattern[0] == "*":
            return any(matches(pattern[1:], rest[start:]) for start in range(len(rest) + 1))
        return bool(rest) and rest[0] == pattern[0] and matches(pattern[1:], rest[1:])

    assert Patterns(patterns).match(text) is any(matches(one, text) for one in patterns)
