"""What the people behind the phones answer to a message that reaches them, and which words opt out."""

import re
from dataclasses import dataclass

from ccell_fake.clock import from_micros, in_micros, to_micros
from ccell_fake.engine.ledger import Ledger
from ccell_fake.engine.patterns import any_of
from ccell_fake.model import Upmsg
from ccell_fake.records import Submission
from ccell_fake.settings import AccountSettings, Persona


@dataclass(frozen=True, slots=True)
class PersonaPattern:
    """A persona with its pattern compiled."""

    persona: Persona
    phone: re.Pattern[str]


def compiled(personas: tuple[Persona, ...]) -> tuple[PersonaPattern, ...]:
    """Personas, ready to be asked."""
    return tuple(PersonaPattern(persona, any_of((persona.phone,))) for persona in personas)


def of(phone: str, personas: tuple[PersonaPattern, ...]) -> Persona | None:
    """Who holds a phone."""
    return next((one.persona for one in personas if one.phone.fullmatch(phone)), None)


def answer(phone: str, submission: Submission, settings: AccountSettings, persona: Persona) -> Upmsg | None:
    """What comes back from a phone that a message has reached, if anything does."""
    content = submission.content
    texts = [one.text for one in persona.answers if one.keyword in content]
    if not texts and not persona.echo:
        return None
    motime = from_micros(submission.due + in_micros(persona.delay))
    return Upmsg(settings.spnumber + submission.spcode, phone, motime, (texts or [content])[0])


def receive(account: int, upmsg: Upmsg, personas: tuple[PersonaPattern, ...], ledger: Ledger) -> None:
    """Take in an upstream message; where its words opt out, the phone is refused from its motime on."""
    ledger.add_upmsg(account, upmsg)
    persona = of(upmsg.phone, personas)
    words = {word.casefold() for word in persona.opt_out} if persona else set[str]()
    if upmsg.msgcontent.strip().casefold() in words:
        ledger.opt_out(account, upmsg.phone, to_micros(upmsg.motime))
