"""The story of a run in plain words: each step, and what the gateway did with the requests."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from textwrap import indent

from ccell_fake.clock import SHANGHAI
from ccell_fake.codes import Code
from ccell_fake.model import Operation
from ccell_fake.resends import SentRequest, find_resends
from ccell_fake.stateful.audit import Message
from ccell_fake.stateful.exchange import GatewayRequest, Submitted
from ccell_fake.stateful.pasting import paste
from ccell_fake.stateful.steps import (
    Advance,
    Busy,
    FetchReplies,
    FetchReports,
    Plan,
    Reply,
    ReplyMany,
    Report,
    Restart,
    Send,
    SendMany,
    Step,
)
from ccell_fake.stateful.words import Words

_FEW = 3
_LOST = {"close", "reset", "truncate", "http", "broken_xml", "broken_json", "gbk", "late", "unanswered"}
"""Kinds of delivery that a sentence describes."""


@dataclass(slots=True)
class _Chapter:
    """A step, the messages that were handed over, and the sentences about the requests."""

    step: Step | None
    messages: Sequence[Message] = ()
    requests: list[str] = field(default_factory=list[str])
    is_killed: bool = False


class Story:
    """Sentences about a run, written while it goes on."""

    def __init__(self, say: Words, name: Callable[[Message | Submitted], str]) -> None:
        """Begin without a step.

        Args:
            say: The language.
            name: Names a message.
        """
        self._say = say
        self._name = name
        self._chapters: list[_Chapter] = []
        self._accepted: set[tuple[str, str]] = set()
        self._before: list[SentRequest] = []

    def begin(self, step: Step | None) -> None:
        """Begin a step; None for what follows the last one."""
        self._chapters.append(_Chapter(step))

    def hand_over(self, messages: Sequence[Message]) -> None:
        """Note the messages of a step."""
        self._chapters[-1].messages = messages

    def add(self, request: GatewayRequest) -> None:
        """Note a request."""
        # A request whose text is unknown is like no other.
        sent = SentRequest("", request.operation, request.text or id(request), request.delivery)
        is_resent = any(find_resends([*self._before, sent]))
        self._before = [sent]
        at = f" {request.at.astimezone(SHANGHAI):%H:%M:%S}" if request.at else ""
        said = [self._say_answer(request, is_resent=is_resent)]
        if request.delivery in _LOST and not request.is_readable:
            said.append(self._say(request.delivery))
        self._chapters[-1].requests.append(f"{request.operation or '?'}{at}: {self._say('semicolon').join(said)}")

    def kill(self) -> None:
        """Note that the integration was killed."""
        self._chapters[-1].is_killed = True

    def tell(self, plan: Plan, machine: str) -> str:
        """Write the story, and a test that repeats it.

        Args:
            plan: The plan that was performed.
            machine: Name of the machine's class.
        """
        lines = [self._say("story")]
        for number, chapter in enumerate(self._chapters, 1):
            lines.append(f"{number}. {self._say_step(chapter)}")
            lines += [f"   {line}" for line in self._say_requests(chapter)]
        return "\n".join([*lines, self._say("test"), indent(paste(plan, machine), "    ")])

    def _say_requests(self, chapter: _Chapter) -> list[str]:
        lines = chapter.requests
        if isinstance(getattr(chapter.step, "fault", None), Busy):
            lines = [self._say("busy"), *lines]
        if len(lines) > 2 * _FEW + 1:
            left_out = self._say("more requests", count=len(lines) - 2 * _FEW)
            lines = [*lines[:_FEW], left_out, *lines[-_FEW:]]
        if not lines and isinstance(chapter.step, Send | SendMany | FetchReports | FetchReplies):
            lines = [self._say("nothing")]
        return [*lines, self._say("killed")] if chapter.is_killed else lines

    def _say_step(self, chapter: _Chapter) -> str:
        say = self._say
        match chapter.step:
            case Send() | SendMany() as step:
                said = self._say_messages(chapter.messages, has_text=isinstance(step, Send) and step.text != "")
            case Report(message=message, is_delivered=is_delivered):
                said = say("report", number=message + 1, state=say("delivered" if is_delivered else "failed"))
            case Reply(phone=phone, text=text):
                said = say("reply", phone=phone, text=text)
            case ReplyMany(count=count):
                said = say("reply many", count=count)
            case FetchReports():
                said = say("fetch reports")
            case FetchReplies():
                said = say("fetch replies")
            case Advance(minutes=minutes):
                said = say("advance", minutes=minutes)
            case Restart():
                said = say("restart")
            case None:
                said = say("end")
        return said

    def _say_messages(self, messages: Sequence[Message], *, has_text: bool) -> str:
        is_few = len(messages) <= _FEW
        shown = (
            self._say("comma").join(map(self._name, messages)) if is_few else self._say("messages", count=len(messages))
        )
        time = messages[0].sendtime if messages else None
        text = f" {self._say('text', text=messages[0].content)}" if messages and has_text else ""
        if time is None:
            return self._say("send", messages=shown) + text
        return self._say("schedule", messages=shown, time=f"{time.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}") + text

    def _say_answer(self, request: GatewayRequest, *, is_resent: bool) -> str:
        if not request.code:
            return self._say("unprocessed")
        if request.code != Code.SUCCESS:
            why = self._say.explain(request.code, "" if request.is_refused_by_fault else request.explanation)
            return self._say("refused all", code=request.code, why=why)
        match request.operation:
            case Operation.SEND:
                return self._say_verdicts(request, is_resent=is_resent)
            case Operation.REPORT:
                return self._say("handed reports", count=request.items)
            case Operation.UPMSG:
                return self._say("handed replies", count=request.items)
            case _:
                return self._say("answered")

    def _say_verdicts(self, request: GatewayRequest, *, is_resent: bool) -> str:
        accepted = [one for one in request.submitted if one.code == Code.SUCCESS]
        again = [one for one in accepted if (one.phone, one.content) in self._accepted]
        first = [one for one in accepted if one not in again]
        self._accepted.update((one.phone, one.content) for one in accepted)
        parts = [self._say("accepted", what=self._shown(first))] if first else []
        how = "accepted resent" if is_resent else "accepted again"
        parts += [self._say(how, what=self._shown(again))] if again else []
        for one in [one for one in request.submitted if one.code != Code.SUCCESS][:_FEW]:
            explanation = "" if request.is_refused_by_fault else request.explanation
            why = self._say.explain(one.code, explanation)
            parts.append(self._say("refused", what=self._name(one), code=one.code, why=why))
        return self._say("semicolon").join(parts)

    def _shown(self, some: Sequence[Submitted]) -> str:
        return (
            self._say("comma").join(map(self._name, some))
            if len(some) <= _FEW
            else self._say("numbers", count=len(some))
        )
