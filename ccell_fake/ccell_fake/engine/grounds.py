"""The open questions that an accepted send rests on: another answer would have decided it differently."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from ccell_fake.engine import numbers, schedule
from ccell_fake.engine.assumptions import Answers, deciding
from ccell_fake.engine.content import BRACKETS, count_characters, count_segments
from ccell_fake.engine.number_context import SubmitFacts
from ccell_fake.engine.number_rules import ABOUT_SIGNATURES, judge_signature
from ccell_fake.limits import NUMBER_SEPARATOR


class _Aspect(NamedTuple):
    """A part of a submit that questions decide.

    Attributes:
        questions: The questions.
        is_open: Whether they can decide anything here. It is asked of every accepted submit, so it is cheap.
        judge: Judges the part by answers.
    """

    questions: tuple[str, ...]
    is_open: Callable[[SubmitFacts], bool]
    judge: Callable[[SubmitFacts, Answers], object]


def of_submit(facts: SubmitFacts) -> Iterator[str]:
    """Yield the questions that a submit with an accepted number rests on."""
    answers = facts.policy.answers
    for aspect in _ASPECTS:
        if aspect.is_open(facts):
            yield from deciding(aspect.questions, answers, partial(aspect.judge, facts))


def of_request(submits: tuple[SubmitFacts, ...]) -> Iterator[str]:
    """Yield the questions about all numbers of a request together, if it is accepted."""
    phones = [number for submit in submits for number in submit.numbers]
    if len(phones) == 1:
        return
    if len(phones) > submits[0].policy.limits.numbers_per_request:
        yield "Q4"
    if len(set(phones)) < len(phones):
        yield "Q10"


def _is_trimmed(facts: SubmitFacts) -> bool:
    return NUMBER_SEPARATOR.join(facts.numbers) != facts.submit.phone


def _split(facts: SubmitFacts, answers: Answers) -> tuple[str, ...]:
    return numbers.split_numbers(facts.submit.phone or "", answers)


def _has_later_number(facts: SubmitFacts) -> bool:
    then = numbers.heads("then")
    return any(number[: numbers.HEAD_DIGITS] not in then for number in facts.numbers)


def _recognised(facts: SubmitFacts, answers: Answers) -> list[bool]:
    further = facts.policy.prefixes
    return [numbers.carrier(number, answers) is not None or number in further for number in facts.numbers]


def _is_long(facts: SubmitFacts) -> bool:
    # No answer counts more than two for a character.
    return 2 * len(facts.content) > facts.policy.limits.single_segment


def _judge_length(facts: SubmitFacts, answers: Answers) -> int | None:
    """Return the charge by the length of the content, or None if it is too long."""
    limits = facts.policy.limits
    characters = count_characters(facts.content, answers)
    is_refused = characters > limits.content_characters and answers["Q5"] == "refuse"
    return None if is_refused else count_segments(characters, answers, limits)


def _is_signature_open(facts: SubmitFacts) -> bool:
    answers = facts.policy.answers
    if answers["Q27"] == "anywhere" or answers["Q52"] == "yes":
        return True
    most = facts.policy.limits.signature_characters - BRACKETS
    return any(2 * len(one.text) > most for one in facts.signatures)


def _is_signature_accepted(facts: SubmitFacts, answers: Answers) -> bool:
    return judge_signature(facts, answers) is None


def _is_scheduled(facts: SubmitFacts) -> bool:
    return bool(facts.submit.sendtime)


def _judge_sendtime(facts: SubmitFacts, answers: Answers) -> object:
    """Return whether a sendtime is accepted, and when the message is charged."""
    ahead = facts.policy.limits.schedule_ahead
    sendtime = facts.submit.sendtime or ""
    scheduled = schedule.parse(sendtime)
    is_refused = schedule.judge(sendtime, facts.now, ahead, bounds_pass=answers["Q17"] == "accept")
    return bool(is_refused), scheduled is not None and scheduled > facts.now and answers["Q34"]


def _has_long_linkid(facts: SubmitFacts) -> bool:
    return len(facts.submit.linkid or "") > facts.policy.limits.linkid_characters


def _has_long_spcode(facts: SubmitFacts) -> bool:
    return len(facts.submit.spcode or "") > facts.policy.limits.spcode_characters


def _linkid_answer(_: SubmitFacts, answers: Answers) -> str:
    return answers["Q37"]


def _spcode_answer(_: SubmitFacts, answers: Answers) -> str:
    return answers["Q38"]


_ASPECTS = (
    _Aspect(("Q9",), _is_trimmed, _split),
    _Aspect(("Q8",), _has_later_number, _recognised),
    _Aspect(("Q5", "Q13", "Q35"), _is_long, _judge_length),
    _Aspect(ABOUT_SIGNATURES, _is_signature_open, _is_signature_accepted),
    _Aspect(("Q17", "Q34"), _is_scheduled, _judge_sendtime),
    _Aspect(("Q37",), _has_long_linkid, _linkid_answer),
    _Aspect(("Q38",), _has_long_spcode, _spcode_answer),
)
