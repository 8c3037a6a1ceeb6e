"""Poller: every report reaches the database."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from examples.gateways import Gateway, Unsure
from examples.poller import Messages

from ccell_fake.testing import Ccell

PHONE, FAILING, REFUSED = "13800000000", "17018633548", "19500001111"
CONTENT = "您的订单已发货。【签名】"


@pytest.fixture
def messages(gateway: Gateway) -> Iterator[Messages]:
    with closing(sqlite3.connect(":memory:")) as database:
        yield Messages(database, gateway)


def test_every_report_is_written_to_its_message(messages: Messages) -> None:
    messages.send("order-1", [PHONE, FAILING, REFUSED], CONTENT)
    messages.send("order-2", [PHONE], CONTENT)
    assert messages.states("order-1") == {PHONE: "accepted", FAILING: "accepted", REFUSED: "refused 1004001"}
    assert messages.poll() == 3
    assert messages.states("order-1") == {PHONE: "delivered", FAILING: "failed", REFUSED: "refused 1004001"}
    assert messages.states("order-2") == {PHONE: "delivered"}
    assert messages.poll() == 0


def test_one_poll_writes_more_than_a_page_of_reports(messages: Messages) -> None:
    phones = [f"138{number:08}" for number in range(301)]
    messages.send("all", phones, CONTENT)
    assert messages.poll() == 301
    assert messages.states("all") == dict.fromkeys(phones, "delivered")


def test_the_poll_after_a_failed_one_writes_the_reports(ccell: Ccell, messages: Messages) -> None:
    messages.send("order-1", [PHONE], CONTENT)
    ccell.faults.next("report", code="1001999")
    with pytest.raises(Unsure):
        messages.poll()
    assert messages.poll() == 1
    assert messages.states("order-1") == {PHONE: "delivered"}


def test_reports_before_a_failure_are_written(ccell: Ccell, messages: Messages) -> None:
    phones = [f"138{number:08}" for number in range(301)]
    messages.send("all", phones, CONTENT)
    ccell.faults.next("report", code="1001999", skip=1)
    with pytest.raises(Unsure):
        messages.poll()
    assert list(messages.states("all").values()).count("delivered") == 300
    assert messages.poll() == 1


def test_a_send_that_fails_stays_unknown_and_is_not_repeated(ccell: Ccell, messages: Messages) -> None:
    ccell.faults.next("send", code="1001999")
    messages.send("order-1", [PHONE], CONTENT)
    assert messages.states("order-1") == {PHONE: "unknown"}
    assert not ccell.outbox
