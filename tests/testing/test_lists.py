"""Messages, reports and upstream messages can be read like lists, and failures list the items that exist."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ccell_fake.control.client import ControlError
from ccell_fake.inspection import State
from ccell_fake.testing import Ccell, NotAsExpected

CONTENT = "您好【签名】"
PHONE = "13800000000"
OTHER = "13900000000"
REFUSED = "19500001111"


def test_an_outbox_reads_like_a_list(fake: Ccell) -> None:
    assert fake.outbox == []
    assert not fake.outbox
    fake.client.send([PHONE, OTHER], CONTENT)
    assert len(fake.outbox) == 2
    assert [message.phone for message in fake.outbox] == [PHONE, OTHER]
    assert (fake.outbox[0].content, fake.outbox[-1].phone) == (CONTENT, OTHER)
    assert [message.phone for message in fake.outbox[1:]] == [OTHER]
    assert fake.outbox[0] in fake.outbox
    assert fake.outbox == list(fake.outbox)
    assert fake.outbox != [fake.outbox[0]]


def test_a_list_shows_later_messages(fake: Ccell) -> None:
    outbox = fake.outbox
    fake.client.send(PHONE, CONTENT)
    assert len(outbox) == 1


def test_a_refused_message_is_not_in_the_outbox(fake: Ccell) -> None:
    fake.client.send([PHONE, REFUSED], CONTENT)
    assert [message.phone for message in fake.outbox] == [PHONE]
    assert [(message.phone, message.code) for message in fake.refused] == [(REFUSED, "1004001")]


def test_one_finds_a_message_by_every_field_and_by_patterns(fake: Ccell) -> None:
    fake.client.send(PHONE, CONTENT, linkid="order-1")
    fake.client.send(OTHER, "再见【签名】", linkid="order-2")
    first = fake.outbox[0]
    assert first == fake.outbox.one(phone=PHONE) == fake.outbox.one(linkid="order-1") == fake.outbox.one(content="您*")
    assert first == fake.outbox.one(msgid=first.msgid, state=State.DELIVERED)
    assert len(fake.outbox.find(linkid="order-*")) == 2
    assert fake.outbox.find(phone="1") == []


def test_one_reports_near_misses_first(fake: Ccell) -> None:
    fake.client.send(OTHER, "别的【签名】")
    fake.client.send("13800000001", CONTENT)
    with pytest.raises(NotAsExpected) as caught:
        fake.outbox.one(phone=PHONE, content=CONTENT)
    first, near, *_ = str(caught.value).splitlines()
    assert first == f"there are no accepted messages with phone='{PHONE}', content='{CONTENT}'"
    assert f"phone is '13800000001', not '{PHONE}'" in near


def test_one_reports_a_refused_message_as_a_near_miss(fake: Ccell) -> None:
    fake.client.send(REFUSED, CONTENT)
    with pytest.raises(NotAsExpected, match="code is '1004001', not '0'"):
        fake.outbox.one(phone=REFUSED)


def test_one_fails_if_several_match(fake: Ccell) -> None:
    fake.client.send([PHONE, OTHER], CONTENT)
    with pytest.raises(NotAsExpected, match=f"accepted messages must be one, got 2(.|\n)*{PHONE}(.|\n)*{OTHER}"):
        fake.outbox.one()


def test_one_fails_with_an_assertion_error(fake: Ccell) -> None:
    with pytest.raises(AssertionError, match="nothing came"):
        fake.outbox.one(phone=PHONE)


def test_an_index_error_lists_the_items(fake: Ccell) -> None:
    fake.client.send([f"1380000000{digit}" for digit in range(7)], CONTENT)
    with pytest.raises(IndexError, match=r"there is no \[7\]; there are 7 accepted messages:(.|\n)*and 2 more"):
        fake.outbox[7]


def test_an_unknown_field_is_refused(fake: Ccell) -> None:
    with pytest.raises(TypeError, match="cannot be found by 'fone'; did you mean phone"):
        fake.outbox.one(fone=PHONE)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]


def test_a_wait_ends_when_the_message_comes(fake: Ccell) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(fake.outbox.wait, timeout=300, phone=PHONE)
        fake.client.send(OTHER, CONTENT)
        fake.client.send(PHONE, CONTENT)
        assert waiting.result(60).phone == PHONE


def test_a_timeout_lists_what_came(fake: Ccell) -> None:
    fake.client.send(OTHER, CONTENT)
    with pytest.raises(NotAsExpected, match=f"with phone='{PHONE}' came within 0.01 s\n  near: .* to {OTHER}"):
        fake.outbox.wait(phone=PHONE, timeout=0.01)


def test_an_event_loop_runs_during_a_wait(fake: Ccell) -> None:
    async def main() -> None:
        async with asyncio.TaskGroup() as tasks, fake.connect_async() as client:
            waiting = tasks.create_task(fake.outbox.wait_async(timeout=300, phone=PHONE))
            drained = tasks.create_task(fake.wait_async("report", timeout=300))
            await client.send(PHONE, CONTENT)
            assert (await waiting).phone == PHONE
            await client.reports()
            assert (await drained).requests[0].items == 1

    asyncio.run(main())


def test_reports_show_when_they_were_fetched(fake: Ccell) -> None:
    (resp,) = fake.client.send(PHONE, CONTENT).resps
    assert fake.reports.one(msgid=resp.msgid).fetched_at is None
    fake.client.reports()
    assert fake.reports.one(phone=PHONE, status="0").fetched_at is not None


@pytest.mark.parametrize("pattern", ["138*", "*0", "*", "1*0*0", PHONE])
def test_a_pattern_finds_the_same_phones_in_every_list(fake: Ccell, pattern: str) -> None:
    fake.client.send([PHONE, "15912345678"], CONTENT)
    for message in fake.outbox:
        fake.reply(message.phone, "TD")
    expected = [PHONE, "15912345678"] if pattern == "*" else [PHONE]
    for items in (fake.outbox, fake.reports, fake.upmsgs):
        assert [item.phone for item in items.find(phone=pattern)] == expected


def test_every_field_of_reports_and_upstream_messages_takes_a_pattern(fake: Ccell) -> None:
    fake.client.send(PHONE, CONTENT, linkid="order-1")
    fake.reply(PHONE, "退订[1]", spcode="12")
    (report,), (upmsg,) = fake.reports, fake.upmsgs
    assert report == fake.reports.one(linkid="order-*") == fake.reports.one(info="成*", msgid=f"{report.msgid[:3]}*")
    assert upmsg == fake.upmsgs.one(msgcontent="退订*") == fake.upmsgs.one(msgcontent="*[1]", spnumber="*12")
    assert fake.upmsgs.find(msgcontent="退?*") == fake.upmsgs.find(msgcontent="退订[1-2]") == []


def test_one_lists_the_most_similar_reports_first(fake: Ccell) -> None:
    fake.client.send({"15912345678": "a【签名】", "13800000001": "b【签名】"})
    with pytest.raises(NotAsExpected) as caught:
        fake.reports.one(phone=PHONE)
    lines = str(caught.value).splitlines()
    assert lines[0] == f"there are no reports with phone='{PHONE}'"
    assert "13800000001" in lines[2]
    assert "15912345678" in lines[3]


def test_upstream_messages_are_listed(fake: Ccell) -> None:
    fake.reply(PHONE, "TD", spcode="12")
    (upmsg,) = fake.client.upmsgs()
    seen = fake.upmsgs.one(msgcontent="TD")
    assert (seen.phone, seen.spnumber) == (upmsg.phone, upmsg.spnumber) == (PHONE, "1069000012")
    assert seen.fetched_at is not None
    with pytest.raises(NotAsExpected, match="there are no upmsgs with phone='1'"):
        fake.upmsgs.one(phone="1")


@pytest.mark.parametrize("name", ["outbox", "refused", "reports", "upmsgs"])
@pytest.mark.parametrize("method", ["find", "one", "wait"])
def test_an_unknown_field_is_an_error_in_an_empty_list_too(fake: Ccell, name: str, method: str) -> None:
    with pytest.raises(TypeError, match=r"cannot be found by 'fone'; did you mean phone\? fields: .*phone"):
        getattr(getattr(fake, name), method)(fone=PHONE)


@pytest.mark.parametrize("name", ["outbox", "refused", "reports", "upmsgs"])
@pytest.mark.parametrize("method", ["find", "one", "wait"])
@pytest.mark.parametrize("value", [None, 13800000000, True])
def test_a_value_that_is_no_text_is_an_error(fake: Ccell, name: str, method: str, value: object) -> None:
    fake.client.send([PHONE, REFUSED], CONTENT)
    with pytest.raises(TypeError, match=f"phone must be text, got {value}"):
        getattr(getattr(fake, name), method)(phone=value)


def test_a_code_is_a_pattern_where_messages_are_found(fake: Ccell) -> None:
    fake.client.send([PHONE, REFUSED], CONTENT)
    assert fake.refused.one(code="1004*").phone == REFUSED
    assert fake.refused.wait(code="*001").phone == REFUSED
    with pytest.raises(NotAsExpected):
        fake.refused.one(code="1001*")


def test_a_state_is_no_pattern_nor_is_the_code_of_a_request(fake: Ccell) -> None:
    fake.client.send(REFUSED, CONTENT)
    for find in (
        lambda: fake.outbox.find(state="deliv*"),  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
        lambda: list(fake.account.journal(code="0*")),
    ):
        with pytest.raises(ControlError, match=r"(code|state) must .*\*"):
            find()


@pytest.mark.parametrize("value", [None, 1, "yes"])
def test_is_fetched_is_true_or_false(fake: Ccell, value: Any) -> None:
    with pytest.raises(TypeError, match="is_fetched must be True or False, got"):
        fake.reports.find(is_fetched=value)
    with pytest.raises(TypeError, match="is_fetched must be True or False, got"):
        fake.upmsgs.one(is_fetched=value)


def test_reports_and_upstream_messages_have_patterns(fake: Ccell) -> None:
    fake.client.send([PHONE, OTHER], CONTENT, linkid="order.1")
    fake.reply(PHONE, "TD\n退订")
    assert fake.reports.one(phone="138*", linkid="order.*", info="成*").phone == PHONE
    assert fake.reports.find(linkid="orderx*") == []
    assert fake.upmsgs.one(msgcontent="TD*").phone == PHONE
    assert fake.upmsgs.find(msgcontent="TD") == []


def test_a_wait_for_a_report_ends_when_it_is_fetched(fake: Ccell) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(fake.reports.wait, timeout=300, phone="138*", is_fetched=True)
        fake.client.send(PHONE, CONTENT)
        assert fake.reports.wait(phone=PHONE, is_fetched=False).fetched_at is None
        fake.client.reports()
        assert waiting.result(60).fetched_at is not None


def test_an_event_loop_runs_during_a_wait_for_reports_and_upstream_messages(fake: Ccell) -> None:
    async def main() -> None:
        async with asyncio.TaskGroup() as tasks, fake.connect_async() as client:
            report = tasks.create_task(fake.reports.wait_async(timeout=300, phone=PHONE))
            upmsg = tasks.create_task(fake.upmsgs.wait_async(timeout=300, msgcontent="T*"))
            await client.send(PHONE, CONTENT)
            fake.reply(PHONE, "TD")
            assert (await report).phone == (await upmsg).phone == PHONE

    asyncio.run(main())


def test_a_wait_for_a_report_that_times_out_lists_the_most_similar(fake: Ccell) -> None:
    fake.client.send(OTHER, CONTENT)
    with pytest.raises(
        NotAsExpected, match=f"^no reports with phone='{PHONE}' came within 0.01 s\n1 reports:(.|\n)*{OTHER}"
    ):
        fake.reports.wait(phone=PHONE, timeout=0.01)


def test_a_part_of_a_text_hints_at_the_pattern(fake: Ccell) -> None:
    fake.client.send(PHONE, "验证码为1234。【签名】")
    fake.reply(PHONE, "请退订")
    with pytest.raises(NotAsExpected, match=r"content must be the whole text; a part is content='\*验证码\*'"):
        fake.outbox.one(content="验证码")
    with pytest.raises(NotAsExpected, match=r"msgcontent must be the whole text; a part is msgcontent='\*退订\*'"):
        fake.upmsgs.one(msgcontent="退订")
    with pytest.raises(NotAsExpected) as caught:
        fake.outbox.one(content="再见")
    assert "whole text" not in str(caught.value)
