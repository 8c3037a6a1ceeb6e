"""Personas: how the owners of phones answer messages, and when they opt out."""

from dataclasses import dataclass

from ccell_fake.clock import from_micros, in_micros, to_micros
from ccell_fake.engine.ledger import Ledger
from ccell_fake.model import Upmsg
from ccell_fake.patterns import Patterns
from ccell_fake.records import Submission
from ccell_fake.settings import AccountSettings, Persona


@dataclass(frozen=True, slots=True)
class PersonaPattern:
    """A persona with its pattern compiled."""

    persona: Persona
    phone: Patterns


def compile_personas(personas: tuple[Persona, ...]) -> tuple[PersonaPattern, ...]:
    """Compile the patterns of personas."""
    return tuple(PersonaPattern(persona, Patterns((persona.phone,))) for persona in personas)


def persona_of(phone: str, personas: tuple[PersonaPattern, ...]) -> Persona | None:
    """Return the persona that owns a phone, or None."""
    return next((one.persona for one in personas if one.phone.match(phone)), None)


def answer(phone: str, submission: Submission, settings: AccountSettings, persona: Persona) -> Upmsg | None:
    """Return the answer of a phone to a message that reached it, or None."""
    content = submission.content
    texts = [one.text for one in persona.answers if one.keyword in content]
    if not texts and not persona.echo:
        return None
    motime = from_micros(submission.due + in_micros(persona.delay))
    return Upmsg(settings.spnumber + submission.spcode, phone, motime, (texts or [content])[0])


def receive(account: int, upmsg: Upmsg, personas: tuple[PersonaPattern, ...], ledger: Ledger) -> None:
    """Save an upstream message. The gateway refuses the phone after its motime if its text opts out."""
    ledger.add_upmsg(account, upmsg)
    persona = persona_of(upmsg.phone, personas)
    words = {word.casefold() for word in persona.opt_out} if persona else set[str]()
    if upmsg.msgcontent.strip().casefold() in words:
        ledger.opt_out(account, upmsg.phone, to_micros(upmsg.motime))
