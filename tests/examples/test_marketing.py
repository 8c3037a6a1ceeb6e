"""Marketing sender: phones that opt out get no more texts."""

import pytest
from examples.gateways import Gateway
from examples.marketing import Marketing

from ccell_fake.testing import Ccell

PHONES = ["13800000000", "13600001234"]


@pytest.fixture
def marketing(gateway: Gateway) -> Marketing:
    return Marketing(gateway)


def test_every_text_ends_with_the_opt_out_phrase(ccell: Ccell, marketing: Marketing) -> None:
    assert marketing.send("spring", [*PHONES, PHONES[0]], "新品上市。") == dict.fromkeys(PHONES, "0")
    assert [(one.phone, one.linkid) for one in ccell.outbox] == [(phone, "spring") for phone in PHONES]
    assert {one.content for one in ccell.outbox} == {"新品上市。退订回T【签名】"}


@pytest.mark.parametrize("text", ["T", " td ", "退订"])
def test_a_phone_that_opts_out_gets_no_more_texts(ccell: Ccell, marketing: Marketing, text: str) -> None:
    marketing.send("spring", PHONES, "新品上市。")
    ccell.reply(PHONES[0], text)
    ccell.reply(PHONES[1], "好的")
    ccell.clock.advance(hours=1)
    assert marketing.send("summer", PHONES, "夏季特惠。") == {PHONES[1]: "0"}
    assert [one.phone for one in ccell.outbox if one.linkid == "summer"] == [PHONES[1]]


def test_nothing_is_sent_without_phones(ccell: Ccell, marketing: Marketing) -> None:
    ccell.reply(PHONES[0], "TD")
    assert marketing.send("spring", PHONES[:1], "新品上市。") == {}
    assert not ccell.outbox
