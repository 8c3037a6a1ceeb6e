"""Faults in sending."""

from collections.abc import Mapping

from stateful.right.gateway import ACCEPTED, Gateway, Refusal, Submit, Unanswered
from stateful.right.machines import Polling, Sending
from stateful.right.otp import OtpService
from stateful.right.poller import Poller
from stateful.wrong.registry import wrong

from ccell_fake.stateful import Duplicated, Lost, Mismatched, NothingTried, Refused


@wrong(Sending, Duplicated, steps=1)
class SendsAgainWithoutAnswer(OtpService):
    """Sends once more if no answer came."""

    def unanswered(self, order: str, phone: str, text: str) -> None:
        try:
            self.answered(order, self.submit(order, phone, text)[0])
        except (Unanswered, Refusal):
            return


@wrong(Sending, Lost, steps=1)
class TakesNoAnswerForFailure(OtpService):
    """Tells the user that a code without an answer was not sent."""

    def unanswered(self, order: str, phone: str, text: str) -> None:  # noqa: ARG002 - as the right program has it
        self.states[order] = "failed"


@wrong(Polling, Lost, steps=1)
class IgnoresCodesOfNumbers(Poller):
    """Takes every number for accepted if the request was."""

    def answered(self, resp: dict[str, str]) -> None:
        super().answered({**resp, "return": ACCEPTED})


@wrong(Sending, Lost, steps=1)
class TakesTooManyThreadsForAccepted(OtpService):
    """Takes 1001006, the thread limit, for accepted."""

    def refused(self, order: str, phone: str, text: str, code: str) -> None:
        super().refused(order, phone, text, code)
        if code == "1001006":
            self.states[order] = "accepted"


@wrong(Polling, Mismatched, Lost, steps=1)
class CutsTheLinkid(Gateway):
    """Cuts the linkid to a column of one character."""

    def render(self, submit: Submit) -> str:
        return super().render(Submit(submit.phone, submit.content, submit.linkid[-1:], submit.sendtime))


@wrong(Sending, Duplicated, steps=1)
class PostsAgainAfterAClosedConnection(Gateway):
    """Posts again if the connection was closed, although the gateway may have sent the message."""

    def post(self, endpoint: str, body: bytes) -> bytes:
        try:
            return super().post(endpoint, body)
        except ConnectionError:
            return super().post(endpoint, body)


@wrong(Sending, Refused, steps=1)
class RepeatsUntilTheAccountLocks(Gateway):
    """Repeats a request at once while the gateway answers that all threads are in use, until the account locks."""

    attempts = 100

    def request(self, endpoint: str, submits: str = "") -> list[dict[str, str]]:
        for _ in range(self.attempts - 1):
            try:
                return super().request(endpoint, submits)
            except Refusal as refusal:
                if refusal.code != "1001006":
                    raise
        return super().request(endpoint, submits)


@wrong(Sending, Lost, steps=1)
class TakesATooSmallBalanceForAccepted(OtpService):
    """Takes a code that the balance does not cover for accepted, as if the gateway would send it later."""

    def refused(self, order: str, phone: str, text: str, code: str) -> None:
        if code == "1001002":
            self.states[order] = "accepted"
        else:
            super().refused(order, phone, text, code)


@wrong(Sending, Mismatched, Lost, steps=2)
class SendsThePhoneAsLinkid(OtpService):
    """Gives the phone as linkid, so the report of a code counts for the latest code to its phone."""

    def __init__(self, gateway: Gateway) -> None:
        super().__init__(gateway)
        self.orders: dict[str, str] = {}

    def submit(self, order: str, phone: str, text: str) -> list[dict[str, str]]:
        self.orders[phone] = order
        return super().submit(phone, phone, text)

    def report(self, report: dict[str, str]) -> None:
        order = self.orders.get(report["linkid"], "")
        super().report(report | {"linkid": order})


@wrong(Sending, Mismatched, Lost, steps=1)
class ReusesLinkids(OtpService):
    """Takes linkids from a ring of four, so the report of a code counts for a later code."""

    linkids = 4

    def __init__(self, gateway: Gateway) -> None:
        super().__init__(gateway)
        self.sent = 0
        self.orders: dict[str, str] = {}

    def submit(self, order: str, phone: str, text: str) -> list[dict[str, str]]:
        linkid = str(self.sent % self.linkids)
        self.sent += 1
        self.orders[linkid] = order
        return super().submit(linkid, phone, text)

    def report(self, report: dict[str, str]) -> None:
        order = self.orders.get(report["linkid"], "")
        super().report(report | {"linkid": order})


class Numbering(Sending):
    """Tries a program that keeps states by numbers of its own."""

    def fates(self) -> Mapping[str, str]:
        return {order: self.integration.states[number] for order, number in self.integration.numbers.items()}


@wrong(Numbering, Lost, Mismatched, steps=1)
class NumbersWithTwoDigits(OtpService):
    """Keeps the state of a code under a number of two digits, which the hundredth code after it overwrites.

    Attributes:
        numbers: Number of each order.
    """

    def __init__(self, gateway: Gateway) -> None:
        super().__init__(gateway)
        self.numbers: dict[str, str] = {}

    def send(self, order: str, phone: str, text: str) -> None:
        number = f"{len(self.numbers) + 1:02}"[-2:]
        self.numbers[order] = number
        super().send(number, phone, text)


@wrong(Sending, Refused, steps=1)
class DoublesThePath(Gateway):
    """Appends the path to an address that has it already, so no request arrives, and all codes stay unknown."""

    def __init__(self, url: str, userid: str, password: str) -> None:
        super().__init__(f"{url}/sms3_api/xmlapi", userid, password)


@wrong(Sending, NothingTried, Lost, steps=1)
class SendsNothing(OtpService):
    """Is in its test mode by default, and only says that the gateway accepted a code."""

    is_dry_run = True

    def submit(self, order: str, phone: str, text: str) -> list[dict[str, str]]:
        if self.is_dry_run:
            return [{"phone": phone, "linkid": order, "msgid": "0", "return": ACCEPTED}]
        return super().submit(order, phone, text)


@wrong(Sending, Mismatched, steps=2)
class TakesNegativeStatusesForDelivered(OtpService):
    """Takes only positive statuses for failures, so a report with the status -1 counts as delivered."""

    def report(self, report: dict[str, str]) -> None:
        status = "0" if int(report["status"]) <= 0 else report["status"]
        super().report(report | {"status": status})


@wrong(Sending, Refused, steps=1)
class AddsTheCountryCode(OtpService):
    """Writes numbers with +86, which the gateway does not recognise."""

    def submit(self, order: str, phone: str, text: str) -> list[dict[str, str]]:
        return super().submit(order, f"+86{phone}", text)


@wrong(Sending, Duplicated, steps=1)
class SendsAgainAfterATimeout(Gateway):
    """Posts again if the answer does not come in time, although the gateway may have sent the message."""

    def post(self, endpoint: str, body: bytes) -> bytes:
        try:
            return super().post(endpoint, body)
        except TimeoutError:
            return super().post(endpoint, body)


@wrong(Sending, Refused, steps=1)
class WritesBlanksInNumbers(OtpService):
    """Writes numbers as people read them, in groups with blanks, and the gateway does not recognise them."""

    def submit(self, order: str, phone: str, text: str) -> list[dict[str, str]]:
        return super().submit(order, f"{phone[:3]} {phone[3:7]} {phone[7:]}", text)
