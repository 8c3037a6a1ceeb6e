"""Accept request lines as the document writes them: with raw blanks, quotes, brackets and UTF-8 (W4, W15)."""

import re
from urllib.parse import quote

# The characters that RFC 3986 allows in a request target, and % for what is encoded already.
_ALLOWED = "!$%&'()*+,-./:;=?@[]_~"
_LINE = re.compile(rb"(?P<method>[A-Za-z]+) +(?P<target>.+?) +(?P<version>HTTP/[0-9]\.[0-9]) *\r?\n", re.DOTALL)
_NOT_ALLOWED = re.compile(rb"[^A-Za-z0-9!$%&'()*+,\-./:;=?@\[\]_~]")
_BEFORE_PATH = re.compile(rb"^(?:https?://[^/?]*)?/+")


def normalize(line: bytes) -> bytes:
    """Percent-encode everything that a request line must not contain.

    A scheme and a host are dropped. Leading slashes become one, as two would begin the name of a host. An invalid
    line is returned unchanged.
    """
    match = _LINE.fullmatch(line)
    if match is None:
        return line
    target = quote(_BEFORE_PATH.sub(b"/", match["target"]), safe=_ALLOWED)
    return b"%s %s %s\r\n" % (match["method"], target.encode(), match["version"])


def raw_target(line: bytes) -> bytes:
    """Return the unchanged target from its path on; empty if the line is invalid."""
    match = _LINE.fullmatch(line)
    return b"" if match is None else re.sub(rb"^https?://[^/?]*", b"", match["target"])


def strict_error(line: bytes) -> str | None:
    """Describe what a strict server refuses in a request line; None if the line is well-formed."""
    match = _LINE.fullmatch(line)
    character = match and _NOT_ALLOWED.search(match["target"])
    if not match or not character:
        return None
    byte = character[0]
    name = "a blank" if byte == b" " else byte.decode() if byte.isascii() else f"the byte 0x{byte.hex()}"
    return (
        f"The request line holds {name} at byte {match.start('target') + character.start()}, which HTTP does not "
        f"allow. Percent-encode the query as UTF-8, here as {quote(byte)}.\n"
    )
