"""Traffic of a day in the life of an account, as steps to be taken: the same ones for the same seed.

A shop writes to the same customers again and again. Most of it arrives; some phones are switched off, some numbers do
not exist, some texts lack a signature, and some customers answer, not all of them kindly.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle

from ccell_fake.lifelike import OPT_OUT, seeded
from ccell_fake.settings import AccountSettings, OutcomeRule, Persona

_NO_MORE = ("TD", "T", "退订")
_UNSERVED = "195"
_STATS = ("UNDELIV", "EXPIRED", "REJECTD")
_ONE_UNREACHABLE_IN = 12
_REPORT_DELAY = timedelta(seconds=20)
_MESSAGES_A_CUSTOMER = 8
_LARGEST = 20
_POLL_EVERY = 10
_LATER = (timedelta(minutes=30), timedelta(hours=3), timedelta(days=2))


@dataclass(frozen=True, slots=True)
class Send:
    """A submit.

    Attributes:
        at: When, from the beginning.
        phones: To whom.
        content: The text.
        linkid: The sender's reference.
        ahead: How long before it is to be sent; None for at once.
    """

    at: timedelta
    phones: tuple[str, ...]
    content: str
    linkid: str
    ahead: timedelta | None


@dataclass(frozen=True, slots=True)
class PhoneReply:
    """A message from a phone.

    Attributes:
        at: When, from the beginning.
        phone: Whose.
        content: The text.
    """

    at: timedelta
    phone: str
    content: str


@dataclass(frozen=True, slots=True)
class Poll:
    """Reports and upstream messages are fetched.

    Attributes:
        at: When, from the beginning.
    """

    at: timedelta


Step = Send | PhoneReply | Poll


def steps(seed: int, messages: int, span: timedelta) -> Iterator[Step]:
    """What happens, in order.

    Args:
        seed: What decides everything.
        messages: How many there are to be, a number of a submit being one.
        span: How long it takes.
    """
    shop = _Shop(seed, messages)
    sends = list(shop.sends())
    for place, (phones, content, ahead) in enumerate(sends, 1):
        at = span * ((place - shop.chance()) / len(sends))
        yield Send(at, phones, content, f"demo-{place:04}", ahead)
        if ahead is None and shop.signature in content:
            yield from (PhoneReply(at, phone, text) for phone, text in shop.replies(phones, content))
        # What comes in at the end is left for whoever looks.
        if place % _POLL_EVERY == 0 and place + _POLL_EVERY <= len(sends):
            yield Poll(at)


def settings(seed: int, messages: int, userid: str = "") -> AccountSettings:
    """Those of the account that the traffic is made for.

    Args:
        seed: That of the traffic.
        messages: How many there are to be.
        userid: What it is called; empty for a userid that is made for it.
    """
    shop = _Shop(seed, messages)
    unreachable = zip(shop.customers[::_ONE_UNREACHABLE_IN], cycle(_STATS), strict=False)
    return AccountSettings(
        userid=userid,
        name="演示",
        signcode=(shop.signature,),
        report_delay=_REPORT_DELAY.total_seconds(),
        outcomes=tuple(OutcomeRule(phone=phone, stat=stat) for phone, stat in unreachable),
        personas=(Persona(phone="*", opt_out=_NO_MORE),),
    )


class _Shop:
    """Who sends.

    Attributes:
        signature: Of its texts, without brackets.
        customers: Their phones.
        chance: What decides, a number from 0 up to 1.
    """

    def __init__(self, seed: int, messages: int) -> None:
        self._fake = seeded(seed)
        self._random = self._fake.generator.random
        self._messages = messages
        self.signature = self._fake.signature()
        self.chance = self._random.random
        self.customers = [self._fake.phone() for _ in range(_LARGEST + messages // _MESSAGES_A_CUSTOMER)]

    def sends(self) -> Iterator[tuple[tuple[str, ...], str, timedelta | None]]:
        """To whom, what, and how long ahead."""
        left = self._messages
        while left:
            text = self._fake.content(self.signature)
            is_offer = OPT_OUT in text
            count = min(left, self._random.randint(2, _LARGEST) if is_offer else 1)
            if not is_offer and self._is_one_in(12):
                text = text.replace(f"【{self.signature}】", "")
            ahead = self._random.choice(_LATER) if self._is_one_in(8) else None
            yield tuple(map(self._written, self._random.sample(self.customers, count))), text, ahead
            left -= count

    def replies(self, phones: tuple[str, ...], content: str) -> Iterator[tuple[str, str]]:
        """Who answers, and what."""
        for phone in phones:
            if not phone.startswith(_UNSERVED) and self._is_one_in(6):
                wants_no_more = OPT_OUT in content and self._is_one_in(3)
                yield phone, self._random.choice(_NO_MORE) if wants_no_more else self._fake.reply()

    def _written(self, phone: str) -> str:
        """A number as it is typed: now and then another one, which nobody has."""
        return self._fake.numerify(f"{_UNSERVED}########") if self._is_one_in(30) else phone

    def _is_one_in(self, count: int) -> bool:
        return self._fake.random_int(1, count) == 1
