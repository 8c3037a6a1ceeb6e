"""The model of a live service: what it requires of any gateway, and what it accepts."""

import pytest
from harness.emulators import DOCUMENT_DAY

from ccell_fake.model import Operation, Report, Upmsg
from ccell_fake.stateful import UNANSWERED, WHOLE, GatewayRequest, Submitted, Unfaithful
from ccell_fake.stateful.account_model import HandedOut, LiveModel

PHONE = "13900000001"


def _sent(*msgids: str, code: str = "0") -> GatewayRequest:
    return GatewayRequest(
        Operation.SEND, "0", WHOLE, len(msgids), tuple(Submitted(one, PHONE, "。", None, code) for one in msgids)
    )


def _reported(*msgids: str, delivery: str = WHOLE, status: str = "0") -> GatewayRequest:
    reports = tuple(Report(one, "", PHONE, DOCUMENT_DAY, status, "成功") for one in msgids)
    return GatewayRequest(Operation.REPORT, "0", delivery, len(msgids), handed_out=reports)


@pytest.mark.parametrize(("delivery", "handed_out"), [(WHOLE, HandedOut.ARRIVED), ("truncate", HandedOut.LOST)])
def test_a_report_arrives_or_is_lost_with_its_answer(delivery: str, handed_out: HandedOut) -> None:
    model = LiveModel()
    model.record(_sent("1", "2"))
    assert model.pending == (2, 0)
    model.record(_reported("2", delivery=delivery, status="-1"))
    assert model.pending == (1, 0)
    assert model.accepted["1"].report is HandedOut.NOT_YET
    assert (model.accepted["2"].report, model.accepted["2"].is_delivered) == (handed_out, False)


def test_a_refused_number_has_no_pending_report() -> None:
    model = LiveModel()
    model.record(_sent("1", code="1004001"))
    assert (model.pending, model.accepted, len(model.submitted)) == ((0, 0), {}, 1)


def test_reports_of_other_messages_are_ignored() -> None:
    model = LiveModel()
    model.record(_reported("1"))
    model.record(_reported("1"))
    assert model.accepted == {}


def test_upstream_messages_are_recorded_when_handed_out() -> None:
    model = LiveModel()
    upmsg = Upmsg("0001", PHONE, DOCUMENT_DAY, "TD")
    model.record(GatewayRequest(Operation.UPMSG, "0", "close", 1, handed_out=(upmsg,)))
    (reply,) = model.replies
    assert (reply.phone, reply.content, reply.handed_out) == (PHONE, "TD", HandedOut.LOST)


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (_sent("1"), r"msgid 1 was given out twice \(S6\)"),
        (_reported("2"), r"the report of 2 was handed out twice \(R2\)"),
        (GatewayRequest(Operation.REPORT, "0", WHOLE, 301), "report handed out more than 300"),
        (GatewayRequest(Operation.UPMSG, "0", WHOLE, 101), "upmsg handed out more than 100"),
        (GatewayRequest(Operation.SEND, "", UNANSWERED, 0), "the gateway gave no readable answer to send"),
        (GatewayRequest(Operation.REPORT, "", UNANSWERED, 0), "the gateway gave no readable answer to report"),
    ],
)
def test_an_impossible_request_is_unfaithful(request_: GatewayRequest, reason: str) -> None:
    model = LiveModel()
    model.record(_sent("1", "2"))
    model.record(_reported("2"))
    with pytest.raises(Unfaithful, match=reason):
        model.record(request_)


def test_an_unanswered_info_is_accepted_and_changes_nothing() -> None:
    model = LiveModel()
    model.record(GatewayRequest(Operation.INFO, "", UNANSWERED, 0))
    assert model == LiveModel()
