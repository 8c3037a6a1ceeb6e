"""What counts as a character, and how many messages a content takes (Q13, Q35)."""

from ccell_fake.engine.assumptions import Answers
from ccell_fake.limits import Limits


def length(text: str, answers: Answers) -> int:
    """Characters of a text, by default as UTF-16 code units (Q35)."""
    if text.isascii() or answers["Q35"] == "codepoint":
        return len(text)
    return len(text.encode("utf-16-le", errors="surrogatepass")) // 2


def segments(characters: int, answers: Answers, limits: Limits) -> int:
    """What a content of so many characters costs for one number (Q13)."""
    if characters <= limits.single_segment or answers["Q13"] == "number":
        return 1
    return -(-characters // limits.joined_segment)
