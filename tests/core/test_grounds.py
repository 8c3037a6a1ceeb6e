"""The basis of an accepted send names each open question of which another answer would decide it differently."""

from datetime import timedelta
from typing import Any

import pytest
from harness.emulators import CONTENT, DOCUMENT_DAY, PHONE, Bench, codes
from hypothesis import given, settings
from hypothesis import strategies as st

from ccell_fake.limits import TIME_FORMAT
from ccell_fake.model import Submit
from ccell_fixtures.registries import ASSUMPTIONS

DECIDING = ("Q4", "Q5", "Q8", "Q9", "Q10", "Q13", "Q17", "Q27", "Q34", "Q35", "Q37", "Q38", "Q51", "Q52")
"""The questions that decide an accepted send: its numbers, its contents and its charge."""

PHONES = st.sampled_from([PHONE, "13900000000", "19800000000", " 13800000001", "13800000002,", f"{PHONE},13900000000"])
NAMES = st.sampled_from(["签名", "签" * 19, "签" * 20, "签" * 12 + "😀" * 3])
TEXTS = st.sampled_from(["您好", "字" * 60, "字" * 70, "字" * 64 + "😀", "字" * 995 + "😀", "字" * 1001])
LONG = "字" * 67 + "【签名】"
LONGEST_SCHEDULE = timedelta(days=50)
TIMES = st.none() | st.sampled_from([timedelta(0), timedelta(hours=1), LONGEST_SCHEDULE]).map(
    lambda ahead: f"{DOCUMENT_DAY + ahead:{TIME_FORMAT}}"
)
PATTERNS = st.sampled_from(["{text}【{name}】", "【{name}】{text}", "{text}[{name}]", "{text}【{name}】{text}"])
CONTENTS = st.tuples(PATTERNS, TEXTS, NAMES).map(lambda drawn: drawn[0].format(text=drawn[1], name=drawn[2]))
SUBMITS = st.builds(
    Submit,
    PHONES,
    CONTENTS,
    TIMES,
    st.sampled_from([None, "1", "1" * 1001]),
    st.sampled_from([None, "1", "1" * 101]),
)
ANSWERS: st.SearchStrategy[dict[str, str]] = st.fixed_dictionaries(
    {}, optional={id_: st.sampled_from([*ASSUMPTIONS[id_].answers]) for id_ in DECIDING}
)


def _decided(submits: list[Submit], answers: dict[str, str]) -> tuple[tuple[list[str], str, str], str]:
    """Return what the gateway decides about numbers and charges, at once and when all is sent, and the basis."""
    bench = Bench(spcode=True, assumptions=answers)
    answer = bench.submit(*submits)
    at_once = bench.info().riches
    bench.clock.advance(LONGEST_SCHEDULE)
    return (codes(answer), at_once, bench.info().riches), answer.basis


# Each example asks about two dozen gateways.
@settings(max_examples=settings().max_examples // 4)
@given(st.lists(SUBMITS, min_size=1, max_size=2), ANSWERS)
def test_the_basis_of_an_accepted_send_names_exactly_the_questions_that_decide_it(
    submits: list[Submit], answers: dict[str, str]
) -> None:
    decided, basis = _decided(submits, answers)
    if set(decided[0]) != {"0"}:
        return
    deciding = {
        id_
        for id_ in DECIDING
        for answer in ASSUMPTIONS[id_].answers
        if _decided(submits, {**answers, id_: answer})[0] != decided
    }
    assert {ground.partition(" ")[2] for ground in basis.split(", ")} == {"S5", *deciding}


@pytest.mark.parametrize(
    ("submit", "basis", "settings"),
    [
        (Submit(PHONE, CONTENT), "", {}),
        (Submit(PHONE, CONTENT, linkid="order-17"), "", {}),
        (Submit(f"{PHONE}, 13900000000", CONTENT), "Q9", {}),
        (Submit(f"{PHONE},", CONTENT), "Q9", {}),
        (Submit(f"\u3000{PHONE}", CONTENT), "Q9", {"assumptions": {"Q9": "unicode"}}),
        (Submit("19800000000", CONTENT), "Q8", {}),
        (Submit("19500001111", CONTENT), "", {"prefixes": ("19500001111",)}),
        (Submit(f"{PHONE},{PHONE}", CONTENT), "Q10", {}),
        (Submit(",".join([PHONE] * 501), CONTENT), "Q4, Q10", {"assumptions": {"Q4": "accept"}}),
        (Submit(PHONE, "字" * 66 + "【签名】"), "", {}),
        (Submit(PHONE, LONG), "Q13", {}),
        (Submit(PHONE, "字" * 65 + "😀【签名】"), "Q13, Q35", {}),
        (Submit(PHONE, "字" * 1000 + "【签名】"), "Q5, Q13", {"assumptions": {"Q5": "accept"}}),
        (Submit(PHONE, "您【签名】好"), "Q27", {"assumptions": {"Q27": "anywhere"}}),
        (Submit(PHONE, "您好【签名】"), "", {"assumptions": {"Q27": "anywhere"}}),
        (Submit(PHONE, "[签名]您好"), "Q52", {"assumptions": {"Q52": "yes"}}),
        (Submit(PHONE, f"您好【{'签' * 19}】"), "Q51", {}),
        (Submit(PHONE, f"您好【{'签' * 18}】"), "", {}),
        (Submit(PHONE, CONTENT, "2015-12-31 08:30:30"), "Q17", {}),
        (Submit(PHONE, CONTENT, "2016-01-01 08:30:30"), "Q34", {}),
        (Submit(PHONE, LONG, "2016-01-01 08:30:30"), "Q13, Q34", {"assumptions": {"Q34": "when_sent"}}),
        (Submit(PHONE, CONTENT, linkid="1" * 1001), "Q37", {"assumptions": {"Q37": "accept"}}),
        (Submit(PHONE, CONTENT, spcode="1" * 101), "Q38", {"spcode": True, "assumptions": {"Q38": "accept"}}),
    ],
)
def test_the_basis_of_an_accepted_send_is_short_unless_questions_decide(
    submit: Submit, basis: str, settings: dict[str, Any]
) -> None:
    answer = Bench(**settings).submit(submit)
    assert set(codes(answer)) == {"0"}
    assert answer.basis == ", ".join(["documented S5", *(f"assumed {one}" for one in basis.split(", ") if one)])


def test_the_basis_of_a_partly_refused_send_names_what_decides_its_accepted_numbers() -> None:
    assert Bench().send(f"12000000000, {PHONE}").basis == "assumed Q8, assumed Q9"


def test_the_basis_of_info_names_the_question_about_credit_in_use() -> None:
    bench = Bench(balance=1, credit=1)
    bases: list[str] = []
    for _ in range(2):
        bench.send()
        bases.append(bench.journal()[-1].basis)
        bench.info()
        bases.append(bench.journal()[-1].basis)
    assert bases == ["documented S5", "documented I1", "documented S5", "documented I1, assumed Q53"]
