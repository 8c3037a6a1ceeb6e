"""Contents: their signature, their characters and their segments (Q13, Q27, Q35, W12)."""

import re
from dataclasses import dataclass

from ccell_fake.engine.assumptions import Answers
from ccell_fake.limits import Limits

_ENDS = (re.compile(r"\s*【([^【】]+)】"), re.compile(r"【([^【】]+)】\s*\Z"))
_ANYWHERE = re.compile("【([^【】]+)】")


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature, which names the sender.

    Attributes:
        text: The signature without its brackets.
        rest: The content without the signature.
    """

    text: str
    rest: str


def find_signatures(content: str, answers: Answers) -> tuple[Signature, ...]:
    """Find each text in 【】 that can be the signature. By default it is at the start or the end (Q27)."""
    if "【" not in content:
        return ()
    if answers["Q27"] == "anywhere":
        matches = list(_ANYWHERE.finditer(content))
    else:
        front, end = _ENDS[0].match(content), _ENDS[1].search(content)
        matches = [match for match in (end, front) if match is not None]
    return tuple(Signature(match[1], content[: match.start()] + content[match.end() :]) for match in matches)


def count_characters(text: str, answers: Answers) -> int:
    """Count the characters of a text, by default as UTF-16 code units (Q35)."""
    if text.isascii() or answers["Q35"] == "codepoint":
        return len(text)
    return len(text.encode("utf-16-le", errors="surrogatepass")) // 2


def count_segments(characters: int, answers: Answers, limits: Limits) -> int:
    """Return the charge for one number, in messages, of a content with this many characters (Q13)."""
    if characters <= limits.single_segment or answers["Q13"] == "number":
        return 1
    return -(-characters // limits.joined_segment)
