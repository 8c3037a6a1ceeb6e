"""XML as the gateway speaks it: parsed without any of XML's dangers, rendered as the document's samples are."""

import codecs
import contextlib
import re
from collections.abc import Mapping
from typing import cast
from xml.sax.saxutils import escape

from lxml import etree

Element = etree._Element  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - lxml has no public name for it

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'

# A document type can only stand in the prolog: after blanks, processing instructions and comments.
_DOCTYPE = re.compile(rb"(?>\s+|<\?(?:(?!\?>).)*+\?>|<!--(?:(?!-->).)*+-->)*+<!DOCTYPE", re.DOTALL)
_DECLARED = re.compile(rb"<\?xml\s[^>]*?\bencoding\s*=\s*[\"']([^\"']*)[\"']")
_UNCARRIABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# Who declares one of the small character sets writes characters of the large one (GB 18030 holds them all).
_AS_WRITTEN = {"gb2312": "gb18030", "gbk": "gb18030"}

# Beside & < and >; a parser would make a blank of a line break in an attribute, and one line break of two characters.
_IN_ATTRIBUTES = {'"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
_IN_TEXTS = {"\r": "&#13;"}

_QUOTED = re.compile(r"'[^']*'")

_PARSER = etree.XMLParser(
    encoding="utf-8",
    resolve_entities=False,
    load_dtd=False,
    no_network=True,
    huge_tree=False,
    remove_comments=True,
    remove_pis=True,
)


# Nothing is left out of what is compared.
_WHOLE = etree.XMLParser(encoding="utf-8", resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False)


class NotReadableError(Exception):
    """Bytes that are not an acceptable XML document; the message says why, the ground which clause asks for it."""

    def __init__(self, reason: str, ground: str = "Q2") -> None:
        """Say why, and on which ground."""
        super().__init__(reason)
        self.reason = reason
        self.ground = ground


def parse(data: bytes, tag: str, *, as_declared: bool = False, charset: str = "") -> Element:
    """The root element of a document.

    Args:
        data: The document, without a byte order mark and blanks in front.
        tag: What its root element has to be.
        as_declared: Decode as the declaration says rather than insist on UTF-8 (Q36).
        charset: What else to decode as, where what is declared does not fit; only with `as_declared`.

    Raises:
        NotReadableError: It is not UTF-8, not well-formed, nested absurdly, has a document type or another root.
    """
    data = _as_declared(data, charset) if as_declared else _utf8(data)
    if _DOCTYPE.match(data):
        message = "the XML has a document type; entities and external references are not taken"
        raise NotReadableError(message)
    try:
        root = etree.fromstring(data, _PARSER)
    except etree.XMLSyntaxError as error:
        # What it quotes may be anything, a password too.
        message = f"the XML is not well-formed: {re.sub(_QUOTED, '…', ' '.join(error.msg.split()))}"
        raise NotReadableError(message) from error
    if root.tag != tag:
        message = f"the root element is <{root.tag[:64]}>; it has to be <{tag}>"
        raise NotReadableError(message)
    return root


def canonical(data: bytes) -> bytes:
    """A document that `parse` took in the one form that all who say the same have in common (C14N 2.0).

    Comments and processing instructions are kept; blanks between elements are not.
    """
    tree = etree.fromstring(data, _WHOLE).getroottree()
    # Its stubs do not know the last option.
    return cast("bytes", etree.tostring(tree, method="c14n2", with_comments=True, strip_text=True))  # type: ignore[call-overload] # pyright: ignore[reportCallIssue, reportUnknownMemberType]


def _as_declared(data: bytes, charset: str) -> bytes:
    encoding = "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else _declared(data)
    for candidate in filter(None, (encoding, charset)):
        with contextlib.suppress(LookupError, ValueError):
            return data.decode(_AS_WRITTEN.get(candidate.lower(), candidate)).strip().encode()
    message = f"the payload is not {encoding}, which it declares"
    raise NotReadableError(message, "Q36")


def _utf8(data: bytes) -> bytes:
    encoding = _declared(data)
    if encoding.lower() not in {"utf-8", "utf8"}:
        message = f"the payload declares the encoding {encoding}; only UTF-8 is taken"
        raise NotReadableError(message, "Q36")
    try:
        data.decode()
    except UnicodeDecodeError as error:
        message = f"the payload is not UTF-8: byte {error.start} is 0x{data[error.start]:02x}"
        raise NotReadableError(message, "Q36") from error
    return data


def _declared(data: bytes) -> str:
    declared = _DECLARED.match(data)
    return declared[1].decode("latin-1") if declared else "utf-8"


def legible(text: str) -> str:
    """The text with U+FFFD in place of each character that XML cannot carry, such as NUL or half a surrogate pair."""
    # What is printable can be carried; asking first spares nearly every text the search.
    return text if text.isprintable() else _UNCARRIABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def tag(name: str, attributes: Mapping[str, str | None], end: str = ">") -> str:
    """A tag with attributes in the order given, up to its end; those that are None are left out."""
    # Letters and digits can be carried and mean nothing; asking first spares most values the search.
    written = [
        f' {key}="{value if value.isalnum() else escape(legible(value), _IN_ATTRIBUTES)}"'
        for key, value in attributes.items()
        if value is not None
    ]
    return f"<{name}{''.join(written)}{end}"


def text(value: str) -> str:
    """What stands between two tags."""
    return escape(legible(value), _IN_TEXTS)
