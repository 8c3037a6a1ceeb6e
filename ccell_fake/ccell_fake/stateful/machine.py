"""The state machine: the steps there are, and after each a look at what the integration made of it."""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import ClassVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)
from hypothesis.strategies import SearchStrategy

from ccell_fake.clock import SHANGHAI
from ccell_fake.codes import Code
from ccell_fake.control.client import ControlClient
from ccell_fake.faults import Fault
from ccell_fake.inspection import State
from ccell_fake.model import Operation
from ccell_fake.stateful.audit import Audit, Message
from ccell_fake.stateful.findings import Finding, Lost
from ccell_fake.stateful.reference import Reference
from ccell_fake.stateful.target import EmulatorTarget, Target
from ccell_fake.strategies import faults

BALANCE = 100_000
REPORT_DELAY = timedelta(minutes=1)

_REFUSED = {"19500001111": Code.NUMBER_UNRECOGNISED}
# Few, so that several messages go to the same one.
_PHONES = st.sampled_from(["13800000000", "13600001234", *_REFUSED])
_SEVERAL = st.lists(_PHONES, min_size=1, max_size=3, unique=True)
_MINUTES = st.sampled_from([1, 2, 60])
_FIRST_TOKEN = 100_001
_MANY_REPLIES = 101
_SHOWN = 12


def _overridden(name: str) -> Callable[[object], bool]:
    """Whether a machine has this method of its own."""
    return lambda machine: getattr(machine.__class__, name) is not getattr(CcellMachine, name)


class CcellMachine(RuleBasedStateMachine):
    """Tries an integration; override `connect`, `send` and `fates`, and whatever else the integration does.

    Everything is called in one thread, and what a method does is done when it returns. What it raises fails the run:
    let it catch what the integration is meant to raise.

    Attributes:
        content: What messages say; `{token}` has to stand in it.
        faults: What may strike; `st.nothing()` for no faults at all.
        many: To how many numbers at once a large send goes; empty for neither large sends nor many replies. A run has
            one large step at most, for they are slow.
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
        """Open an account at a target, and connect the integration to it."""
        super().__init__()
        self._account = target.open(BALANCE, REPORT_DELAY)
        self._gateway = Reference(self._account.now, BALANCE, REPORT_DELAY, _REFUSED)
        self._audit = Audit(self._gateway)
        self._batches = self._given = self._replies = 0
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
            userid: The account, which is new.
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

    @rule(target=handed_over, to=_SEVERAL)
    def sends(self, to: Sequence[str]) -> MultipleResults[str]:
        """Send to some numbers."""
        messages = self._messages(to)
        with self._watched():
            self.send(messages)
        return multiple(*(message.reference for message in messages))

    @precondition(lambda self: self.many and not self._has_been_large)
    @rule(count=st.runner().flatmap(lambda machine: st.sampled_from(machine.many)))
    def sends_to_many(self, count: int) -> None:
        """Send to more numbers than a page of reports holds."""
        self._has_been_large = True
        with self._watched():
            self.send(self._messages([f"139{number:08}" for number in range(count)]))

    @precondition(_overridden("schedule"))
    @rule(target=handed_over, to=_SEVERAL, minutes=_MINUTES)
    def schedules(self, to: Sequence[str], minutes: int) -> MultipleResults[str]:
        """Schedule messages so far ahead."""
        messages = self._messages(to, timedelta(minutes=minutes))
        with self._watched():
            self.schedule(messages)
        return multiple(*(message.reference for message in messages))

    @precondition(lambda self: not self.faults.is_empty)
    @rule(fault=st.runner().flatmap(lambda machine: machine.faults))
    def is_struck_by(self, fault: Fault) -> None:
        """Let a fault strike one of the requests to come."""
        self._account.arrange(fault)

    @rule(minutes=_MINUTES)
    def waits(self, minutes: int) -> None:
        """Let time pass."""
        self._pass(timedelta(minutes=minutes))

    @precondition(_overridden("poll_reports"))
    @rule(message=handed_over, is_delivered=st.booleans())
    def is_reported(self, message: str, *, is_delivered: bool) -> None:
        """Let the report of a message come in now, if it has been sent."""
        for one in self._audit.at_gateway().get(message, ()):
            msgid = one.submitted.msgid
            if self._gateway.state(msgid) is State.SENT:
                self._account.report(msgid, is_delivered=is_delivered)
                self._gateway.report(msgid, is_delivered=is_delivered)

    @precondition(_overridden("poll_upmsgs"))
    @rule(phone=_PHONES)
    def is_replied_to(self, phone: str) -> None:
        """Let a phone reply."""
        self._reply(phone)

    @precondition(lambda self: self.many and _overridden("poll_upmsgs")(self) and not self._has_been_large)
    @rule()
    def is_replied_to_by_many(self) -> None:
        """Let more phones reply than a page holds."""
        self._has_been_large = True
        for number in range(_MANY_REPLIES):
            self._reply(f"139{number:08}")

    @precondition(_overridden("poll_reports"))
    @rule()
    def polls_reports(self) -> None:
        """Fetch reports."""
        with self._watched():
            self.poll_reports()

    @precondition(_overridden("poll_upmsgs"))
    @rule()
    def polls_upmsgs(self) -> None:
        """Fetch replies."""
        with self._watched():
            self.poll_upmsgs()

    @rule()
    def settles(self) -> None:
        """Let faults be over and everything come in, and fetch all of it."""
        self._account.calm()
        self._pass(max(self._gateway.rest, timedelta()))
        if _overridden("poll_reports")(self):
            self._drain("reports", 0, self.polls_reports)
        if _overridden("poll_upmsgs")(self):
            self._drain("replies", 1, self.polls_upmsgs)
        with self._evidence():
            self._gateway.compare(self._account.standing())

    def teardown(self) -> None:
        """Close the integration and the account."""
        try:
            self.disconnect()
        finally:
            self._account.close()

    def _messages(self, phones: Iterable[str], ahead: timedelta | None = None) -> list[Message]:
        token = str(_FIRST_TOKEN + self._batches)
        self._batches += 1
        sendtime = None if ahead is None else (self._gateway.now + ahead).astimezone(SHANGHAI)
        content = self.content.format(token=token)
        messages = [
            Message(str(self._given + place), phone, content, token, sendtime) for place, phone in enumerate(phones, 1)
        ]
        self._given += len(messages)
        self._audit.give(messages)
        return messages

    def _reply(self, phone: str) -> None:
        self._replies += 1
        text = f"收到{self._replies}"
        self._account.reply(phone, text)
        self._gateway.reply(phone, text)

    def _pass(self, by: timedelta) -> None:
        self._account.advance(by)
        self._gateway.advance(by)

    def _drain(self, what: str, queue: int, poll: Callable[[], None]) -> None:
        while waiting := self._gateway.waiting[queue]:
            poll()
            if self._gateway.waiting[queue] == waiting:
                lost = f"{waiting} {what} wait, and the integration fetches none of them"
                raise Lost(lost)

    @contextmanager
    def _watched(self) -> Generator[None]:
        """Let the integration act, and look at what reached the gateway and at what the store then says."""
        yield
        with self._evidence():
            for exchange in self._account.exchanges():
                self._history.append(str(exchange))
                self._gateway.take(exchange)
            self._audit.check_messages(self.fates())
            if _overridden("poll_upmsgs")(self):
                self._audit.check_upmsgs(self.upmsgs())

    @contextmanager
    def _evidence(self) -> Generator[None]:
        try:
            yield
        except Finding as finding:
            last = self._history[-_SHOWN:]
            finding.add_note("\n".join(["What the gateway saw, the last thing last:", *(f"  {one}" for one in last)]))
            raise


def run(
    machine: Callable[[Target], CcellMachine],
    target: str | Target,
    *,
    token: str = "",
    settings: settings | None = None,
) -> None:
    """Try an integration in many ways, and show the shortest that goes wrong.

    Args:
        machine: Your subclass of CcellMachine.
        target: The address of an emulator, such as `http://127.0.0.1:8026`, or a target of another kind.
        token: The emulator's control token, if it has one.
        settings: Hypothesis's; `max_examples` and `stateful_step_count` say how long to try.

    Raises:
        Finding: Something was lost, doubled or mixed up; its notes hold the steps.
    """
    if not isinstance(target, str):
        run_state_machine_as_test(lambda: machine(target), settings=settings or SETTINGS)  # type: ignore[arg-type]
        return
    with ControlClient(target, token) as control:
        run(machine, EmulatorTarget(target, control), settings=settings)


SETTINGS = settings(
    deadline=None,
    # What Hypothesis explains takes longer than finding it, and says less than what the gateway saw.
    phases=set(Phase) - {Phase.explain},
    report_multiple_bugs=False,
    stateful_step_count=15,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
"""What `run` goes by unless told otherwise."""
