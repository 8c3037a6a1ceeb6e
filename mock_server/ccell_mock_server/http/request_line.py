"""Request lines as the document writes them: with raw blanks, quotes, brackets and UTF-8 (W4, W15)."""

import re
from urllib.parse import quote

# What may stand in a request target as it is (RFC 3986), with % for what is encoded already.
_LEGAL = "!$%&'()*+,-./:;=?@[]_~"
_LINE = re.compile(rb"(?P<method>[A-Za-z]+) +(?P<target>.+?) +(?P<version>HTTP/[0-9]\.[0-9]) *\r?\n", re.DOTALL)
_ILLEGAL = re.compile(rb"[^A-Za-z0-9!$%&'()*+,\-./:;=?@\[\]_~]")
_BEFORE_THE_PATH = re.compile(rb"^(?:https?://[^/?]*)?/+")


def well_formed(line: bytes) -> bytes:
    """The request line with everything percent-encoded that may not stand in one.

    A scheme and host in front of the path are dropped, and slashes doubled there become one, for they would be read as
    the beginning of a host's name. A line that is no request line is given back as it is.
    """
    match = _LINE.fullmatch(line)
    if match is None:
        return line
    target = quote(_BEFORE_THE_PATH.sub(b"/", match["target"]), safe=_LEGAL)
    return b"%s %s %s\r\n" % (match["method"], target.encode(), match["version"])


def target(line: bytes) -> bytes:
    """The target as it was placed, from its path on; empty where the line is no request line."""
    match = _LINE.fullmatch(line)
    return b"" if match is None else re.sub(rb"^https?://[^/?]*", b"", match["target"])


def fault(line: bytes) -> str | None:
    """What a strict server refuses in a request line, and how to write it; None where it is well-formed."""
    match = _LINE.fullmatch(line)
    found = match and _ILLEGAL.search(match["target"])
    if not match or not found:
        return None
    byte = found[0]
    name = "a blank" if byte == b" " else byte.decode() if byte.isascii() else f"the byte 0x{byte.hex()}"
    place = match.start("target") + found.start()
    return (
        f"The request line holds {name} at byte {place}, which HTTP does not allow. "
        f"Percent-encode the query as UTF-8; here {quote(byte)} would pass.\n"
    )
