"""The state machine: steps that use an integration, and a check of its store after each."""

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
from ccell_fake.stateful.account_model import AccountModel, LiveModel
from ccell_fake.stateful.audit import Audit, Message
from ccell_fake.stateful.emulator_model import EmulatorModel, Environment
from ccell_fake.stateful.findings import Lost, end_on_failure
from ccell_fake.stateful.steps import StepStrategy
from ccell_fake.stateful.target import Opened, Target
from ccell_fake.strategies import faults

BALANCE = 100_000
REPORT_DELAY = timedelta(minutes=1)

_REFUSED = {"19500001111": Code.NUMBER_UNRECOGNISED}
_UNASSIGNED = "12000000000"
# Few, so that several messages go to the same phone.
_PHONES = ("13800000000", "13600001234", *_REFUSED)
_MOST_AT_ONCE = 3
_MINUTES = st.sampled_from([1, 2, 60])
_PLACEHOLDER = "{token}"
_BEFORE_TOKENS, _TOKENS = 100_000, 900_000
_MANY_REPLIES = 101
_SHOWN = 12


def _is_overridden(name: str) -> Callable[[object], bool]:
    return lambda machine: getattr(machine.__class__, name) is not getattr(CcellMachine, name)


def _create_model(account: Opened) -> tuple[AccountModel, Environment | None]:
    if account.driver is None:
        return LiveModel(), None
    model = EmulatorModel(account.now, BALANCE, REPORT_DELAY, _REFUSED)
    return model, Environment(account.driver, model)


_some_phones = st.runner().flatmap(lambda self: self._some_phones())
_a_fault = st.runner().flatmap(lambda self: self.faults.filter(self._account.supports))
_may_send = precondition(lambda self: self._sent < self._account.allowance)
_is_controlled = precondition(lambda self: self._environment is not None)
_fetches_reports = precondition(lambda self: self._fetches("poll_reports"))
_fetches_upmsgs = precondition(lambda self: self._fetches("poll_upmsgs"))
_may_be_large = precondition(lambda self: self.many and not self._has_been_large)


class CcellMachine(RuleBasedStateMachine):
    """Tests an integration. Override `connect`, `send` and `fates`, and whatever else the integration does.

    All methods are called in one thread and finish before they return. An exception fails the run, so catch what the
    integration is meant to raise.

    Attributes:
        content: Text of messages; must contain `{token}`.
        faults: Faults to arrange; `st.nothing()` for none.
        many: Numbers of phones of a large send; empty for neither large sends nor many replies. A run has at most one
            large step, because they are slow; a run against a live service has none.
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
            ValueError: `content` does not contain `{token}`.
        """
        super().__init__()
        self._rules_strategy = StepStrategy(self)
        if _PLACEHOLDER not in self.content:
            message = f"content must contain {_PLACEHOLDER}, which identifies messages at the gateway"
            raise ValueError(message)
        self._handled = sys.exception()
        self._account = target.open(BALANCE, REPORT_DELAY)
        self._is_repeatable = target.is_repeatable
        self._model, self._environment = _create_model(self._account)
        self._audit = Audit(self._model)
        self._sent = 0
        self._has_been_large = False
        self._history: list[str] = []
        try:
            self.connect(self._account.url, self._account.userid, self._account.password)
        except BaseException:
            self._account.close()
            raise

    def connect(self, url: str, userid: str, password: str) -> None:
        """Set up the integration, with an empty store, for an account of a gateway.

        Args:
            url: Base URL of the gateway, without the path of its endpoints.
            userid: The account; unused unless it is live.
            password: Its password.
        """
        raise NotImplementedError

    def disconnect(self) -> None:
        """Close what `connect` opened."""

    def send(self, messages: Sequence[Message]) -> None:
        """Let the integration send messages now; all have the same content."""
        raise NotImplementedError

    def schedule(self, messages: Sequence[Message]) -> None:
        """Let it send messages at their `sendtime`. Without an override nothing is scheduled."""
        raise NotImplementedError

    def fates(self) -> Mapping[str, str]:
        """The store's state of each message, by reference: a Fate, or its value as a string."""
        raise NotImplementedError

    def poll_reports(self) -> None:
        """Let it fetch reports, one page or all. Without an override no reports are fetched."""
        raise NotImplementedError

    def poll_upmsgs(self) -> None:
        """Let it fetch upstream messages. No phone replies unless you override this and `upmsgs`."""
        raise NotImplementedError

    def upmsgs(self) -> Iterable[tuple[str, str]]:
        """Replies in its store, as phone and text, in any order."""
        raise NotImplementedError

    # Steps. Hypothesis shows their names and arguments.

    @_may_send
    @rule(target=handed_over, phones=_some_phones)
    def send_to(self, phones: Sequence[str]) -> MultipleResults[str]:
        """Send to some numbers."""
        return self._hand_over("send", self.send, self._messages(phones))

    @_is_controlled
    @_may_be_large
    @rule(count=st.runner().flatmap(lambda self: st.sampled_from(self.many)))
    def send_to_many(self, count: int) -> None:
        """Send to more numbers than a page of reports holds."""
        self._has_been_large = True
        self._hand_over("send", self.send, self._messages([f"139{number:08}" for number in range(count)]))

    @_may_send
    @precondition(_is_overridden("schedule"))
    @rule(target=handed_over, phones=_some_phones, minutes=_MINUTES)
    def schedule_to(self, phones: Sequence[str], minutes: int) -> MultipleResults[str]:
        """Schedule messages for some minutes later."""
        return self._hand_over("schedule", self.schedule, self._messages(phones, timedelta(minutes=minutes)))

    @precondition(lambda self: not self.faults.is_empty)
    @rule(fault=_a_fault)
    def arrange_fault(self, fault: Fault) -> None:
        """Arrange a fault for a later request."""
        self._note(f"arrange {fault.kind} on {fault.operation or 'any request'}")
        self._account.arrange(fault)

    @_may_send
    @precondition(lambda self: self._environment is None and not self.faults.is_empty)
    @rule(target=handed_over, phones=_some_phones, fault=_a_fault)
    def send_under_fault(self, phones: Sequence[str], fault: Fault) -> MultipleResults[str]:
        """Arrange a fault and send at once. A live service allows few messages, so more of them should meet faults."""
        self.arrange_fault(fault)
        return self._hand_over("send", self.send, self._messages(phones))

    @_is_controlled
    @rule(minutes=_MINUTES)
    def advance_clock(self, minutes: int) -> None:
        """Move the clock forwards."""
        self._controlled.advance(timedelta(minutes=minutes))

    @_is_controlled
    @_fetches_reports
    @rule(message=handed_over, is_delivered=st.booleans())
    def bring_report(self, message: str, *, is_delivered: bool) -> None:
        """Let the report of a sent message come in now."""
        for one in self._audit.accepted().get(message, ()):
            self._controlled.report(one.submitted.msgid, is_delivered=is_delivered)

    @_is_controlled
    @_fetches_upmsgs
    @rule(phone=st.sampled_from(_PHONES))
    def reply_from(self, phone: str) -> None:
        """Reply from a phone."""
        self._controlled.reply(phone)

    @_is_controlled
    @_fetches_upmsgs
    @_may_be_large
    @rule()
    def reply_from_many(self) -> None:
        """Reply from more phones than a page holds."""
        self._has_been_large = True
        for number in range(_MANY_REPLIES):
            self._controlled.reply(f"139{number:08}")

    @_fetches_reports
    @rule()
    def poll_for_reports(self) -> None:
        """Fetch reports."""
        with self._checked("poll reports"):
            self.poll_reports()

    @_fetches_upmsgs
    @rule()
    def poll_for_upmsgs(self) -> None:
        """Fetch replies."""
        with self._checked("poll upstream messages"):
            self.poll_upmsgs()

    @rule()
    def settle(self) -> None:
        """Remove faults, let all reports come in, and fetch everything."""
        self._account.clear_faults()
        if self._environment is not None:
            self._environment.settle()
        if self._fetches("poll_reports"):
            self._fetch_all("reports", 0, self.poll_for_reports)
        if self._fetches("poll_upmsgs"):
            self._fetch_all("replies", 1, self.poll_for_upmsgs)
        if self._environment is not None:
            with self._evidence():
                self._environment.compare()

    def teardown(self) -> None:
        """Close the integration and the account."""
        failure = sys.exception()
        with end_on_failure(is_repeatable=self._is_repeatable):
            try:
                self.disconnect()
            finally:
                self._account.close()
            if failure is not self._handled and failure is not None and not self._is_repeatable:
                # Raised by a step or an invariant of a subclass.
                raise failure

    @property
    def _controlled(self) -> Environment:
        """Environment for steps that require one."""
        return cast("Environment", self._environment)

    def _fetches(self, name: str) -> bool:
        return self._account.may_fetch and _is_overridden(name)(self)

    def _some_phones(self) -> SearchStrategy[list[str]]:
        phones = (*self._account.phones, _UNASSIGNED) if self._account.phones else _PHONES
        most = min(_MOST_AT_ONCE, self._account.allowance - self._sent)
        return st.lists(st.sampled_from(phones), min_size=1, max_size=most, unique=True)

    def _hand_over(
        self, step: str, act: Callable[[Sequence[Message]], None], messages: Sequence[Message]
    ) -> MultipleResults[str]:
        with self._checked(f"{step} {', '.join(f'{one.reference} to {one.phone}' for one in messages)}"):
            act(messages)
        return multiple(*(message.reference for message in messages))

    def _messages(self, phones: Iterable[str], ahead: timedelta | None = None) -> list[Message]:
        first = self._account.first_number + self._sent
        token = str(_BEFORE_TOKENS + first % _TOKENS)
        sendtime = None if ahead is None else (self._account.now + ahead).astimezone(SHANGHAI)
        content = self.content.replace(_PLACEHOLDER, token)
        messages = [Message(str(number), phone, content, token, sendtime) for number, phone in enumerate(phones, first)]
        self._sent += len(messages)
        self._audit.add(messages)
        return messages

    def _fetch_all(self, what: str, index: int, poll: Callable[[], None]) -> None:
        while pending := self._model.pending[index]:
            poll()
            if self._model.pending[index] == pending and not self._account.wait_for_more():
                if self._environment is None:
                    return
                lost = f"{pending} {what} are pending, and the integration fetches none of them"
                raise Lost(lost)

    @contextmanager
    def _checked(self, step: str) -> Generator[None]:
        """Let the integration act, then check the requests at the gateway and the store."""
        self._note(f"{step}:")
        with end_on_failure(is_repeatable=self._is_repeatable), self._evidence():
            try:
                yield
            finally:
                self._record_requests()
            self._audit.check_messages(self.fates())
            if self._fetches("poll_upmsgs"):
                self._audit.check_upmsgs(self.upmsgs())

    def _note(self, step: str) -> None:
        # Hypothesis shows the steps of a repeatable run.
        if not self._is_repeatable:
            self._history.append(step)

    def _record_requests(self) -> None:
        for request in self._account.requests():
            self._history.append(f"  {request}")
            self._model.record(request)

    @contextmanager
    def _evidence(self) -> Generator[None]:
        """Add the last requests to an exception."""
        try:
            yield
        except HypothesisException:
            raise
        except Exception as failure:
            last = self._history[-_SHOWN:]
            failure.add_note("\n".join(["Requests at the gateway, oldest first:", *last]))
            raise
