"""Sends: verdicts, serial numbers, charges and reports (S1 to S8, A2, Q13, Q14, W9, W10)."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from harness.emulators import CONTENT, DOCUMENT_DAY, PHONE, Bench, codes, items
from hypothesis import given
from hypothesis import strategies as st

from ccell_fake.engine import msgids
from ccell_fake.model import Operation, Reply, Submit


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_every_number_has_a_resp_in_the_order_submitted(bench: Bench) -> None:
    answer = bench.submit(Submit("13800000000,13600001234", CONTENT), Submit("13800000001", CONTENT))
    assert [resp.phone for resp in items(answer)] == ["13800000000", "13600001234", "13800000001"]
    assert codes(answer) == ["0", "0", "0", "0"]


def test_one_number_can_fail_while_the_rest_succeed(bench: Bench) -> None:
    answer = bench.send("13800000000,13600000xxx,19500001111")
    assert codes(answer) == ["0", "0", "1004001", "1004001"]
    assert [resp.info for resp in items(answer)] == [
        "成功",
        "手机号不可识别13600000xxx",
        "手机号不可识别19500001111",
    ]
    assert len({resp.msgid for resp in items(answer)}) == 3
    assert len(bench.reports()) == 1


def test_blanks_around_a_number_and_empty_items_are_ignored(bench: Bench) -> None:
    answer = bench.send(f" {PHONE} ,,13800000001,")
    assert [resp.phone for resp in items(answer)] == [PHONE, "13800000001"]


def test_resp_and_report_have_the_linkid_of_the_submit(bench: Bench) -> None:
    answer = bench.submit(Submit(PHONE, CONTENT, linkid="100001111110"), Submit("13800000001", CONTENT))
    assert [resp.linkid for resp in items(answer)] == ["100001111110", None]
    assert [report.linkid for report in bench.reports()] == ["100001111110", ""]


def test_a_report_has_the_msgid_of_its_resp(bench: Bench) -> None:
    sent = items(bench.send("13800000000,13800000001"))
    assert [(report.msgid, report.phone) for report in bench.reports()] == [(one.msgid, one.phone) for one in sent]


@pytest.mark.parametrize(
    ("phone", "content"), [(None, CONTENT), ("", CONTENT), (" , ", CONTENT), (PHONE, None), (PHONE, "")]
)
def test_a_submit_without_phone_or_content_refuses_the_request(
    bench: Bench, phone: str | None, content: str | None
) -> None:
    answer = bench.submit(Submit(PHONE, CONTENT), Submit(phone, content))
    assert answer.reply == Reply("1001001", "参数不完整")
    assert "submit 2 has no" in answer.explanation
    assert not bench.reports()
    assert bench.info().riches == "100000"


def test_a_send_without_a_submit_is_refused(bench: Bench) -> None:
    assert codes(bench.submit()) == ["1001001"]


def _numbers(count: int) -> str:
    return ",".join(f"138{number:08d}" for number in range(count))


def test_a_request_may_have_500_numbers_over_all_submits_but_not_501(bench: Bench) -> None:
    assert len(codes(bench.submit(Submit(_numbers(499), CONTENT), Submit(PHONE, CONTENT)))) == 501
    answer = bench.submit(Submit(_numbers(500), CONTENT), Submit(PHONE, CONTENT))
    assert codes(answer) == ["1001001"]
    assert "501 numbers" in answer.explanation
    assert (answer.rule, answer.basis) == ("numbers-per-request", "assumed Q4")


def test_a_content_may_have_1000_characters_but_not_1001(bench: Bench) -> None:
    assert codes(bench.send(content="一" * 996 + "【签名】")) == ["0", "0"]
    answer = bench.send(content="一" * 997 + "【签名】")
    assert codes(answer) == ["1001001"]
    assert "1001 characters; 2.1.2.1 allows 1000" in answer.explanation


def test_an_emoji_counts_as_two_characters(bench: Bench) -> None:
    assert codes(bench.send(content="一" * 994 + "😀【签名】")) == ["0", "0"]
    assert codes(bench.send(content="一" * 995 + "😀【签名】")) == ["1001001"]


@pytest.mark.parametrize(("characters", "charge"), [(5, 1), (70, 1), (71, 2), (134, 2), (135, 3), (1000, 15)])
def test_a_number_is_charged_by_the_segment(bench: Bench, characters: int, charge: int) -> None:
    bench.send("13800000000,13800000001", "一" * (characters - 4) + "【签名】")
    assert bench.info().riches == str(100_000 - 2 * charge)


def test_a_refused_number_costs_nothing(bench: Bench) -> None:
    bench.send("19500001111")
    assert bench.info().riches == "100000"


def test_the_balance_is_used_up_before_the_credit(bench: Bench) -> None:
    bench.set(balance=2, credit=1)
    assert codes(bench.send("13800000000,13800000001")) == ["0", "0", "0"]
    assert (bench.info().riches, bench.info().credit) == ("0", "1")
    refused = bench.send("13800000000,13800000001")
    assert refused.reply == Reply("1001002", "余额不足")
    assert refused.explanation.endswith("the request costs 2 messages; balance and credit cover 1")
    assert codes(bench.send()) == ["0", "0"]
    assert (bench.info().riches, bench.info().credit) == ("0", "0")
    assert codes(bench.send()) == ["1001002"]
    assert codes(bench.send("19500001111")) == ["0", "1004001"]


def test_a_password_is_accepted_in_plain_text_and_as_lower_case_md5(bench: Bench) -> None:
    md5 = hashlib.md5(b"123456", usedforsecurity=False).hexdigest()
    for password, code in (("123456", "0"), (md5, "0"), (md5.upper(), "1001004"), ("x", "1001004"), ("", "1001001")):
        assert codes(bench.ask(Operation.REPORT, password=password)) == [code]


def test_an_unknown_userid_is_answered_as_a_wrong_password(bench: Bench) -> None:
    bench.settings = type(bench.settings)(userid="999999")
    for operation in Operation:
        answer = bench.ask(operation)
        assert answer.reply == Reply("1001004", "密码不正确")
        assert (answer.rule, answer.basis) == ("account-known", "assumed Q1")


def test_an_unreadable_request_is_answered_as_incomplete(bench: Bench) -> None:
    for operation in Operation:
        answer = bench.refuse(operation, "it was a poem")
        assert answer.reply == Reply("1001001", "参数不完整")
        assert answer.explanation == "1001001: it was a poem"


def test_a_msgid_is_the_time_in_shanghai_and_seven_digits(bench: Bench) -> None:
    (resp,) = items(bench.send())
    assert len(resp.msgid) == 19
    assert resp.msgid.startswith("151231083030")


def test_msgids_increase_with_the_clock(bench: Bench) -> None:
    sent_msgids: list[int] = []
    for step in (0.0, 0.5, 0.5, 60.0, 0.0):
        bench.clock.advance(timedelta(seconds=step))
        sent_msgids.extend(int(resp.msgid) for resp in items(bench.send("13800000000,19500001111")))
    assert sent_msgids == sorted(set(sent_msgids))


def test_msgids_are_unique_and_increasing_across_threads() -> None:
    bench = Bench(max_concurrency=8)

    def send(_: int) -> list[int]:
        return [int(resp.msgid) for resp in items(bench.send("13800000000,13800000001"))]

    with ThreadPoolExecutor(8) as pool:
        sent = [msgid for msgids in pool.map(send, range(400)) for msgid in msgids]
    assert len(set(sent)) == 800
    assert [int(report.msgid) for _ in range(3) for report in bench.reports()] == sorted(sent)


def test_msgids_stay_unique_after_the_clock_is_set_back(bench: Bench) -> None:
    sent_msgids = [resp.msgid for _ in range(3) for resp in items(bench.send())]
    bench.clock.advance(timedelta(seconds=5))
    sent_msgids += [resp.msgid for resp in items(bench.send())]
    bench.clock.set(DOCUMENT_DAY)
    sent_msgids += [resp.msgid for resp in items(bench.send())]
    assert len(sent_msgids) == len(set(sent_msgids))


def test_the_same_seed_and_clock_give_the_same_msgids() -> None:
    first, second = (items(Bench().send("13800000000,13800000001")) for _ in range(2))
    assert first == second


@given(st.integers(min_value=0, max_value=2**63), st.integers(min_value=0, max_value=2000))
def test_the_msgids_of_a_second_begin_with_it_and_increase(seed: int, count: int) -> None:
    allotted = list(msgids.generate_msgids(DOCUMENT_DAY, count, lambda _second, start, _width: start, seed))
    assert len(allotted) == count
    assert allotted == sorted(set(allotted))
    assert all(f"{msgid}".startswith(f"{DOCUMENT_DAY:%y%m%d%H%M%S}") and len(f"{msgid}") == 19 for msgid in allotted)


def test_msgids_are_not_used_again_after_an_account_was_closed_or_reset(bench: Bench) -> None:
    serials: list[str] = []
    for _ in range(4):
        serials += [resp.msgid for resp in items(bench.send())]
        bench.admin.reset()
        serials += [resp.msgid for resp in items(bench.send())]
        bench.admin.close()
        bench.set()
    assert len(set(serials)) == 8


@given(st.lists(st.tuples(st.sampled_from(["200001", "200002", "200003"]), st.integers(1, 3), st.integers(-2, 2))))
def test_msgids_are_unique_across_accounts_and_increase_within_a_second(sends: list[tuple[str, int, int]]) -> None:
    bench = Bench()
    sent: list[tuple[str, str]] = []
    for userid, count, seconds in sends:
        bench.set(userid=userid)
        bench.clock.advance(timedelta(seconds=seconds))
        phones = ",".join(f"1380000000{number}" for number in range(count))
        sent += [(userid, resp.msgid) for resp in items(bench.send(phones))]
    serials = [msgid for _, msgid in sent]
    assert len(set(serials)) == len(serials)
    for userid in {userid for userid, _ in sent}:
        for second in {msgid[:12] for msgid in serials}:
            own = [msgid for owner, msgid in sent if owner == userid and msgid.startswith(second)]
            assert own == sorted(own)


def test_a_password_is_never_in_the_journal(bench: Bench) -> None:
    bench.ask(Operation.INFO, password="correct horse")
    bench.send()
    assert "correct horse" not in repr(bench.journal())
    assert "123456" not in repr(bench.journal())


def test_the_document_account_accepts_the_extended_sample(bench: Bench) -> None:
    bench.set(spcode=True)
    scheduled = Submit(PHONE, CONTENT, "2016-01-01 08:30:30", "100001111110", "168168")
    assert codes(bench.submit(scheduled)) == ["0", "0"]
    assert not bench.reports()
    bench.clock.advance(timedelta(hours=24))
    assert [report.linkid for report in bench.reports()] == ["100001111110"]
