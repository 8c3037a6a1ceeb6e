"""The state machine: the steps there are, and after each a look at what the integration made of it."""

import sys
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import ClassVar, cast

from hypothesis import strategies as st
from hypothesis.errors import HypothesisException
from hypothesis.stateful import Bundle, MultipleResults, RuleBasedStateMachine, multiple, precondition, rule
from hypothesis.strategies import SearchStrategy

from ccell_fake.clock import SHANGHAI
from ccell_fake.codes import Code
from ccell_fake.faults import Fault
from ccell_fake.model import Operation
from ccell_fake.stateful.audit import Audit, Message
from ccell_fake.stateful.emulator_model import EmulatorModel
from ccell_fake.stateful.environment import Environment
from ccell_fake.stateful.findings import Lost
from ccell_fake.stateful.live_model import LiveModel
from ccell_fake.stateful.messages import AccountModel
from ccell_fake.stateful.no_retry import once
from ccell_fake.stateful.target import Opened, Target
from ccell_fake.strategies import faults

BALANCE = 100_000
REPORT_DELAY = timedelta(minutes=1)

_REFUSED = {"19500001111": Code.NUMBER_UNRECOGNISED}
_NOBODY = "12000000000"
# Few, so that several messages go to the same one.
_PHONES = ("13800000000", "13600001234", *_REFUSED)
_MOST_AT_ONCE = 3
_MINUTES = st.sampled_from([1, 2, 60])
_PLACE = "{token}"
_BEFORE_TOKENS, _TOKENS = 100_000, 900_000
_MANY_REPLIES = 101
_SHOWN = 12


def _overridden(name: str) -> Callable[[object], bool]:
    """Whether a machine has this method of its own."""
    return lambda machine: getattr(machine.__class__, name) is not getattr(CcellMachine, name)


def _followed(account: Opened) -> tuple[AccountModel, Environment | None]:
    """How an account is followed: by a model of it where it is in our hands, else by what passes."""
    if account.arranger is None:
        return LiveModel(), None
    model = EmulatorModel(account.now, BALANCE, REPORT_DELAY, _REFUSED)
    return model, Environment(account.arranger, model)


_several = st.runner().flatmap(lambda self: self._several())
_a_fault = st.runner().flatmap(lambda self: self.faults.filter(self._account.takes))
_may_send = precondition(lambda self: self._given < self._account.allowance)
_is_arranged = precondition(lambda self: self._world is not None)
_fetches_reports = precondition(lambda self: self._fetches("poll_reports"))
_fetches_upmsgs = precondition(lambda self: self._fetches("poll_upmsgs"))


class CcellMachine(RuleBasedStateMachine):
    """Tries an integration; override `connect`, `send` and `fates`, and whatever else the integration does.

    Everything is called in one thread, and what a method does is done when it returns. What it raises fails the run:
    let it catch what the integration is meant to raise.

    Attributes:
        content: What messages say; `{token}` has to stand in it.
        faults: What may strike; `st.nothing()` for no faults at all.
        many: To how many numbers at once a large send goes; empty for neither large sends nor many replies. A run has
            one large step at most, for they are slow, and one against a live gateway has none.
    """

    content: ClassVar[str] = "您的验证码是{token}。【签名】"
    faults: ClassVar[SearchStrategy[Fault]] = faults(
        kinds=("close", "reset", "http", "code", "truncate", "broken_xml", "gbk", "delay"),
        operations=(Operation.SEND, Operation.REPORT, Operation.UPMSG),
        max_skip=1,
        max_times=1,
        max_seconds=0.0,
    )
    many: ClassVar[Sequence[int]] = (301,)

    handed_over: ClassVar[Bundle[str]] = Bundle("message")

    def __init__(self, target: Target) -> None:
        """Open an account at a target, and connect the integration to it.

        Raises:
            ValueError: No `{token}` stands in `content`.
        """
        super().__init__()
        if _PLACE not in self.content:
            message = f"{_PLACE} has to stand in the content of messages: by it they are known again at the gateway"
            raise ValueError(message)
        self._handled = sys.exception()
        self._account = target.open(BALANCE, REPORT_DELAY)
        self._is_repeatable = target.is_repeatable
        self._gateway, self._world = _followed(self._account)
        self._audit = Audit(self._gateway)
        self._given = 0
        self._has_been_large = False
        self._history: list[str] = []
        try:
            self.connect(self._account.url, self._account.userid, self._account.password)
        except BaseException:
            self._account.close()
            raise

    def connect(self, url: str, userid: str, password: str) -> None:
        """Set up the integration, with an empty store, for an account of the gateway that stands at an address.

        Args:
            url: Where the gateway is, without the path of its endpoints.
            userid: The account, which is new unless it is live.
            password: Its password.
        """
        raise NotImplementedError

    def disconnect(self) -> None:
        """Close what `connect` opened."""

    def send(self, messages: Sequence[Message]) -> None:
        """Have the integration send messages now; all have the same content."""
        raise NotImplementedError

    def schedule(self, messages: Sequence[Message]) -> None:
        """Have it send messages at their `sendtime`; nothing is scheduled unless this is overridden."""
        raise NotImplementedError

    def fates(self) -> Mapping[str, str]:
        """What the integration's store says of each message, by reference: a Fate, or its value as a string."""
        raise NotImplementedError

    def poll_reports(self) -> None:
        """Have it fetch reports; whether one page or all there are is its own affair. No reports unless overridden."""
        raise NotImplementedError

    def poll_upmsgs(self) -> None:
        """Have it fetch upstream messages; no phone replies unless this and `upmsgs` are overridden."""
        raise NotImplementedError

    def upmsgs(self) -> Iterable[tuple[str, str]]:
        """The replies that its store has, as phone and text, in any order."""
        raise NotImplementedError

    # The steps. Their names are what a transcript shows.

    @_may_send
    @rule(target=handed_over, to=_several)
    def sends(self, to: Sequence[str]) -> MultipleResults[str]:
        """Send to some numbers."""
        return self._hand_over("sends", self.send, self._messages(to))

    @_is_arranged
    @precondition(lambda self: self.many and not self._has_been_large)
    @rule(count=st.runner().flatmap(lambda self: st.sampled_from(self.many)))
    def sends_to_many(self, count: int) -> None:
        """Send to more numbers than a page of reports holds."""
        self._has_been_large = True
        self._hand_over("sends", self.send, self._messages([f"139{number:08}" for number in range(count)]))

    @_may_send
    @precondition(_overridden("schedule"))
    @rule(target=handed_over, to=_several, minutes=_MINUTES)
    def schedules(self, to: Sequence[str], minutes: int) -> MultipleResults[str]:
        """Schedule messages so far ahead."""
        return self._hand_over("schedules", self.schedule, self._messages(to, timedelta(minutes=minutes)))

    @precondition(lambda self: not self.faults.is_empty)
    @rule(fault=_a_fault)
    def is_struck_by(self, fault: Fault) -> None:
        """Let a fault strike one of the requests to come."""
        self._note(f"is struck by {fault.kind} on {fault.operation or 'any request'}")
        self._account.arrange(fault)

    @_may_send
    @precondition(lambda self: self._world is None and not self.faults.is_empty)
    @rule(target=handed_over, to=_several, fault=_a_fault)
    def sends_when_struck(self, to: Sequence[str], fault: Fault) -> MultipleResults[str]:
        """Send right after a fault was arranged: of few messages, more go where something may happen to them."""
        self.is_struck_by(fault)
        return self._hand_over("sends", self.send, self._messages(to))

    @_is_arranged
    @rule(minutes=_MINUTES)
    def waits(self, minutes: int) -> None:
        """Let time pass."""
        self._in_hand.pass_time(timedelta(minutes=minutes))

    @_is_arranged
    @_fetches_reports
    @rule(message=handed_over, is_delivered=st.booleans())
    def is_reported(self, message: str, *, is_delivered: bool) -> None:
        """Let the report of a message come in now, if it has been sent."""
        for one in self._audit.at_gateway().get(message, ()):
            self._in_hand.report(one.submitted.msgid, is_delivered=is_delivered)

    @_is_arranged
    @_fetches_upmsgs
    @rule(phone=st.sampled_from(_PHONES))
    def is_replied_to(self, phone: str) -> None:
        """Let a phone reply."""
        self._in_hand.reply(phone)

    @_is_arranged
    @_fetches_upmsgs
    @precondition(lambda self: self.many and not self._has_been_large)
    @rule()
    def is_replied_to_by_many(self) -> None:
        """Let more phones reply than a page holds."""
        self._has_been_large = True
        for number in range(_MANY_REPLIES):
            self._in_hand.reply(f"139{number:08}")

    @_fetches_reports
    @rule()
    def polls_reports(self) -> None:
        """Fetch reports."""
        with self._watched("polls reports"):
            self.poll_reports()

    @_fetches_upmsgs
    @rule()
    def polls_upmsgs(self) -> None:
        """Fetch replies."""
        with self._watched("polls upstream messages"):
            self.poll_upmsgs()

    @rule()
    def settles(self) -> None:
        """Let faults be over and everything come in, and fetch all of it."""
        self._account.calm()
        if self._world is not None:
            self._world.settle()
        if self._fetches("poll_reports"):
            self._drain("reports", 0, self.polls_reports)
        if self._fetches("poll_upmsgs"):
            self._drain("replies", 1, self.polls_upmsgs)
        if self._world is not None:
            with self._evidence():
                self._world.compare()

    def teardown(self) -> None:
        """Close the integration and the account."""
        failure = sys.exception()
        with once(is_repeatable=self._is_repeatable):
            try:
                self.disconnect()
            finally:
                self._account.close()
            if failure is not self._handled and failure is not None and not self._is_repeatable:
                # Of a step or an invariant that a subclass has of its own.
                raise failure

    @property
    def _in_hand(self) -> Environment:
        """For the rules that need it, and are not chosen without."""
        return cast("Environment", self._world)

    def _fetches(self, name: str) -> bool:
        return self._account.is_drained and _overridden(name)(self)

    def _several(self) -> SearchStrategy[list[str]]:
        phones = (*self._account.phones, _NOBODY) if self._account.phones else _PHONES
        most = min(_MOST_AT_ONCE, self._account.allowance - self._given)
        return st.lists(st.sampled_from(phones), min_size=1, max_size=most, unique=True)

    def _hand_over(
        self, step: str, act: Callable[[Sequence[Message]], None], messages: Sequence[Message]
    ) -> MultipleResults[str]:
        with self._watched(f"{step} {', '.join(f'{one.reference} to {one.phone}' for one in messages)}"):
            act(messages)
        return multiple(*(message.reference for message in messages))

    def _messages(self, phones: Iterable[str], ahead: timedelta | None = None) -> list[Message]:
        first = self._account.first + self._given
        token = str(_BEFORE_TOKENS + first % _TOKENS)
        sendtime = None if ahead is None else (self._account.now + ahead).astimezone(SHANGHAI)
        content = self.content.replace(_PLACE, token)
        messages = [Message(str(number), phone, content, token, sendtime) for number, phone in enumerate(phones, first)]
        self._given += len(messages)
        self._audit.give(messages)
        return messages

    def _drain(self, what: str, queue: int, poll: Callable[[], None]) -> None:
        while waiting := self._gateway.waiting[queue]:
            poll()
            if self._gateway.waiting[queue] == waiting and not self._account.is_worth_waiting():
                if self._world is None:
                    return
                lost = f"{waiting} {what} wait, and the integration fetches none of them"
                raise Lost(lost)

    @contextmanager
    def _watched(self, step: str) -> Generator[None]:
        """Let the integration act, and look at what reached the gateway and at what the store then says."""
        self._note(f"{step}:")
        with once(is_repeatable=self._is_repeatable), self._evidence():
            try:
                yield
            finally:
                self._follow()
            self._audit.check_messages(self.fates())
            if self._fetches("poll_upmsgs"):
                self._audit.check_upmsgs(self.upmsgs())

    def _note(self, step: str) -> None:
        # What can be repeated is shown by Hypothesis.
        if not self._is_repeatable:
            self._history.append(step)

    def _follow(self) -> None:
        for exchange in self._account.exchanges():
            self._history.append(f"  {exchange}")
            self._gateway.take(exchange)

    @contextmanager
    def _evidence(self) -> Generator[None]:
        try:
            yield
        except HypothesisException:
            raise
        except Exception as failure:
            last = self._history[-_SHOWN:]
            failure.add_note("\n".join(["What the gateway saw, the last thing last:", *last]))
            raise
