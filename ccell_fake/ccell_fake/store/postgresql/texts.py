"""Texts in PostgreSQL, which cannot hold U+0000. JSON can carry it to the gateway.

Four characters are written as three others. The encoding keeps the order of texts. One text is found in another by
their encodings exactly if it is a part of the other, so patterns can be encoded in the same way.
"""

import re
from typing import Any

from psycopg import Connection
from psycopg.abc import Buffer, PyFormat
from psycopg.types.string import StrDumperUnknown, TextLoader
from pydantic_core import to_json

_CODES = {"\0": "\1\2\2", "\1": "\1\2\3", "\2": "\1\3\2", "\3": "\1\3\3"}
_CHARACTERS = {code: character for character, code in _CODES.items()}
_ENCODED = re.compile("[\0-\3]")
_DECODED = re.compile("|".join(_CHARACTERS))
# The same characters in JSON. An escaped backslash is skipped.
_ENCODED_IN_JSON = re.compile(rb"\\(?:u000([0-3])|.)")
_IN_LIKE = str.maketrans({"\\": r"\\", "%": r"\%", "_": r"\_", "*": "%"})


def encode(text: str) -> str:
    """Encode a text for PostgreSQL."""
    return _ENCODED.sub(lambda found: _CODES[found[0]], text) if _ENCODED.search(text) else text


def decode(text: str) -> str:
    """Decode a text of PostgreSQL."""
    return _DECODED.sub(lambda found: _CHARACTERS[found[0]], text) if "\1" in text else text


def encoded_json(value: Any) -> bytes:  # noqa: ANN401 - whatever JSON can carry
    """Return a value as JSON with encoded texts."""
    json = to_json(value)
    return _ENCODED_IN_JSON.sub(_encode_in_json, json) if b"\\u000" in json else json


def _encode_in_json(found: re.Match[bytes]) -> bytes:
    if found[1] is None:
        return found[0]
    return b"".join(b"\\u%04x" % ord(character) for character in _CODES[chr(int(found[1]))])


def like(pattern: str) -> str:
    """Convert a pattern with `*` for any text to one of LIKE."""
    return pattern.translate(_IN_LIKE)


class _TextDumper(StrDumperUnknown):
    def dump(self, obj: str) -> bytes:
        return encode(obj).encode()


class _TextLoader(TextLoader):
    def load(self, data: Buffer) -> str | bytes:
        return decode(bytes(data).decode())


def adapt(connection: Connection[Any]) -> None:
    """Let a connection encode and decode all texts. A second call does nothing."""
    adapters = connection.adapters
    if adapters.get_dumper(str, PyFormat.AUTO) is not _TextDumper:
        adapters.register_dumper(str, _TextDumper)
        adapters.register_loader("text", _TextLoader)
