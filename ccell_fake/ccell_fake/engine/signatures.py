"""Signatures: the text in 【】 that names the sender, and the content without it (Q27, W12)."""

import re
from dataclasses import dataclass

from ccell_fake.engine.assumptions import Answers

_ENDS = (re.compile(r"\s*【([^【】]+)】"), re.compile(r"【([^【】]+)】\s*\Z"))
_ANYWHERE = re.compile("【([^【】]+)】")


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature and the content it was taken from.

    Attributes:
        text: The signature without its brackets.
        rest: The content without the signature.
    """

    text: str
    rest: str


def find(content: str, answers: Answers) -> tuple[Signature, ...]:
    """Every text in brackets that stands where a signature may, by default at the front or at the end (Q27)."""
    if "【" not in content:
        return ()
    if answers["Q27"] == "anywhere":
        matches = list(_ANYWHERE.finditer(content))
    else:
        front, end = _ENDS[0].match(content), _ENDS[1].search(content)
        matches = [match for match in (end, front) if match is not None]
    return tuple(Signature(match[1], content[: match.start()] + content[match.end() :]) for match in matches)
