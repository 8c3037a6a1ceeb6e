"""The gateway's XML: parse it safely, and render it in the layout of the document's samples."""

import codecs
import contextlib
import re
from collections.abc import Mapping
from typing import cast
from xml.sax.saxutils import escape

from lxml import etree

Element = etree._Element  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - lxml has no public name for it

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'

# A document type can only occur in the prolog: after blanks, processing instructions and comments.
_DOCTYPE = re.compile(rb"(?>\s+|<\?(?:(?!\?>).)*+\?>|<!--(?:(?!-->).)*+-->)*+<!DOCTYPE", re.DOTALL)
_DECLARED = re.compile(rb"<\?xml\s[^>]*?\bencoding\s*=\s*[\"']([^\"']*)[\"']")
_UNCARRIABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# Texts that declare one of the small character sets may hold characters of the large one.
_AS_WRITTEN = {"gb2312": "gb18030", "gbk": "gb18030"}

# In addition to & < and >. A parser turns a line break in an attribute into a blank, and CR LF into LF.
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


# For comparisons: comments and processing instructions are kept.
_WHOLE = etree.XMLParser(encoding="utf-8", resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False)


class NotReadableError(Exception):
    """The bytes are not acceptable XML. `reason` says why, `ground` is the clause or question."""

    def __init__(self, reason: str, ground: str = "Q2") -> None:
        super().__init__(reason)
        self.reason = reason
        self.ground = ground


def parse(data: bytes, tag: str, *, as_declared: bool = False, charset: str = "") -> Element:
    """Parse a document and return its root element.

    Args:
        data: The document, without byte order mark and leading blanks.
        tag: The required name of the root element.
        as_declared: Decode in the declared encoding instead of requiring UTF-8 (Q36).
        charset: Encoding to try if the declared one fails. Only with `as_declared`.

    Raises:
        NotReadableError: Not UTF-8, not well-formed, nested too deeply, with a document type, or another root.
    """
    data = _as_declared(data, charset) if as_declared else _utf8(data)
    if _DOCTYPE.match(data):
        message = "the XML has a document type; entities and external references are not allowed"
        raise NotReadableError(message)
    try:
        root = etree.fromstring(data, _PARSER)
    except etree.XMLSyntaxError as error:
        # Its message may quote a password.
        message = f"the XML is not well-formed: {re.sub(_QUOTED, '…', ' '.join(error.msg.split()))}"
        raise NotReadableError(message) from error
    if root.tag != tag:
        message = f"the root element is <{root.tag[:64]}>; it must be <{tag}>"
        raise NotReadableError(message)
    return root


def canonical(data: bytes) -> bytes:
    """Return the canonical form (C14N 2.0) of a document that `parse` accepts.

    Comments and processing instructions are kept, blanks between elements are not.
    """
    tree = etree.fromstring(data, _WHOLE).getroottree()
    # The stubs lack the last option.
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
        message = f"the payload declares the encoding {encoding}; it must be UTF-8"
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
    """Replace each character that XML cannot hold, such as NUL or half a surrogate pair, by U+FFFD."""
    # Printable texts need no search, and nearly all texts are printable.
    return text if text.isprintable() else _UNCARRIABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def tag(name: str, attributes: Mapping[str, str | None], end: str = ">") -> str:
    """Write a tag with its attributes in order. Attributes that are None are left out."""
    written = [f' {key}="{attribute(value)}"' for key, value in attributes.items() if value is not None]
    return f"<{name}{''.join(written)}{end}"


def attribute(value: str) -> str:
    """Write the value of an attribute, without its quotes."""
    # Letters and digits need no escaping, and most values have nothing else.
    return value if value.isalnum() else escape(legible(value), _IN_ATTRIBUTES)


def text(value: str) -> str:
    """Write the text of an element."""
    return escape(legible(value), _IN_TEXTS)
