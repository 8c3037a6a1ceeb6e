"""The audit and the reference model: which fate in the store is right, and which finding a wrong one is."""

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
from ccell_fake.stateful.words import Words

PHONE, OTHER = "13800000000", "13600001234"
CONTENT = "您的验证码是100001。【签名】"
MINUTE = timedelta(minutes=1)


def _model() -> EmulatorModel:
    return EmulatorModel(DOCUMENT_DAY, 10, MINUTE, {"19500001111": "1004001"})


def _audit(model: EmulatorModel) -> Audit:
    return Audit(model, (), Words("en"))


def _submit(model: EmulatorModel, content: str = CONTENT, phone: str = PHONE, delivery: str = "whole") -> None:
    one = Submitted(str(len(model.submitted)), phone, content, None, "0")
    model.record(GatewayRequest(Operation.SEND, "0", delivery, 1, (one,)))


def _report(model: EmulatorModel, delivery: str, *, is_delivered: bool) -> None:
    model.report("0", is_delivered=is_delivered)
    model.record(GatewayRequest(Operation.REPORT, "0", delivery, 1))


def _model_after(name: str) -> EmulatorModel:
    model = _model()
    if name != "nothing":
        _submit(model)
    if name.startswith("report"):
        _, status, delivery = name.split()
        _report(model, "whole" if delivery == "arrived" else "close", is_delivered=status == "delivered")
    return model


FINDINGS: dict[str, list[type[Finding] | None]] = {
    # unknown, accepted, delivered, failed
    "nothing": [None, Lost, Lost, None],
    "accepted": [None, None, Mismatched, Lost],
    "report delivered arrived": [Lost, Lost, None, Mismatched],
    "report failed arrived": [Lost, Lost, Mismatched, None],
    "report delivered lost": [None, None, None, Mismatched],
    "report failed lost": [None, None, Mismatched, None],
}


@pytest.mark.parametrize(
    ("history", "fate", "finding"),
    [(name, fate, one) for name, row in FINDINGS.items() for fate, one in zip(Fate, row, strict=True)],
)
def test_a_fate_is_right_or_is_the_expected_finding(history: str, fate: Fate, finding: type[Finding] | None) -> None:
    audit = _audit(_model_after(history))
    audit.add([Message("1", PHONE, CONTENT, "100001")])
    if finding is None:
        audit.check_messages({"1": str(fate)})
    else:
        with pytest.raises(finding, match=f"message 1 to {PHONE} is {fate} in the store"):
            audit.check_messages({"1": fate})


@pytest.mark.parametrize(("characters", "cost"), [(70, 1), (71, 2), (134, 2), (135, 3)])
def test_a_message_costs_one_for_each_segment(characters: int, cost: int) -> None:
    model = _model()
    _submit(model, "字" * characters)
    assert model.balance == 10 - cost


def test_a_message_is_sent_and_then_delivered_as_its_report_says() -> None:
    model = _model()
    _submit(model)
    assert (model.state("0"), model.pending) == (State.SENT, (0, 0))
    model.advance(MINUTE)
    assert (model.state("0"), model.pending) == (State.DELIVERED, (1, 0))


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (GatewayRequest(Operation.REPORT, "0", "whole", 1), r"report handed out 1 of the 0 that are due \(R2\)"),
        (GatewayRequest(Operation.UPMSG, "0", "whole", 1), r"upmsg handed out 1 of the 0 that are due \(U2\)"),
        (GatewayRequest(Operation.SEND, "0", "whole", 1), r"0 numbers were processed and 1 answered \(S5\)"),
        (
            GatewayRequest(Operation.SEND, "1001002", "whole", 0, (Submitted("1", PHONE, CONTENT, None, "0"),)),
            "and yet submitted",
        ),
    ],
)
def test_an_impossible_request_is_unfaithful(request_: GatewayRequest, reason: str) -> None:
    with pytest.raises(Unfaithful, match=reason):
        _model().record(request_)


def test_a_msgid_is_given_out_once() -> None:
    one = Submitted("1", PHONE, CONTENT, None, "0")
    model = _model()
    model.record(GatewayRequest(Operation.SEND, "0", "whole", 1, (one,)))
    with pytest.raises(Unfaithful, match=r"msgid 1 was given out twice \(S6\)"):
        model.record(GatewayRequest(Operation.SEND, "0", "whole", 1, (one,)))
