"""Results of calls: the resps of a send in the order of its numbers, and the account's status."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self

from ccell_fake.client.errors import NumbersRefused
from ccell_fake.client.submits import numbers
from ccell_fake.codes import Code
from ccell_fake.model import AccountInfo, Malformed, Resp, Submit

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Sent:
    """Result of a send.

    Attributes:
        resps: One for each number, in the order given, with the linkid of its submit.
        unanswered: Numbers without a resp. Only their reports tell the outcome.
        malformed: Resps that violate the document, as they came. Their numbers are in `unanswered`.
    """

    resps: tuple[Resp, ...] = ()
    unanswered: tuple[str, ...] = ()
    malformed: tuple[Malformed, ...] = ()

    @property
    def accepted(self) -> tuple[Resp, ...]:
        """Resps of the accepted numbers."""
        return tuple(resp for resp in self.resps if resp.is_accepted)

    @property
    def refused(self) -> tuple[Resp, ...]:
        """Resps of the refused numbers (S8)."""
        return tuple(resp for resp in self.resps if not resp.is_accepted)

    def raise_for_refused(self) -> Self:
        """Return self if every number was accepted.

        Raises:
            NumbersRefused: A number was refused or unanswered. The error has the refused resps as `refused` and all
                as `resps`.
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
        error.resps, error.unanswered, error.malformed = self.resps, self.unanswered, self.malformed
        raise error


def merge(parts: Iterable[Sent]) -> Sent:
    """Several results as one, in their order."""
    every = tuple(parts)
    return Sent(
        tuple(resp for part in every for resp in part.resps),
        tuple(phone for part in every for phone in part.unanswered),
        tuple(item for part in every for item in part.malformed),
    )


def match_resps(submits: Iterable[Submit], resps: Iterable[Resp | Malformed]) -> Sent:
    """Put the resps of a request in the order of its numbers.

    A resp without linkid gets its submit's; blanks around phones are removed. Unexpected resps are kept at the end.
    A malformed resp answers no number.
    """
    submitted = [(phone, submit.linkid) for submit in submits for phone in numbers(submit)]
    items = tuple(resps)
    malformed = tuple(item for item in items if isinstance(item, Malformed))
    stripped = [replace(item, phone=item.phone.strip()) for item in items if not isinstance(item, Malformed)]
    has_linkids = all(resp.linkid for resp in stripped)
    queues: dict[tuple[str, str | None], deque[Resp]] = {}
    for resp in stripped:
        queues.setdefault((resp.phone, resp.linkid if has_linkids else None), deque()).append(resp)
    matched: list[Resp] = []
    unanswered: list[str] = []
    for phone, linkid in submitted:
        queue = queues.get((phone, linkid if has_linkids else None))
        if queue:
            resp = queue.popleft()
            matched.append(resp if resp.linkid else replace(resp, linkid=linkid))
        else:
            unanswered.append(phone)
    return Sent((*matched, *(resp for queue in queues.values() for resp in queue)), tuple(unanswered), malformed)


@dataclass(frozen=True, slots=True)
class AccountStatus:
    """Balance and status of an account (I1).

    Attributes:
        id: SMS number.
        name: Login on the platform.
        status: 0 for normal.
        riches: Messages left of the balance. May be negative while credit is in use (Q53).
        credit: Messages that may be sent on credit after the balance is used up.
        signcode: Signatures in use, without brackets; `("*",)` for any.
    """

    id: str
    name: str
    status: str
    riches: int
    credit: int
    signcode: tuple[str, ...]

    @property
    def is_normal(self) -> bool:
        """True if the account can send."""
        return self.status == Code.SUCCESS


def read_account(info: AccountInfo) -> AccountStatus:
    """Convert an account's description. ID and NAME may be swapped, as in the document's sample (Q20).

    Raises:
        ValueError: RICHES or CREDIT is not a number.
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
        message = f"<{tag}> is not a number of messages"
        raise ValueError(message) from error
