"""Accept request lines as the document writes them: with raw blanks, quotes, brackets and UTF-8 (W4, W15)."""

import re
from typing import NamedTuple
from urllib.parse import quote

# The characters that RFC 3986 allows in a request target, and % for what is encoded already.
_ALLOWED = "!$%&'()*+,-./:;=?@[]_~"
_VERSION = re.compile(rb"HTTP/[0-9]\.[0-9]")
_NOT_ALLOWED = re.compile(rb"[^A-Za-z0-9!$%&'()*+,\-./:;=?@\[\]_~]")
_ORIGIN = re.compile(rb"https?://[^/?]*")


class _Line(NamedTuple):
    """The parts of a request line, and the position of the target."""

    method: bytes
    target: bytes
    version: bytes
    start: int


def _split(line: bytes) -> _Line | None:
    """Split a request line at its blanks, of which the target may have some. Returns None if it is invalid."""
    if not line.endswith(b"\n"):
        return None
    method, _, rest = line[:-1].removesuffix(b"\r").rstrip(b" ").partition(b" ")
    target, _, version = rest.rpartition(b" ")
    start = len(line) - len(line[len(method) :].lstrip(b" "))
    target = target.strip(b" ")
    if not method.isalpha() or not target or _VERSION.fullmatch(version) is None:
        return None
    return _Line(method, target, version, start)


def normalize(line: bytes) -> bytes:
    """Percent-encode everything that a request line must not contain.

    A scheme and a host are dropped. Leading slashes become one, as two would begin the name of a host. An invalid
    line is returned unchanged.
    """
    parts = _split(line)
    if parts is None:
        return line
    origin = _ORIGIN.match(parts.target)
    path = parts.target[origin.end() :] if origin else parts.target
    if path.startswith(b"/"):
        path = b"/" + path.lstrip(b"/")
    elif origin is not None:
        path = parts.target
    return b"%s %s %s\r\n" % (parts.method, quote(path, safe=_ALLOWED).encode(), parts.version)


def raw_target(line: bytes) -> bytes:
    """Return the unchanged target from its path on; empty if the line is invalid."""
    parts = _split(line)
    if parts is None:
        return b""
    origin = _ORIGIN.match(parts.target)
    return parts.target[origin.end() :] if origin else parts.target


def strict_error(line: bytes) -> str | None:
    """Describe what a strict server refuses in a request line; None if the line is well-formed."""
    parts = _split(line)
    character = parts and _NOT_ALLOWED.search(parts.target)
    if not parts or not character:
        return None
    byte = character[0]
    name = "a blank" if byte == b" " else byte.decode() if byte.isascii() else f"the byte 0x{byte.hex()}"
    return (
        f"The request line holds {name} at byte {parts.start + character.start()}, which HTTP does not "
        f"allow. Percent-encode the query as UTF-8, here as {quote(byte)}.\n"
    )
