"""Performing a plan: the integration acts, then the gateway's requests and the integration's store are checked."""

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial

from ccell_fake.clock import SHANGHAI
from ccell_fake.codes import Code
from ccell_fake.faults import BrokenJsonFault, BrokenXmlFault, DelayFault, DribbleFault
from ccell_fake.stateful.abilities import REPLIES
from ccell_fake.stateful.account_model import AccountModel, LiveModel
from ccell_fake.stateful.audit import Audit, Message
from ccell_fake.stateful.emulator_model import EmulatorModel, Environment
from ccell_fake.stateful.exchange import GatewayRequest
from ccell_fake.stateful.findings import Finding, Lost
from ccell_fake.stateful.killing import IntegrationKilled, killed_at
from ccell_fake.stateful.machine import CcellMachine, overrides
from ccell_fake.stateful.steps import (
    Advance,
    Busy,
    FetchReplies,
    FetchReports,
    Killed,
    Late,
    Plan,
    Reply,
    ReplyMany,
    Report,
    Restart,
    Send,
    SendMany,
    Slow,
    Step,
    StepFault,
)
from ccell_fake.stateful.story import Story
from ccell_fake.stateful.target import BALANCE, REFUSED, Opened, Target
from ccell_fake.stateful.words import Words

_PLACEHOLDER = "{token}"
_BEFORE_TOKENS, _TOKENS = 100_000, 900_000
_SLOW_SECONDS, _SLOW_REQUESTS = 0.05, 12
# A live account may be refused for what it is, and not for what the integration does.
_ACCOUNT_CODES = frozenset(Code) - {Code.PARAMETERS_INCOMPLETE}
# The shortest answer has a few pieces of so many bytes.
_PIECE = 40


class Performance:
    """One run of a plan.

    Attributes:
        refusals: Why the gateway refused something, by code.
    """

    def __init__(self, machine: CcellMachine, target: Target, plan: Plan, timeout: float | None = None) -> None:
        """Prepare a run.

        Args:
            machine: The integration, not connected yet.
            target: The gateway.
            plan: The steps.
            timeout: Seconds after which the integration gives up waiting, if known.
        """
        self._machine = machine
        self._plan = plan
        self._timeout = timeout
        self._say = say = Words(machine.language)
        self._account: Opened = target.open(plan)
        self._model: AccountModel = LiveModel()
        self._environment: Environment | None = None
        allowed = {*machine.allowed, *_ACCOUNT_CODES}
        driver = self._account.driver
        if driver is not None:
            self._model = model = EmulatorModel(self._account.now, BALANCE, plan.report_delay, REFUSED)
            self._environment = Environment(driver, model)
            allowed = {*machine.allowed}
        self._audit = Audit(self._model, REFUSED, say, has_own_texts=machine.has_own_texts, allowed=allowed)
        self._references: list[str] = []
        # After a fault, an integration may hold messages back.
        self._is_disturbed = False
        self._undisturbed: list[Message] = []
        self._story = Story(say, self._audit.name)
        self.refusals: dict[str, str] = {}

    @property
    def accepted(self) -> int:
        """Number of messages that the gateway has accepted."""
        return len(self._model.accepted)

    def run(self) -> None:
        """Perform the plan, and close everything.

        Raises:
            Finding: The integration or the gateway did something wrong. Its note tells the story.
        """
        try:
            self._run()
        except Exception as error:
            error.add_note(self._story.tell(self._plan, type(self._machine).__name__))
            if isinstance(error, Finding):
                error.plan = self._plan
            raise
        finally:
            self._account.close()

    def _run(self) -> None:
        self._machine.connect(self._account.url, self._account.userid, self._account.password)
        try:
            for step in self._plan.steps:
                self._story.begin(step)
                self._perform(step)
            self._story.begin(None)
            self._finish()
        except BaseException:
            # The first failure is told, not what it leads to.
            with suppress(Exception):
                self._machine.disconnect()
            raise
        self._machine.disconnect()

    def _perform(self, step: Step) -> None:
        """Perform a step, if it is possible here."""
        environment, machine = self._environment, self._machine
        match step:
            case Send():
                is_scheduled = step.minutes > 0 and overrides(machine, "schedule")
                messages = self._messages(step.phones, step.text, step.minutes if is_scheduled else 0)
                self._hand_over(machine.schedule if is_scheduled else machine.send, messages, step.fault)
            case SendMany() if environment is not None:
                messages = self._messages(_many_phones(step.count))
                self._hand_over(machine.send, messages, step.fault)
            case FetchReports() if overrides(machine, "poll_reports"):
                if self._account.may_fetch:
                    self._act(machine.poll_reports, step.fault)
            case FetchReplies() if overrides(machine, "poll_upmsgs"):
                if self._account.may_fetch:
                    self._act(machine.poll_upmsgs, step.fault)
            case Restart() if overrides(machine, "restart"):
                self._act(machine.restart, None)
            case Report() | Reply() | ReplyMany() | Advance() if environment is not None:
                self._arrange(step, environment)
            case _:
                message = f"{step} is not possible with {type(machine).__name__} at this target"
                raise ValueError(message)

    def _arrange(self, step: Report | Reply | ReplyMany | Advance, environment: Environment) -> None:
        match step:
            case Report(message=place, is_delivered=is_delivered):
                accepted = self._audit.accepted()
                for one in accepted.get(self._references[place], ()) if place < len(self._references) else ():
                    environment.report(one.submitted.msgid, is_delivered=is_delivered)
            case Reply(phone=phone, text=text):
                environment.reply([phone], text)
            case ReplyMany(count=count):
                environment.reply(_many_phones(count), REPLIES[0])
            case Advance(minutes=minutes):
                environment.advance(timedelta(minutes=minutes))

    def _fetches(self, name: str) -> bool:
        return self._account.may_fetch and overrides(self._machine, name)

    def _messages(self, phones: Iterable[str], text: str = "", minutes: int = 0) -> list[Message]:
        """Create messages with the same content, as many as may still be sent."""
        most = self._account.allowance - len(self._references)
        first = len(self._references)
        token = str(_BEFORE_TOKENS + (self._account.first_number + first) % _TOKENS)
        content = self._machine.content.replace(_PLACEHOLDER, token + text)
        sendtime = (self._account.now + timedelta(minutes=minutes)).astimezone(SHANGHAI) if minutes else None
        messages = [
            Message(self._reference(place), phone, content, token, sendtime, place + 1)
            for place, phone in enumerate(phones, first)
        ][:most]
        self._references += [message.reference for message in messages]
        self._audit.add(messages)
        return messages

    def _reference(self, place: int) -> str:
        number = self._account.first_number + place
        return f"7d2f0c1e-5a3b-4e8d-9c6f-{number:012}" if self._plan.has_long_references else str(number)

    def _hand_over(
        self, act: Callable[[Sequence[Message]], None], messages: Sequence[Message], fault: StepFault | None
    ) -> None:
        if messages:
            self._story.hand_over(messages)
            if not self._is_disturbed and fault is None:
                self._undisturbed += messages
            if isinstance(fault, Killed):
                self._audit.interrupt(messages)
            self._act(partial(act, messages), fault)

    def _act(self, act: Callable[[], None], fault: StepFault | None) -> None:
        """Let the integration act under a fault, then check the requests at the gateway and the store."""
        excused = {Code.CONCURRENCY_EXCEEDED} if isinstance(fault, Busy) else set[Code]()
        self._is_disturbed = self._is_disturbed or fault is not None
        try:
            with self._faulty(fault):
                act()
        except IntegrationKilled:
            self._story.kill()
            self._machine.restart()
        finally:
            requests = self._record_requests(fault)
        self._audit.check_requests(requests, excused)
        self._check_store()
        self._audit.check_repetition(requests)

    def _check_store(self) -> None:
        self._audit.check_messages(self._machine.fates())
        if overrides(self._machine, "charges"):
            self._audit.check_charges(self._machine.charges())
        if self._fetches("poll_upmsgs"):
            self._audit.check_upmsgs(self._machine.upmsgs())

    @contextmanager
    def _faulty(self, fault: StepFault | None) -> Generator[None]:
        """Let a fault happen to the requests inside the block, and to no later ones."""
        account = self._account
        if fault is None or not account.supports(fault):
            yield
            return
        try:
            with self._arranged(fault):
                yield
        finally:
            account.clear_faults()
            if isinstance(fault, Late | Slow | Killed):
                account.wait_until_idle()

    @contextmanager
    def _arranged(self, fault: StepFault) -> Generator[None]:
        account = self._account
        match fault:
            case Late(skip=skip):
                account.arrange(DribbleFault(piece=_PIECE, seconds=2 * (self._timeout or 0), skip=skip))
                yield
            case Slow():
                account.arrange(DelayFault(seconds=_SLOW_SECONDS, times=_SLOW_REQUESTS))
                yield
            case Killed(skip=skip):
                account.arrange(DribbleFault(piece=_PIECE, seconds=1, skip=skip))
                with killed_at(lambda: account.count_requests() > skip):
                    yield
            case Busy():
                account.wait_until_idle()
                with account.busy():
                    yield
            case BrokenXmlFault():
                # One of the two applies, whatever the integration speaks.
                account.arrange(fault)
                account.arrange(BrokenJsonFault(skip=fault.skip))
                yield
            case _:
                account.arrange(fault)
                yield

    def _record_requests(self, fault: StepFault | None) -> list[GatewayRequest]:
        requests: list[GatewayRequest] = []
        for seen in self._account.requests(self._audit.has_token):
            request = _as_received(seen, fault)
            requests.append(request)
            codes = {request.code, *(one.code for one in request.submitted)} - {"", Code.SUCCESS}
            self.refusals |= {code: self._say.explain(code, request.explanation) for code in codes}
            self._story.add(request)
            self._model.record(request)
        return requests

    def _finish(self) -> None:
        """Let all reports come in, let the integration fetch everything, and compare the account with its model."""
        if self._environment is not None:
            self._environment.settle()
        if self._fetches("poll_reports"):
            self._fetch_all("reports unfetched", 0, self._machine.poll_reports)
        if self._fetches("poll_upmsgs"):
            self._fetch_all("replies unfetched", 1, self._machine.poll_upmsgs)
        if not self.refusals:
            self._audit.check_sent(self._undisturbed, self._machine.fates())
        if self._environment is not None:
            self._environment.compare()

    def _fetch_all(self, unfetched: str, index: int, poll: Callable[[], None]) -> None:
        while self._model.pending[index]:
            before = self._model.handed_out[index]
            self._act(poll, None)
            if self._model.handed_out[index] == before and not self._account.wait_for_more():
                if self._environment is None:
                    return
                raise Lost(self._say(unfetched, count=self._model.pending[index]))


def _as_received(request: GatewayRequest, fault: StepFault | None) -> GatewayRequest:
    """Say that an answer which takes too long, or which a kill cuts off, is lost."""
    if request.delivery != "dribble" or not isinstance(fault, Late | Killed):
        return request
    return replace(request, delivery="late" if isinstance(fault, Late) else "killed")


def _many_phones(count: int) -> list[str]:
    return [f"139{number:08}" for number in range(count)]
