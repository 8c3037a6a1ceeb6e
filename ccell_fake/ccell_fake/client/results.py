"""What calls answer: the resps of a send in the order of its numbers, and an account with its figures as numbers."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self

from ccell_fake.client.errors import NumbersRefused
from ccell_fake.client.submits import numbers
from ccell_fake.codes import Code
from ccell_fake.model import AccountInfo, Resp, Submit

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of the numbers of a send.

    Attributes:
        resps: One for each number, in the order given; each has the linkid of its submit.
        unanswered: Numbers that the answer left out, so that only their reports can tell.
    """

    resps: tuple[Resp, ...] = ()
    unanswered: tuple[str, ...] = ()

    @property
    def accepted(self) -> tuple[Resp, ...]:
        """The resps of the numbers that were submitted."""
        return tuple(resp for resp in self.resps if resp.is_accepted)

    @property
    def refused(self) -> tuple[Resp, ...]:
        """The resps of the numbers that were refused (S8)."""
        return tuple(resp for resp in self.resps if not resp.is_accepted)

    def raise_for_refused(self) -> Self:
        """Itself, if every number was accepted.

        Raises:
            NumbersRefused: One was not; the error carries those resps, and all of them as `resps`.
        """
        refused = self.refused
        if not refused and not self.unanswered:
            return self
        reasons = [f"{resp.phone} {resp.code} {resp.info}" for resp in refused[:_SHOWN]]
        reasons += [f"{phone} was not answered" for phone in self.unanswered[: _SHOWN - len(reasons)]]
        count = len(refused) + len(self.unanswered)
        more = f", and {count - len(reasons)} more" if count > len(reasons) else ""
        error = NumbersRefused(
            f"{count} of {len(self.resps) + len(self.unanswered)} numbers not accepted: {', '.join(reasons)}{more}",
            refused,
        )
        error.resps, error.unanswered = self.resps, self.unanswered
        raise error


def joined(parts: Iterable[Sent]) -> Sent:
    """Several as one, in their order."""
    every = tuple(parts)
    return Sent(
        tuple(resp for part in every for resp in part.resps),
        tuple(phone for part in every for phone in part.unanswered),
    )


def sent(submits: Iterable[Submit], resps: Iterable[Resp]) -> Sent:
    """The resps of a request in the order of its numbers, whatever order they came in.

    A resp without linkid gets its submit's, and a phone loses the blanks around it. A resp for a number that was not
    asked for stands at the end: it says something, whatever it is.
    """
    asked = [(phone, submit.linkid) for submit in submits for phone in numbers(submit)]
    answered = [_tidied(resp) for resp in resps]
    names_linkids = all(resp.linkid for resp in answered)
    waiting: dict[tuple[str, str | None], deque[Resp]] = {}
    for resp in answered:
        waiting.setdefault((resp.phone, resp.linkid if names_linkids else None), deque()).append(resp)
    found: list[Resp] = []
    unanswered: list[str] = []
    for phone, linkid in asked:
        queue = waiting.get((phone, linkid if names_linkids else None))
        if queue:
            resp = queue.popleft()
            found.append(resp if resp.linkid else replace(resp, linkid=linkid))
        else:
            unanswered.append(phone)
    return Sent((*found, *(resp for queue in waiting.values() for resp in queue)), tuple(unanswered))


def _tidied(resp: Resp) -> Resp:
    phone = resp.phone.strip()
    return resp if phone == resp.phone else replace(resp, phone=phone)


@dataclass(frozen=True, slots=True)
class AccountStatus:
    """How an account stands (I1).

    Attributes:
        id: Its SMS number.
        name: Its login on the platform.
        status: 0 for normal.
        riches: Messages left.
        credit: Messages that may be sent on credit once the balance is used up.
        signcode: The signatures in use, without brackets; `("*",)` for any.
    """

    id: str
    name: str
    status: str
    riches: int
    credit: int
    signcode: tuple[str, ...]

    @property
    def is_normal(self) -> bool:
        """Whether it can send."""
        return self.status == Code.SUCCESS


def account(info: AccountInfo) -> AccountStatus:
    """An account as its description has it, also where ID and NAME are swapped as in the document's sample (Q20).

    Raises:
        ValueError: RICHES or CREDIT is no number.
    """
    sms_number, login = info.id.strip(), info.name.strip()
    if login.isdecimal() and not sms_number.isdecimal():
        sms_number, login = login, sms_number
    return AccountStatus(
        sms_number,
        login,
        info.status.strip(),
        _count("RICHES", info.riches),
        _count("CREDIT", info.credit),
        tuple(name.strip() for name in info.signcode.split(",") if name.strip()),
    )


def _count(tag: str, text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        message = f"<{tag}> is no number of messages"
        raise ValueError(message) from error
