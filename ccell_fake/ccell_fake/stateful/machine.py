"""What an integration tells the machine: how to connect it, how to make it act, and what it believes."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import ClassVar

from ccell_fake.stateful.abilities import FAULTS
from ccell_fake.stateful.audit import Message
from ccell_fake.stateful.steps import StepFault


class CcellMachine:
    """Connects an integration. Override `connect`, `send` and `fates`, and whatever else the integration does.

    All methods are called in one thread and finish before they return. An exception fails the run, so catch what the
    integration is meant to raise.

    Attributes:
        content: Text of messages; must contain `{token}`. The machine also puts other text after the token.
        has_own_texts: Whether the integration writes its own text around the token. Then only the token is compared.
        faults: What goes wrong in steps, in one of the first requests of each; empty for nothing.
        many: Numbers of phones of a large send; empty for neither large sends nor many replies. A run has at most one
            large step, because they are slow; a run against a live service has none.
        allowed: Codes and clauses that are no findings: `1001006` for more threads than allowed, `S8` for what is sent
            again after a refusal that will stay.
        timeout: Seconds after which the integration gives up waiting for an answer. If it is not given, the machine
            tries whether it is less than a second. Answers come late only if it is known.
        language: `en` or `zh`: the language of a story.
    """

    content: ClassVar[str] = "您的验证码是{token}。【签名】"
    has_own_texts: ClassVar[bool] = False
    faults: ClassVar[Collection[StepFault]] = FAULTS
    many: ClassVar[Sequence[int]] = (301, 501)
    allowed: ClassVar[Collection[str]] = ()
    timeout: ClassVar[float | None] = None
    language: ClassVar[str] = "en"

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

    def restart(self) -> None:
        """Start the integration again after it was killed, with what its store had. Without an override none is."""
        raise NotImplementedError

    def send(self, messages: Sequence[Message]) -> None:
        """Let the integration send messages now; all have the same content."""
        raise NotImplementedError

    def schedule(self, messages: Sequence[Message]) -> None:
        """Let it send messages at their `sendtime`. Without an override nothing is scheduled."""
        raise NotImplementedError

    def fates(self) -> Mapping[str, str]:
        """The store's state of each message, by reference: a Fate, or its value as a string."""
        raise NotImplementedError

    def charges(self) -> Mapping[str, int]:
        """Costs of messages in the store, in messages (Q13), by reference. Without an override none is checked."""
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


def overrides(machine: CcellMachine | type[CcellMachine], name: str) -> bool:
    """Return whether a machine overrides a method."""
    kind = machine if isinstance(machine, type) else type(machine)
    return getattr(kind, name) is not getattr(CcellMachine, name)
