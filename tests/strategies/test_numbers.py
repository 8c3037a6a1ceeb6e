"""Guarantees of the strategies for recognised, unrecognisable and magic phones."""

import pytest
from harness import documents
from harness.emulators import Bench, codes, items
from hypothesis import find, given
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from ccell_fake import strategies
from ccell_fake.codes import Code
from ccell_fake.engine import magic, numbers
from ccell_fake.engine.assumptions import Answers
from ccell_fake.settings import Carrier
from ccell_fake.strategies import Recognised
from ccell_fixtures.prefixes import DOCUMENT_YEAR, PREFIXES

ORDINARY = [one for one in PREFIXES.values() if one.since <= DOCUMENT_YEAR and one.digits not in magic.HEADS]
ANSWERS: dict[Recognised, Answers] = {"then": Answers({"Q8": "then"}), "today": Answers()}
CARRIERS: list[tuple[Carrier, Recognised]] = [
    ("mobile", "then"),
    ("unicom", "then"),
    ("telecom", "then"),
    ("mobile", "today"),
    ("unicom", "today"),
    ("telecom", "today"),
    ("broadnet", "today"),
]


@pytest.mark.parametrize(("carrier", "recognised"), CARRIERS)
@given(st.data())
def test_a_phone_belongs_to_its_carrier(carrier: Carrier, recognised: Recognised, data: st.DataObject) -> None:
    phone = data.draw(strategies.phones(carrier, recognised=recognised))
    assert numbers.carrier(phone, ANSWERS[recognised]) == carrier


@given(strategies.phones())
def test_a_phone_is_accepted_and_its_message_delivered(phone: str) -> None:
    bench = Bench()
    assert codes(bench.send(phone)) == ["0", "0"]
    assert [report.info for report in bench.reports()] == ["成功"]


@pytest.mark.parametrize("recognised", ANSWERS)
def test_a_phone_never_begins_as_a_magic_one(recognised: Recognised) -> None:
    with pytest.raises(NoSuchExample):
        documents.some(
            strategies.phones("telecom", recognised=recognised), lambda phone: phone.startswith(magic.HEADS), among=300
        )


def test_every_prefix_in_service_is_drawn() -> None:
    missing = {prefix.digits for prefix in ORDINARY}

    def completes(phone: str) -> bool:
        missing.difference_update({phone[:3], phone[:4]})
        return not missing

    assert documents.some(strategies.phones(), completes)


def test_a_longer_prefix_decides_the_carrier() -> None:
    with pytest.raises(NoSuchExample):
        documents.some(strategies.phones("mobile"), lambda phone: phone.startswith("1349"), among=300)
    assert find(strategies.phones("telecom"), lambda phone: phone.startswith("1349")) == "13490000000"


@pytest.mark.parametrize("recognised", ANSWERS)
@given(st.data())
def test_an_unrecognisable_phone_is_refused_with_1004001(recognised: Recognised, data: st.DataObject) -> None:
    phone = data.draw(strategies.unrecognisable_phones(recognised=recognised))
    answer = Bench(assumptions={"Q8": recognised}).send(phone)
    assert codes(answer) == ["0", Code.NUMBER_UNRECOGNISED]
    assert [resp.phone for resp in items(answer)] == [phone]


@given(strategies.magic_phones(stats=()))
def test_a_magic_phone_of_a_code_is_refused_with_it(phone: str) -> None:
    assert codes(Bench().send(phone))[-1] == phone[4:]


@pytest.mark.parametrize("stat", magic.STATS)
@given(st.data())
def test_a_magic_phone_of_a_stat_is_reported_with_it(stat: str, data: st.DataObject) -> None:
    bench = Bench()
    assert codes(bench.send(data.draw(strategies.magic_phones(codes=(), stats=[stat])))) == ["0", "0"]
    assert [report.info for report in bench.reports()] == ["成功" if stat == "DELIVRD" else stat]


def test_all_magic_phones_are_drawn_by_default() -> None:
    for phone in {**magic.REQUEST_PHONES, **magic.NUMBER_PHONES, **magic.REPORT_PHONES}:
        assert documents.some(strategies.magic_phones(), phone.__eq__) == phone
    chosen = strategies.magic_phones(codes=["1004008", Code.BALANCE_TOO_SMALL], stats=())
    assert documents.some(chosen, "17001001002".__eq__)
    assert find(chosen, lambda phone: phone != "17001001002") == "17001004008"


def test_phones_shrink_to_the_documents_own() -> None:
    assert find(strategies.phones(), lambda _: True) == "13800000000"
    assert find(strategies.phones(), lambda phone: len(phone) == 11) == "13800000000"
    assert find(strategies.phones(), lambda phone: phone.startswith("1380") and phone[4:] > "0000006") == "13800000007"
    assert find(strategies.phones("unicom"), lambda _: True) == "13000000000"
    assert find(strategies.unrecognisable_phones(), lambda _: True) == "19500001111"
    assert find(strategies.unrecognisable_phones(), lambda phone: not phone.isdigit()) == "13800000xxx"
