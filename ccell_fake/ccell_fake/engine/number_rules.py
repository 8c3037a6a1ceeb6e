"""The rules about one number of a send, in the order in which they are asked (1004xxx, Q7)."""

from ccell_fake.codes import Code
from ccell_fake.engine import magic, schedule, segments
from ccell_fake.engine.assumptions import Answers
from ccell_fake.engine.number_context import NumberFacts, SubmitFacts
from ccell_fake.engine.rules import Refusal, Rule, listed

_SHOWN_REFUSED = "195"

FAULT = "fault"
"""The ground of what a fault brings about."""

PERSONA = "persona"
"""The ground of a refusal that a persona brings about."""


def _magic_number(facts: NumberFacts) -> Refusal | None:
    code = magic.NUMBER_PHONES.get(facts.number)
    if code is None or not facts.policy.settings.magic_numbers:
        return None
    return Refusal(code, magic.GROUND, f"{facts.number} is a magic number that is refused with {code}", facts.number)


def _fault(facts: NumberFacts) -> Refusal | None:
    if not facts.arranged.refuses(facts.number) or facts.arranged.code is None:
        return None
    code = facts.arranged.code
    return Refusal(code, FAULT, f"a fault that was arranged refuses {facts.number} with {code}", facts.number)


def _opted_out(facts: NumberFacts) -> Refusal | None:
    if facts.number not in facts.arranged.opted_out:
        return None
    explanation = f"{facts.number} has opted out of the account's messages; its persona says by which words"
    return Refusal(Code.NUMBER_BLACKLISTED, PERSONA, explanation, facts.number)


def _complete(facts: SubmitFacts) -> Refusal | None:
    if facts.policy.answers["Q3"] == "request" or not facts.missing:
        return None
    return Refusal(
        Code.PARAMETERS_INCOMPLETE, "Q3", f"the submit has no {facts.missing}; phone and content are required"
    )


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
    return Refusal(
        Code.NUMBER_UNRECOGNISED,
        # The document shows a number of this prefix refused; which others are is not said.
        "S8" if facts.number.startswith(_SHOWN_REFUSED) else "Q8",
        f"{facts.number!r} is not recognised; it takes 11 digits beginning with a mainland mobile prefix"
        + (" in service when the document was written" if answers["Q8"] == "then" else ""),
        facts.number,
    )


def _blacklist(facts: NumberFacts) -> Refusal | None:
    if facts.policy.blacklist is None or facts.number not in facts.policy.blacklist:
        return None
    explanation = (
        f"{facts.number} is on the account's blacklist: {listed(facts.policy.blacklist.entries_for(facts.number))}"
    )
    return Refusal(Code.NUMBER_BLACKLISTED, "C1", explanation, facts.number)


def _whitelist(facts: NumberFacts) -> Refusal | None:
    if facts.policy.whitelist is None or facts.number in facts.policy.whitelist:
        return None
    explanation = (
        f"{facts.number} is not on the account's whitelist, which has {listed(facts.policy.settings.whitelist or ())}"
    )
    return Refusal(Code.NUMBER_NOT_WHITELISTED, "C1", explanation, facts.number)


def _sending_rule(facts: SubmitFacts) -> Refusal | None:
    if facts.policy.settings.sending_rule:
        return None
    return Refusal(Code.NO_SENDING_RULE, "C1", "the account has no sending rule; sending_rule = true gives it one")


def _spcode(facts: SubmitFacts) -> Refusal | None:
    spcode, answers = facts.submit.spcode, facts.policy.answers
    if not spcode or facts.policy.settings.spcode or answers["Q15"] == Code.PARAMETERS_INCOMPLETE:
        return None
    return spcode_refusal(spcode, answers)


def spcode_refusal(spcode: str, answers: Answers) -> Refusal:
    """The refusal of an spcode on an account that has it not opened (A3, Q15)."""
    explanation = (
        f"spcode is {spcode!r}, and the account has it not opened; without one, or with spcode = true, it passes"
    )
    return Refusal(Code(answers["Q15"]), "Q15", explanation, spcode)


def _channel(facts: NumberFacts) -> Refusal | None:
    channels = facts.policy.settings.channels
    if facts.carrier is None or facts.carrier in channels:
        return None
    explanation = f"{facts.number} is a number of {facts.carrier}; the account's channels: {listed(channels)}"
    return Refusal(Code.NO_CHANNEL, "C1", explanation, facts.number)


def _sendtime(facts: SubmitFacts) -> Refusal | None:
    sendtime = facts.submit.sendtime
    if not sendtime:
        return None
    policy = facts.policy
    return schedule.judge(
        sendtime, facts.now, policy.limits.schedule_ahead, bounds_pass=policy.answers["Q17"] == "accept"
    )


def _signature(facts: SubmitFacts) -> Refusal | None:
    settings, found = facts.policy.settings, facts.signatures
    where = "" if facts.policy.answers["Q27"] == "anywhere" else " at its front or end"
    if not found:
        if settings.signcode != "*":
            explanation = f"the content has no signature{where}; the account's signatures: {listed(settings.signcode)}"
            return Refusal(Code.FIXED_SIGNATURE_MISSING, "Q28", explanation)
        if settings.require_signature:
            explanation = f"the content has no signature{where}; it takes one, as in 【签名】"
            return Refusal(Code.SIGNATURE_MISSING, "Q28", explanation)
        return None
    shortest = min((one.text for one in found), key=lambda text: segments.length(text, facts.policy.answers))
    if settings.signcode != "*" and shortest not in settings.signcode:
        explanation = f"the signature is {shortest}; the account's signatures: {listed(settings.signcode)}"
        return Refusal(Code.FIXED_SIGNATURE_OTHER, "Q28", explanation, shortest)
    length = segments.length(shortest, facts.policy.answers)
    allowed = facts.policy.limits.signature_characters
    if length > allowed:
        explanation = f"the signature has {length} characters; 3.1 allows {allowed}"
        return Refusal(Code.SIGNATURE_TOO_LONG, "C1", explanation, shortest)
    return None


def _template(facts: SubmitFacts) -> Refusal | None:
    templates = facts.policy.templates
    if templates is None or any(templates.fullmatch(text) for text in facts.unsigned):
        return None
    explanation = (
        f"the content without its signature, {facts.unsigned[0]!r}, matches no template; "
        f"the account's templates: {listed(facts.policy.settings.templates)}"
    )
    return Refusal(Code.TEMPLATE_MISMATCH, "C1", explanation, facts.unsigned[0])


def _black_words(facts: SubmitFacts) -> Refusal | None:
    words = facts.policy.black_words
    word = words.first_in(facts.content) if words else None
    if word is None:
        return None
    return Refusal(Code.BLACK_WORD, "C1", f"the content holds {word!r}, a black word; without it, it passes", word)


def _white_words(facts: SubmitFacts) -> Refusal | None:
    words = facts.policy.white_words
    if words is None or words.first_in(facts.content) is not None:
        return None
    explanation = f"the content holds no white word; it takes one of {listed(facts.policy.settings.white_words)}"
    return Refusal(Code.NO_WHITE_WORD, "C1", explanation)


def _closing_phrase(facts: SubmitFacts) -> Refusal | None:
    return closing_phrase(facts) if facts.policy.answers["Q29"] == "number" else None


def closing_phrase(facts: SubmitFacts) -> Refusal | None:
    """Why a content lacks what it has to close with, signature aside (1001007, Q29)."""
    phrase = facts.policy.settings.closing_phrase
    if any(text.rstrip().endswith(phrase) for text in facts.unsigned):
        return None
    return Refusal(Code.CLOSING_PHRASE_MISSING, "Q29", f"the content, signature aside, does not end with {phrase!r}")


class SubmitRule(Rule[SubmitFacts]):
    """A rule by which every number of a submit fares alike."""


AnyRule = Rule[NumberFacts] | SubmitRule

_STAGES: dict[str, tuple[AnyRule, ...]] = {
    "recognised": (Rule("number-recognised", _recognised),),
    "blacklist": (Rule("blacklist", _blacklist), Rule("opted-out", _opted_out)),
    "whitelist": (Rule("whitelist", _whitelist),),
    "sending_rule": (SubmitRule("sending-rule", _sending_rule),),
    "spcode": (SubmitRule("spcode", _spcode),),
    "channel": (Rule("channel", _channel),),
    "sendtime": (SubmitRule("sendtime", _sendtime),),
    "signature": (SubmitRule("signature", _signature),),
    "template": (SubmitRule("template", _template),),
    "black_words": (SubmitRule("black-words", _black_words),),
    "white_words": (SubmitRule("white-words", _white_words),),
}
_ARRANGED = {"fault", "opted-out"}
_FIRST: tuple[AnyRule, ...] = (
    Rule("magic-number", _magic_number),
    Rule("fault", _fault),
    SubmitRule("submit-complete", _complete),
)
_LAST = SubmitRule("closing-phrase", _closing_phrase)


def without_arranged(rules: tuple[AnyRule, ...]) -> tuple[AnyRule, ...]:
    """The rules but those about what a test arranged, for a request for which nothing was."""
    return tuple(rule for rule in rules if rule.name not in _ARRANGED)


def in_order(answers: Answers) -> tuple[AnyRule, ...]:
    """The rules in the order of Q7, between those that other questions make a matter of the number."""
    return (*_FIRST, *(rule for stage in answers.orders["Q7"] for rule in _STAGES[stage]), _LAST)
