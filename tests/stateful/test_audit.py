"""The audit and the reference model by themselves: which word about a message is right, and which is what finding."""

from datetime import timedelta

import pytest
from harness.emulators import DOCUMENT_DAY

from ccell_fake.inspection import State
from ccell_fake.model import Operation
from ccell_fake.stateful import (
    EmulatorModel,
    Fate,
    Finding,
    GatewayRequest,
    Lost,
    Message,
    Mismatched,
    Submitted,
    Unfaithful,
)
from ccell_fake.stateful.audit import Audit

PHONE, OTHER = "13800000000", "13600001234"
CONTENT = "您的验证码是100001。【签名】"
MINUTE = timedelta(minutes=1)


def _gateway() -> EmulatorModel:
    return EmulatorModel(DOCUMENT_DAY, 10, MINUTE, {"19500001111": "1004001"})


def _submit(gateway: EmulatorModel, content: str = CONTENT, phone: str = PHONE, delivery: str = "whole") -> None:
    one = Submitted(str(len(gateway.submitted)), phone, content, None, "0")
    gateway.take(GatewayRequest(Operation.SEND, "0", delivery, 1, (one,)))


def _report(gateway: EmulatorModel, delivery: str, *, is_delivered: bool) -> None:
    gateway.report("0", is_delivered=is_delivered)
    gateway.take(GatewayRequest(Operation.REPORT, "0", delivery, 1))


def _situation(name: str) -> EmulatorModel:
    gateway = _gateway()
    if name != "nothing":
        _submit(gateway)
    if name.startswith("report"):
        _, status, delivery = name.split()
        _report(gateway, "whole" if delivery == "arrived" else "close", is_delivered=status == "delivered")
    return gateway


FINDINGS: dict[str, list[type[Finding] | None]] = {
    # unknown, accepted, delivered, failed
    "nothing": [None, Lost, Lost, None],
    "accepted": [None, None, Mismatched, Lost],
    "report delivered arrived": [Lost, Lost, None, Mismatched],
    "report failed arrived": [Lost, Lost, Mismatched, None],
    "report delivered astray": [None, None, None, Mismatched],
    "report failed astray": [None, None, Mismatched, None],
}


@pytest.mark.parametrize(
    ("situation", "fate", "finding"),
    [(name, fate, one) for name, row in FINDINGS.items() for fate, one in zip(Fate, row, strict=True)],
)
def test_what_the_store_says_is_right_or_what_finding(
    situation: str, fate: Fate, finding: type[Finding] | None
) -> None:
    audit = Audit(_situation(situation))
    audit.give([Message("1", PHONE, CONTENT, "100001")])
    if finding is None:
        audit.check_messages({"1": str(fate)})
    else:
        with pytest.raises(finding, match=f"message 1 to {PHONE} is {fate} in the store"):
            audit.check_messages({"1": fate})


def test_a_message_to_another_phone_is_mismatched() -> None:
    gateway = _gateway()
    _submit(gateway, phone=OTHER)
    audit = Audit(gateway)
    audit.give([Message("1", PHONE, CONTENT, "100001")])
    with pytest.raises(Mismatched, match=f"{OTHER} was sent .* which was not for it"):
        audit.check_messages({"1": Fate.UNKNOWN})


@pytest.mark.parametrize(("characters", "cost"), [(70, 1), (71, 2), (134, 2), (135, 3)])
def test_a_message_costs_one_for_each_segment(characters: int, cost: int) -> None:
    gateway = _gateway()
    _submit(gateway, "字" * characters)
    assert gateway.balance == 10 - cost


def test_a_message_goes_from_sent_to_what_its_report_says() -> None:
    gateway = _gateway()
    _submit(gateway)
    assert (gateway.state("0"), gateway.waiting) == (State.SENT, (0, 0))
    gateway.advance(MINUTE)
    assert (gateway.state("0"), gateway.waiting) == (State.DELIVERED, (1, 0))


@pytest.mark.parametrize(
    ("exchange", "said"),
    [
        (GatewayRequest(Operation.REPORT, "0", "whole", 1), r"report handed out 1 of the 0 that wait \(R2\)"),
        (GatewayRequest(Operation.UPMSG, "0", "whole", 1), r"upmsg handed out 1 of the 0 that wait \(U2\)"),
        (GatewayRequest(Operation.SEND, "0", "whole", 1), r"0 numbers were judged and 1 answered \(S5\)"),
        (
            GatewayRequest(Operation.SEND, "1001002", "whole", 0, (Submitted("1", PHONE, CONTENT, None, "0"),)),
            "and yet submitted",
        ),
    ],
)
def test_a_gateway_that_must_not_answer_so_is_unfaithful(exchange: GatewayRequest, said: str) -> None:
    with pytest.raises(Unfaithful, match=said):
        _gateway().take(exchange)


def test_a_msgid_is_given_out_once() -> None:
    one = Submitted("1", PHONE, CONTENT, None, "0")
    gateway = _gateway()
    gateway.take(GatewayRequest(Operation.SEND, "0", "whole", 1, (one,)))
    with pytest.raises(Unfaithful, match=r"msgid 1 was given out twice \(S6\)"):
        gateway.take(GatewayRequest(Operation.SEND, "0", "whole", 1, (one,)))
