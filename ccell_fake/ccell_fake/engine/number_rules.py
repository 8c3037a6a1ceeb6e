"""The rules about one number of a send, in order (1004xxx, Q7)."""

from dataclasses import replace

from ccell_fake.codes import Code
from ccell_fake.engine import magic, schedule
from ccell_fake.engine.assumptions import Answers, deciding
from ccell_fake.engine.content import BRACKETS, count_characters
from ccell_fake.engine.number_context import NumberFacts, SubmitFacts, possible_signatures
from ccell_fake.engine.numbers import BLANKS, HEAD_DIGITS, has_digits, heads
from ccell_fake.engine.policy import Policy
from ccell_fake.engine.rules import Refusal, Rule, join_items
from ccell_fixtures.prefixes import PREFIXES, SHOWN_REFUSED

FAULT = "fault"
"""The ground of an answer caused by a fault."""

PERSONA = "persona"
"""The ground of a refusal caused by a persona."""


def _magic_number(facts: NumberFacts) -> Refusal | None:
    code = magic.NUMBER_PHONES.get(facts.number)
    if code is None:
        return None
    return Refusal(code, magic.GROUND, f"{facts.number} is a magic number; it is refused with {code}", facts.number)


def _fault(facts: NumberFacts) -> Refusal | None:
    if not facts.arranged.refuses(facts.number) or facts.arranged.code is None:
        return None
    code = facts.arranged.code
    return Refusal(code, FAULT, f"a fault refuses {facts.number} with {code}", facts.number)


def _opted_out(facts: NumberFacts) -> Refusal | None:
    if facts.number not in facts.arranged.opted_out:
        return None
    explanation = f"{facts.number} has opted out of the account's messages with a word of its persona"
    return Refusal(Code.NUMBER_BLACKLISTED, PERSONA, explanation, facts.number)


def _complete(facts: SubmitFacts) -> Refusal | None:
    if not facts.missing:
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
            f"{facts.number} occurs twice in the request; once is allowed",
            facts.number,
        )
    if facts.carrier is not None:
        return None
    ground, explanation = _why_unrecognised(facts.number, facts.policy)
    explanation = f"{facts.number!r} is not recognised; {explanation}"
    return Refusal(Code.NUMBER_UNRECOGNISED, ground, explanation, facts.number)


def _why_unrecognised(number: str, policy: Policy) -> tuple[str, str]:
    """Return the ground of a refusal, and the answer or setting that would accept the number."""
    bare = number.strip()
    if bare != number or not number:
        answer = "trim" if number.strip(BLANKS) == bare else "unicode"
        if not bare:
            return "Q9", f'the item is empty; the answer Q9 = "{answer}" drops it'
        if policy.carrier(bare) is not None:
            return "Q9", f'there are blanks around it; the answer Q9 = "{answer}" trims them'
    if number in SHOWN_REFUSED:
        return "S8", f'the document shows it as refused; the setting prefixes = ["{number}"] accepts it'
    if not has_digits(number):
        return "Q8", "a number has 11 digits and a mainland mobile prefix"
    if number[:HEAD_DIGITS] in heads("today"):
        return "Q8", 'its prefix came into service after the document was written; the answer Q8 = "today" accepts it'
    return "Q8", f'no carrier has its prefix; the setting prefixes = ["{number[:3]}*"] accepts it'


def _blacklist(facts: NumberFacts) -> Refusal | None:
    if facts.policy.blacklist is None or facts.number not in facts.policy.blacklist:
        return None
    explanation = (
        f"{facts.number} is on the account's blacklist: {join_items(facts.policy.blacklist.entries_for(facts.number))}"
    )
    return Refusal(Code.NUMBER_BLACKLISTED, "C1", explanation, facts.number)


def _whitelist(facts: NumberFacts) -> Refusal | None:
    if facts.policy.whitelist is None or facts.number in facts.policy.whitelist:
        return None
    explanation = (
        f"{facts.number} is not on the account's whitelist: {join_items(facts.policy.settings.whitelist or ())}"
    )
    return Refusal(Code.NUMBER_NOT_WHITELISTED, "C1", explanation, facts.number)


def _sending_rule(_facts: SubmitFacts) -> Refusal:
    return Refusal(Code.NO_SENDING_RULE, "C1", "the account has no sending rule; set sending_rule = true")


def _spcode(facts: SubmitFacts) -> Refusal | None:
    spcode = facts.submit.spcode
    return spcode_refusal(spcode, facts.policy.answers) if spcode else None


def spcode_refusal(spcode: str, answers: Answers) -> Refusal:
    """Refuse an spcode on an account without the extension (A3, Q15)."""
    explanation = f"spcode is {spcode!r}, but the account has no spcode; leave it out, or set spcode = true"
    return Refusal(Code(answers["Q15"]), "Q15", explanation, spcode)


def _channel(facts: NumberFacts) -> Refusal | None:
    channels = facts.policy.settings.channels
    if not facts.carrier or facts.carrier in channels:
        return None
    explanation = f"{facts.number} belongs to {facts.carrier}; the account's channels: {join_items(channels)}"
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
    answers = facts.policy.answers
    refusal = judge_signature(facts, answers)
    if refusal is None:
        return None

    def judge(other: Answers) -> Code | None:
        judged = judge_signature(facts, other)
        return judged.code if judged else None

    question = next(deciding(ABOUT_SIGNATURES, answers, judge), None)
    if question is None:
        return refusal
    explanation = f"{refusal.explanation}; another answer to {question} decides otherwise"
    return replace(refusal, ground=question, explanation=explanation)


ABOUT_SIGNATURES = ("Q27", "Q52", "Q51", "Q35")
"""The questions that decide whether a content has a signature, and how long it is."""


def judge_signature(facts: SubmitFacts, answers: Answers) -> Refusal | None:
    """Judge the signature of a content by answers that may differ from the account's (1004003 to 1004005, 1004015)."""
    policy = facts.policy
    settings = policy.settings
    found = facts.signatures if answers is policy.answers else possible_signatures(facts.content, settings, answers)
    if not found:
        where = "" if answers["Q27"] == "anywhere" else " at its front or end"
        if settings.signcode != "*":
            explanation = (
                f"the content has no signature{where}; the account's signatures: {join_items(settings.signcode)}"
            )
            return Refusal(Code.FIXED_SIGNATURE_MISSING, "Q28", explanation)
        if settings.require_signature:
            explanation = f"the content has no signature{where}; add one, such as 【签名】"
            return Refusal(Code.SIGNATURE_MISSING, "Q28", explanation)
        return None
    shortest = min((one.text for one in found), key=lambda text: count_characters(text, answers))
    if settings.signcode != "*" and shortest not in settings.signcode:
        explanation = f"the signature is {shortest}; the account's signatures: {join_items(settings.signcode)}"
        return Refusal(Code.FIXED_SIGNATURE_OTHER, "Q28", explanation, shortest)
    brackets = BRACKETS if answers["Q51"] == "with" else 0
    characters = count_characters(shortest, answers) + brackets
    allowed = policy.limits.signature_characters
    if characters > allowed:
        counted = " with its brackets" if brackets else ""
        explanation = f"the signature has {characters} characters{counted}; 3.1 allows {allowed}"
        return Refusal(Code.SIGNATURE_TOO_LONG, "C1", explanation, shortest)
    return None


def _template(facts: SubmitFacts) -> Refusal | None:
    templates = facts.policy.templates
    if templates is None or any(templates.match(text) for text in facts.unsigned):
        return None
    explanation = (
        f"the content without its signature, {facts.unsigned[0]!r}, matches no template; "
        f"the account's templates: {join_items(facts.policy.settings.templates)}"
    )
    return Refusal(Code.TEMPLATE_MISMATCH, "C1", explanation, facts.unsigned[0])


def _black_words(facts: SubmitFacts) -> Refusal | None:
    words = facts.policy.black_words
    word = words.first_in(facts.content) if words else None
    if word is None:
        return None
    return Refusal(Code.BLACK_WORD, "C1", f"the content contains the black word {word!r}; remove it", word)


def _white_words(facts: SubmitFacts) -> Refusal | None:
    words = facts.policy.white_words
    if words is None or words.first_in(facts.content) is not None:
        return None
    explanation = f"the content contains no white word; add one of {join_items(facts.policy.settings.white_words)}"
    return Refusal(Code.NO_WHITE_WORD, "C1", explanation)


def closing_phrase(facts: SubmitFacts) -> Refusal | None:
    """Refuse a content that does not end with the closing phrase, apart from its signature (1001007, Q29)."""
    phrase = facts.policy.settings.closing_phrase
    if any(text.rstrip().endswith(phrase) for text in facts.unsigned):
        return None
    return Refusal(Code.CLOSING_PHRASE_MISSING, "Q29", f"the content without its signature must end with {phrase!r}")


class SubmitRule(Rule[SubmitFacts]):
    """A rule with the same result for every number of a submit."""


AnyRule = Rule[NumberFacts] | SubmitRule

_CARRIERS = {prefix.carrier for prefix in PREFIXES.values()}
STAGES: dict[str, tuple[AnyRule, ...]] = {
    "recognised": (Rule("number-recognised", _recognised),),
    "blacklist": (
        Rule("blacklist", _blacklist, lambda policy: policy.blacklist is not None),
        Rule("opted-out", _opted_out, lambda policy: bool(policy.personas)),
    ),
    "whitelist": (Rule("whitelist", _whitelist, lambda policy: policy.whitelist is not None),),
    "sending_rule": (SubmitRule("sending-rule", _sending_rule, lambda policy: not policy.settings.sending_rule),),
    "spcode": (SubmitRule("spcode", _spcode, lambda policy: policy.spcode_refuses == "number"),),
    "channel": (Rule("channel", _channel, lambda policy: not {*policy.settings.channels} >= _CARRIERS),),
    "sendtime": (SubmitRule("sendtime", _sendtime),),
    "signature": (SubmitRule("signature", _signature),),
    "template": (SubmitRule("template", _template, lambda policy: policy.templates is not None),),
    "black_words": (SubmitRule("black-words", _black_words, lambda policy: policy.black_words is not None),),
    "white_words": (SubmitRule("white-words", _white_words, lambda policy: policy.white_words is not None),),
}
"""The rules of each stage of Q7."""
_FIRST: tuple[AnyRule, ...] = (
    Rule("magic-number", _magic_number, lambda policy: policy.settings.magic_numbers),
    Rule("fault", _fault),
    SubmitRule("submit-complete", _complete, lambda policy: policy.answers["Q3"] == "number"),
)
_LAST = SubmitRule("closing-phrase", closing_phrase, lambda policy: policy.closing_phrase_refuses == "number")


def in_order(answers: Answers) -> tuple[AnyRule, ...]:
    """Return the rules in the order of Q7, between those that other questions decide."""
    return (*_FIRST, *(rule for stage in answers.orders["Q7"] for rule in STAGES[stage]), _LAST)
