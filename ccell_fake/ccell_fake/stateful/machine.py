"""Connection of an integration to the machine: hooks that make it act and return what it believes."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import ClassVar, get_args

from ccell_fake.codes import Code
from ccell_fake.stateful.abilities import FAULTS
from ccell_fake.stateful.audit import REPETITION, Message
from ccell_fake.stateful.steps import StepFault
from ccell_fake.stateful.words import Words


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
        timeout: Seconds after which the integration gives up waiting for an answer. The machine tries whether it is
            less than a second if it is not given. Answers come late only if it is known.
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
        """Start the integration again after a kill, with what its store had. Without an override it is not killed."""
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


def check_machine(machine: CcellMachine) -> None:
    """Check the attributes of a machine. Users write them, so their types are checked, too.

    Raises:
        ValueError: One of them is invalid. The message says what is allowed.
    """
    _require("{token}" in machine.content, "content must contain {token}, which identifies messages at the gateway")
    has_signature = machine.has_own_texts or ("【" in machine.content and "】" in machine.content)
    _require(has_signature, "content must have a signature, such as 【签名】; the gateway refuses texts without one")
    is_positive = all(isinstance(one, int) and one > 0 for one in machine.many)  # type: ignore[redundant-expr]
    _require(is_positive, f"many must hold positive numbers of phones, got {machine.many!r}")
    allowed = {*Code, REPETITION}
    is_allowed = not isinstance(machine.allowed, str) and allowed.issuperset(machine.allowed)
    _require(is_allowed, f"allowed must be a collection of codes and of {REPETITION}, got {machine.allowed!r}")
    timeout = machine.timeout
    is_timeout = timeout is None or (isinstance(timeout, int | float) and timeout > 0)  # type: ignore[redundant-expr]
    _require(is_timeout, f"timeout must be a positive number of seconds or None, got {machine.timeout!r}")
    are_faults = all(isinstance(one, get_args(StepFault)) for one in machine.faults)
    _require(are_faults, f"faults must be a collection of faults, such as stateful.FAULTS, got {machine.faults!r}")
    Words(machine.language)


def _require(condition: bool, message: str) -> None:  # noqa: FBT001 - as assert has it
    if not condition:
        raise ValueError(message)
