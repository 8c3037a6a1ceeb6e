"""Demo traffic of an account as a list of steps; the same for the same seed.

A shop writes to the same customers repeatedly. Most messages arrive; some phones are switched off, some numbers do not
exist, some texts have no signature, and some customers reply.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle

from ccell_fake.lifelike import OPT_OUT, seeded
from ccell_fake.settings import AccountSettings, OutcomeRule, Persona

_NO_MORE = ("TD", "T", "退订")
_UNSERVED = "120"
_STATS = ("UNDELIV", "EXPIRED", "REJECTD")
_ONE_UNREACHABLE_IN = 12
_REPORT_DELAY = timedelta(seconds=20)
_MESSAGES_A_CUSTOMER = 8
_LARGEST = 20
_POLL_EVERY = 10
_LATER = (timedelta(minutes=30), timedelta(hours=3), timedelta(days=2))


@dataclass(frozen=True, slots=True)
class Send:
    """Send a submit, `at` from the beginning; schedule it `ahead` if that is not None."""

    at: timedelta
    phones: tuple[str, ...]
    content: str
    linkid: str
    ahead: timedelta | None


@dataclass(frozen=True, slots=True)
class PhoneReply:
    """Send a message from a phone, `at` from the beginning."""

    at: timedelta
    phone: str
    content: str


@dataclass(frozen=True, slots=True)
class Poll:
    """Fetch reports and upstream messages, `at` from the beginning."""

    at: timedelta


Step = Send | PhoneReply | Poll


def steps(seed: int, messages: int, span: timedelta) -> Iterator[Step]:
    """Steps in order of time.

    Args:
        seed: Seed for all randomness.
        messages: Number of messages; each number of a submit counts as one.
        span: Duration of the traffic.
    """
    shop = _Shop(seed, messages)
    sends = list(shop.sends())
    for index, (phones, content, ahead) in enumerate(sends, 1):
        at = span * ((index - shop.random()) / len(sends))
        yield Send(at, phones, content, f"demo-{index:04}", ahead)
        if ahead is None and shop.signature in content:
            yield from (PhoneReply(at, phone, text) for phone, text in shop.replies(phones, content))
        # The last items are left to be fetched by hand.
        if index % _POLL_EVERY == 0 and index + _POLL_EVERY <= len(sends):
            yield Poll(at)


def settings(seed: int, messages: int, userid: str = "") -> AccountSettings:
    """Settings of the account for the traffic of this seed and number of messages.

    An empty userid lets the emulator create one.
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
    def __init__(self, seed: int, messages: int) -> None:
        self._fake = seeded(seed)
        self._random = self._fake.generator.random
        self._messages = messages
        self.signature = self._fake.signature()
        self.random = self._random.random
        self.customers = [self._fake.phone() for _ in range(_LARGEST + messages // _MESSAGES_A_CUSTOMER)]

    def sends(self) -> Iterator[tuple[tuple[str, ...], str, timedelta | None]]:
        """Phones, content and time ahead of each submit."""
        left = self._messages
        while left:
            text = self._fake.content(self.signature)
            is_offer = OPT_OUT in text
            count = min(left, self._random.randint(2, _LARGEST) if is_offer else 1)
            if not is_offer and self._is_one_in(12):
                text = text.replace(f"【{self.signature}】", "")
            ahead = self._random.choice(_LATER) if self._is_one_in(8) else None
            yield tuple(map(self._mistype, self._random.sample(self.customers, count))), text, ahead
            left -= count

    def replies(self, phones: tuple[str, ...], content: str) -> Iterator[tuple[str, str]]:
        """Phone and content of each reply."""
        for phone in phones:
            if not phone.startswith(_UNSERVED) and self._is_one_in(6):
                wants_no_more = OPT_OUT in content and self._is_one_in(3)
                yield phone, self._random.choice(_NO_MORE) if wants_no_more else self._fake.reply()

    def _mistype(self, phone: str) -> str:
        """The phone, or sometimes an unassigned number in its place."""
        return self._fake.numerify(f"{_UNSERVED}########") if self._is_one_in(30) else phone

    def _is_one_in(self, count: int) -> bool:
        return self._fake.random_int(1, count) == 1
