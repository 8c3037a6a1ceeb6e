"""The rules about one number of a send, in the order in which they are asked (1004xxx, Q7)."""

from ccell_fake.codes import Code
from ccell_fake.engine import characters, magic, numbers, schedule
from ccell_fake.engine.answers import Answers
from ccell_fake.engine.number_facts import NumberFacts, SubmitFacts
from ccell_fake.engine.rules import Refusal, Rule
from ccell_fake.limits import SIGNATURE_CHARACTERS


def _magic_number(facts: NumberFacts) -> Refusal | None:
    code = magic.NUMBER_PHONES.get(facts.number)
    if code is None or not facts.policy.settings.magic_numbers:
        return None
    return Refusal(code, magic.GROUND, f"{facts.number} is a magic number that is refused with {code}", facts.number)


def _complete(facts: SubmitFacts) -> Refusal | None:
    submit = facts.submit
    if facts.policy.answers["Q3"] == "request" or (submit.content and submit.phone and facts.numbers):
        return None
    return Refusal(Code.PARAMETERS_INCOMPLETE, "Q3", "the submit lacks a phone or a content; both are required")


def _recognised(facts: NumberFacts) -> Refusal | None:
    answers = facts.policy.answers
    if facts.is_repeated and answers["Q10"] == "refuse":
        return Refusal(
            Code.NUMBER_UNRECOGNISED,
            "Q10",
            f"{facts.number} stands twice in the request; once is allowed",
            facts.number,
        )
    if facts.carrier is not None:
        return None
    has_form = len(facts.number) == numbers.NUMBER_DIGITS and facts.number.isdigit()
    return Refusal(
        Code.NUMBER_UNRECOGNISED,
        "Q8" if has_form else "S8",
        f"{facts.number!r} is not recognised; it takes 11 digits beginning with a mainland mobile prefix"
        + (" in service when the document was written" if answers["Q8"] == "then" else ""),
        facts.number,
    )


def _blacklist(facts: NumberFacts) -> Refusal | None:
    if facts.number not in facts.policy.blacklist:
        return None
    return Refusal(Code.NUMBER_BLACKLISTED, "C1", f"{facts.number} is on the account's blacklist", facts.number)


def _whitelist(facts: NumberFacts) -> Refusal | None:
    whitelist = facts.policy.whitelist
    if whitelist is None or facts.number in whitelist:
        return None
    return Refusal(Code.NUMBER_NOT_WHITELISTED, "C1", f"{facts.number} is not on the account's whitelist", facts.number)


def _sending_rule(facts: SubmitFacts) -> Refusal | None:
    if facts.policy.settings.sending_rule:
        return None
    return Refusal(Code.NO_SENDING_RULE, "C1", "the account has no sending rule; sending_rule = true gives it one")


def _spcode(facts: SubmitFacts) -> Refusal | None:
    answer = facts.policy.answers["Q15"]
    spcode = facts.submit.spcode
    if not spcode or facts.policy.settings.spcode or answer == Code.PARAMETERS_INCOMPLETE:
        return None
    return Refusal(Code(answer), "Q15", f"spcode is {spcode!r}; the account has no extension opened", spcode)


def _channel(facts: NumberFacts) -> Refusal | None:
    channels = facts.policy.settings.channels
    if facts.carrier is None or facts.carrier in channels:
        return None
    listed = ", ".join(channels) or "none"
    return Refusal(
        Code.NO_CHANNEL,
        "C1",
        f"{facts.number} is a number of {facts.carrier}; the account's channels: {listed}",
        facts.number,
    )


def _sendtime(facts: SubmitFacts) -> Refusal | None:
    sendtime = facts.submit.sendtime
    if not sendtime:
        return None
    return schedule.judge(sendtime, facts.now, bounds_pass=facts.policy.answers["Q17"] == "accept")


def _signature(facts: SubmitFacts) -> Refusal | None:
    settings, found = facts.policy.settings, facts.signatures
    where = "" if facts.policy.answers["Q27"] == "anywhere" else " at its front or end"
    if not found:
        if settings.signcode != "*":
            listed = ", ".join(settings.signcode)
            explanation = f"the content has no signature{where}; the account's signatures: {listed}"
            return Refusal(Code.FIXED_SIGNATURE_MISSING, "Q28", explanation)
        if settings.require_signature:
            return Refusal(
                Code.SIGNATURE_MISSING, "Q28", f"the content has no signature{where}; it takes one, as in 【签名】"
            )
        return None
    text = found[0].text
    if settings.signcode != "*" and text not in settings.signcode:
        listed = ", ".join(settings.signcode)
        return Refusal(
            Code.FIXED_SIGNATURE_OTHER, "Q28", f"the signature is {text}; the account's signatures: {listed}", text
        )
    candidates = found if settings.signcode == "*" else found[:1]
    shortest = min(characters.length(one.text, facts.policy.answers) for one in candidates)
    if shortest > SIGNATURE_CHARACTERS:
        explanation = f"the signature has {shortest} characters; 3.1 allows {SIGNATURE_CHARACTERS}"
        return Refusal(Code.SIGNATURE_TOO_LONG, "C1", explanation, text)
    return None


def _template(facts: SubmitFacts) -> Refusal | None:
    templates = facts.policy.templates
    if templates is None or templates.fullmatch(facts.unsigned):
        return None
    return Refusal(
        Code.TEMPLATE_MISMATCH, "C1", f"the content without its signature, {facts.unsigned!r}, matches no template"
    )


def _black_words(facts: SubmitFacts) -> Refusal | None:
    words = facts.policy.black_words
    word = words.first_in(facts.content) if words else None
    if word is None:
        return None
    return Refusal(Code.BLACK_WORD, "C1", f"the content holds {word!r}, which is a black word", word)


def _white_words(facts: SubmitFacts) -> Refusal | None:
    words = facts.policy.white_words
    if words is None or words.first_in(facts.content) is not None:
        return None
    return Refusal(Code.NO_WHITE_WORD, "C1", "the content holds none of the account's white words; it takes one")


def _closing_phrase(facts: SubmitFacts) -> Refusal | None:
    return closing_phrase(facts) if facts.policy.answers["Q29"] == "number" else None


def closing_phrase(facts: SubmitFacts) -> Refusal | None:
    """Why a content lacks what it has to close with, signature aside (1001007, Q29)."""
    phrase = facts.policy.settings.closing_phrase
    if facts.unsigned.rstrip().endswith(phrase):
        return None
    return Refusal(
        Code.CLOSING_PHRASE_MISSING, "Q29", f"the content, signature aside, does not end with {phrase!r}", phrase
    )


class SubmitRule(Rule[SubmitFacts]):
    """A rule by which every number of a submit fares alike."""


AnyRule = Rule[NumberFacts] | SubmitRule

_STAGES: dict[str, AnyRule] = {
    "recognised": Rule("number-recognised", _recognised),
    "blacklist": Rule("blacklist", _blacklist),
    "whitelist": Rule("whitelist", _whitelist),
    "sending_rule": SubmitRule("sending-rule", _sending_rule),
    "spcode": SubmitRule("spcode", _spcode),
    "channel": Rule("channel", _channel),
    "sendtime": SubmitRule("sendtime", _sendtime),
    "signature": SubmitRule("signature", _signature),
    "template": SubmitRule("template", _template),
    "black_words": SubmitRule("black-words", _black_words),
    "white_words": SubmitRule("white-words", _white_words),
}
_FIRST: tuple[AnyRule, ...] = (Rule("magic-number", _magic_number), SubmitRule("submit-complete", _complete))
_LAST = SubmitRule("closing-phrase", _closing_phrase)


def in_order(answers: Answers) -> tuple[AnyRule, ...]:
    """The rules in the order of Q7, between those that other questions make a matter of the number."""
    return (*_FIRST, *(_STAGES[stage] for stage in answers.orders["Q7"]), _LAST)
