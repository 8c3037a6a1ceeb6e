"""The witness by itself: what it asks of any gateway, and what it lets pass."""

import pytest
from harness.emulators import DOCUMENT_DAY

from ccell_fake.model import Operation, Report, Upmsg
from ccell_fake.stateful import UNANSWERED, WHOLE, GatewayRequest, Submitted, Unfaithful
from ccell_fake.stateful.live_model import LiveModel
from ccell_fake.stateful.messages import HandedOut

PHONE = "13900000001"


def _sent(*msgids: str, code: str = "0") -> GatewayRequest:
    return GatewayRequest(
        Operation.SEND, "0", WHOLE, len(msgids), tuple(Submitted(one, PHONE, "。", None, code) for one in msgids)
    )


def _reported(*msgids: str, delivery: str = WHOLE, status: str = "0") -> GatewayRequest:
    reports = tuple(Report(one, "", PHONE, DOCUMENT_DAY, status, "成功") for one in msgids)
    return GatewayRequest(Operation.REPORT, "0", delivery, len(msgids), handed_out=reports)


@pytest.mark.parametrize(("delivery", "hand"), [(WHOLE, HandedOut.ARRIVED), ("truncate", HandedOut.ASTRAY)])
def test_a_report_is_known_by_its_msgid_and_by_how_it_left(delivery: str, hand: HandedOut) -> None:
    witness = LiveModel()
    witness.take(_sent("1", "2"))
    assert witness.waiting == (2, 0)
    witness.take(_reported("2", delivery=delivery, status="-1"))
    assert witness.waiting == (1, 0)
    assert witness.carried["1"].hand is HandedOut.NOT_YET
    assert (witness.carried["2"].hand, witness.carried["2"].is_delivered) == (hand, False)


def test_what_was_refused_is_not_waited_for() -> None:
    witness = LiveModel()
    witness.take(_sent("1", code="1004001"))
    assert (witness.waiting, witness.carried, len(witness.submitted)) == ((0, 0), {}, 1)


def test_reports_of_other_messages_are_nobodys_fault() -> None:
    witness = LiveModel()
    witness.take(_reported("1"))
    witness.take(_reported("1"))
    assert witness.carried == {}


def test_upstream_messages_are_known_once_they_were_handed_out() -> None:
    witness = LiveModel()
    upmsg = Upmsg("0001", PHONE, DOCUMENT_DAY, "TD")
    witness.take(GatewayRequest(Operation.UPMSG, "0", "close", 1, handed_out=(upmsg,)))
    (reply,) = witness.replies
    assert (reply.phone, reply.content, reply.hand) == (PHONE, "TD", HandedOut.ASTRAY)


@pytest.mark.parametrize(
    ("exchange", "said"),
    [
        (_sent("1"), r"msgid 1 was given out twice \(S6\)"),
        (_reported("2"), r"the report of 2 was handed out twice \(R2\)"),
        (GatewayRequest(Operation.REPORT, "0", WHOLE, 301), "report handed out more than 300"),
        (GatewayRequest(Operation.UPMSG, "0", WHOLE, 101), "upmsg handed out more than 100"),
        (GatewayRequest(Operation.SEND, "", UNANSWERED, 0), "the gateway gave send no answer that can be read"),
        (GatewayRequest(Operation.REPORT, "", UNANSWERED, 0), "the gateway gave report no answer that can be read"),
    ],
)
def test_a_gateway_that_must_not_answer_so_is_unfaithful(exchange: GatewayRequest, said: str) -> None:
    witness = LiveModel()
    witness.take(_sent("1", "2"))
    witness.take(_reported("2"))
    with pytest.raises(Unfaithful, match=said):
        witness.take(exchange)


def test_an_info_that_nobody_answers_hides_nothing() -> None:
    LiveModel().take(GatewayRequest(Operation.INFO, "", UNANSWERED, 0))
