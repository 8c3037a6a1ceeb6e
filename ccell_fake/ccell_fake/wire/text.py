"""Parts that XML and JSON share: the error of a payload that cannot be read, and the characters that both can carry."""

import re

_UNCARRIABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class NotReadableError(Exception):
    """The bytes are not acceptable XML or JSON. `reason` says why, `ground` is the clause or question."""

    def __init__(self, reason: str, ground: str = "Q2") -> None:
        super().__init__(reason)
        self.reason = reason
        self.ground = ground


def legible(text: str) -> str:
    """Replace each character that XML cannot hold, such as NUL or half a surrogate pair, by U+FFFD."""
    # Printable texts need no search, and nearly all texts are printable.
    return text if text.isprintable() else _UNCARRIABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def say_not_utf8(data: bytes, error: UnicodeDecodeError) -> str:
    """Say where bytes are not UTF-8."""
    if error.end == len(data) and error.reason == "unexpected end of data":
        return "the payload ends inside a character; Content-Length must count bytes, not characters"
    return f"the payload is not UTF-8: byte {error.start} is 0x{data[error.start]:02x}"
