"""Guarantees of the strategies for submits and requests."""

import pytest
from harness.emulators import DOCUMENT_DAY, Bench, codes, items
from hypothesis import find, given
from hypothesis import strategies as st

from ccell_fake import strategies
from ccell_fake.engine.context import Arrival
from ccell_fake.model import Operation, Request, Submit

PHONE, CONTENT = "13800000000", "您好【签名】"


@given(strategies.requests())
def test_every_number_of_a_request_is_accepted(request_: Request) -> None:
    numbers = [number for submit in request_.submits for number in (submit.phone or "").split(",")]
    answer = Bench().gateway.answer(Arrival(Operation.SEND, request_, "127.0.0.1"))
    assert [(resp.phone, resp.code) for resp in items(answer)] == [(number, "0") for number in numbers]


@pytest.mark.parametrize("operation", Operation)
@given(st.data())
def test_a_request_is_answered_by_its_endpoint(operation: Operation, data: st.DataObject) -> None:
    request = data.draw(strategies.requests(operation))
    assert codes(Bench().gateway.answer(Arrival(operation, request, "127.0.0.1")))[0] == "0"
    assert bool(request.submits) is (operation is Operation.SEND)


@given(
    strategies.submits(
        sendtimes=strategies.sendtimes(DOCUMENT_DAY),
        linkids=strategies.linkids(),
        spcodes=strategies.spcodes(),
        contents=strategies.contents(max_size=70),
    )
)
def test_a_submit_is_drawn_from_the_given_strategies(submit: Submit) -> None:
    assert None not in (submit.sendtime, submit.linkid, submit.spcode)
    assert set(codes(Bench(spcode=True).submit(submit))) == {"0"}
    assert len(submit.content or "") <= 70


@given(strategies.submits(phones=strategies.magic_phones(codes=["1004008"], stats=()), min_numbers=2, max_numbers=2))
def test_phones_are_drawn_from_the_given_strategy(submit: Submit) -> None:
    assert codes(Bench().submit(submit)) == ["0", "1004008", "1004008"]


@given(st.data(), st.integers(1, 5), st.integers(0, 5))
def test_numbers_and_submits_keep_to_their_bounds(data: st.DataObject, least: int, more: int) -> None:
    submits = strategies.submits(min_numbers=least, max_numbers=least + more)
    request = data.draw(strategies.requests(submits=submits, min_submits=least, max_submits=least + more))
    assert least <= len(request.submits) <= least + more
    for submit in request.submits:
        assert least <= len((submit.phone or "").split(",")) <= least + more


@pytest.mark.parametrize(("numbers", "code"), [(500, "0"), (501, "1001001")])
def test_a_request_can_lie_exactly_at_the_limit_of_numbers(numbers: int, code: str) -> None:
    submits = strategies.submits(min_numbers=numbers, max_numbers=numbers, contents=st.just(CONTENT))
    submit = find(submits, lambda _: True)
    assert submit.phone == ",".join([PHONE] * numbers)
    assert codes(Bench().submit(submit))[0] == code


def test_a_request_shrinks_to_a_plain_one() -> None:
    plain = Request("200001", "123456", (Submit(PHONE, CONTENT),))
    assert find(strategies.requests(), lambda _: True) == plain
    # Contents shrink slowly, and they have a test of their own.
    submits = strategies.submits(contents=st.just(CONTENT))
    two = find(strategies.requests(submits=submits), lambda request: len(request.submits) > 1)
    assert two.submits == plain.submits * 2
    assert find(submits, lambda submit: submit.linkid is not None) == Submit(PHONE, CONTENT, linkid="1")
    several = find(submits, lambda submit: "," in (submit.phone or ""))
    assert several == Submit(f"{PHONE},{PHONE}", CONTENT)


@pytest.mark.parametrize("operation", [Operation.INFO, "info"])
def test_the_credential_can_be_chosen(operation: Operation | str) -> None:
    assert find(strategies.requests(operation, userid="1", password=None), lambda _: True) == Request("1", None)
