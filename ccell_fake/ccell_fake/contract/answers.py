"""How a probe tells its answer from what it saw."""

from collections.abc import Iterable, Mapping
from typing import Any

from ccell_fake.contract.raw_answer import RawAnswer


class Unsettled(AssertionError):
    """What was seen is none of the answers there are: the question has one more, or the gateway breaks a clause."""


def only(found: Iterable[str], what: str) -> str:
    """The one answer that everything points to.

    Raises:
        Unsettled: Some point elsewhere.
    """
    answers = set(found)
    if len(answers) != 1:
        message = f"{what}: {', '.join(sorted(answers))}, not one answer"
        raise Unsettled(message)
    return answers.pop()


def of_seen(seen: object, answers: Mapping[Any, str]) -> str:
    """The answer that stands for what was seen.

    Raises:
        Unsettled: None does.
    """
    if seen not in answers:
        message = f"seen was {seen!r}; the answers would show as {', '.join(map(repr, answers))}"
        raise Unsettled(message)
    return answers[seen]


def codes(heard: RawAnswer) -> tuple[str, ...]:
    """The code of the root, and those of the resps behind it."""
    return (heard.code, *heard.codes)
