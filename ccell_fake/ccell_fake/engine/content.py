"""Contents: their signature, their characters and their segments (Q13, Q27, Q35, Q51, Q52, W12)."""

import re
from dataclasses import dataclass

from ccell_fake.engine.assumptions import Answers
from ccell_fake.limits import Limits
from ccell_fake.records import ContentFacts

BRACKETS = len("【】")
"""Characters that the brackets add to a signature, if they count (Q51)."""

_CHINESE, _EITHER = "【([^【】]+)】", r"(?:【([^【】]+)】|\[([^\[\]]+)\])"
_AT_START, _EITHER_AT_START = re.compile(rf"\s*{_CHINESE}"), re.compile(rf"\s*{_EITHER}")
_AT_END, _EITHER_AT_END = re.compile(rf"{_CHINESE}\s*\Z"), re.compile(rf"{_EITHER}\s*\Z")
_ANYWHERE, _EITHER_ANYWHERE = re.compile(_CHINESE), re.compile(_EITHER)
_ABOUT_A_CODE = re.compile(r"(?:验证|校验|激活|确认|随机|动态)码|动态[密口]|(?a:\b(?:code|otp|pin)\b)", re.IGNORECASE)
_CODE = re.compile(r"(?<![A-Za-z0-9])(?=[A-Za-z]{0,7}[0-9])[A-Za-z0-9]{4,8}(?![A-Za-z0-9]|\.[0-9])", re.ASCII)


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
    """Find each text in 【】 that can be the signature, by default at the start or the end (Q27); in [] too by Q52."""
    either = answers["Q52"] == "yes"
    if "【" not in content and not (either and "[" in content):
        return ()
    if answers["Q27"] == "anywhere":
        matches = list(_EITHER_ANYWHERE.finditer(content) if either else _ANYWHERE.finditer(content))
    else:
        front = _EITHER_AT_START.match(content) if either else _AT_START.match(content)
        end = _EITHER_AT_END.search(content) if either else _AT_END.search(content)
        matches = [match for match in (end, front) if match is not None]
    return tuple(
        Signature(match[match.lastindex or 0], content[: match.start()] + content[match.end() :]) for match in matches
    )


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


def find_verification_code(content: str) -> str | None:
    """Find the verification code in a content: 4 to 8 digits and letters, the ones nearest to a word such as 验证码.

    A code has a digit. Without such a word there is no code.
    """
    words = [match.start() for match in _ABOUT_A_CODE.finditer(content)]
    codes = list(_CODE.finditer(content))
    if not words or not codes:
        return None
    return min(codes, key=lambda code: min(abs(code.start() - word) for word in words))[0]


def describe(content: str, answers: Answers, limits: Limits) -> ContentFacts:
    """Return the facts of a content that a reader of messages wants to know."""
    characters = count_characters(content, answers)
    return ContentFacts(characters, count_segments(characters, answers, limits), find_verification_code(content))
