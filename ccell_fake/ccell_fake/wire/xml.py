"""The gateway's XML: parse it safely, and render it in the layout of the document's samples."""

import codecs
import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import overload
from xml.etree.ElementTree import canonicalize
from xml.parsers import expat
from xml.sax.saxutils import escape

from ccell_fake.wire.text import NotReadableError, legible, say_not_utf8

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'

_DECLARED = re.compile(rb"<\?xml\s[^>]*?\bencoding\s*=\s*[\"']([^\"']*)[\"']")
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

# Texts that declare one of the small character sets may hold characters of the large one.
_AS_WRITTEN = {"gb2312": "gb18030", "gbk": "gb18030"}

# In addition to & < and >. A parser turns a line break in an attribute into a blank, and CR LF into LF.
_IN_ATTRIBUTES = {'"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
_IN_TEXTS = {"\r": "&#13;"}

_DEEPEST = 256


@dataclass(slots=True)
class Element:
    """An element of a document: its root, or a child of its root. All other elements are dropped.

    Attributes:
        tag: Its name. A namespace is written before it in braces.
        attributes: Its attributes by name.
        children: Its children.
        texts: The parts of its text.
    """

    tag: str
    attributes: dict[str, str]
    children: "list[Element]" = field(default_factory=list["Element"])
    texts: list[str] = field(default_factory=list[str])

    @property
    def text(self) -> str:
        """The text before its first child."""
        return "".join(self.texts)

    @overload
    def get(self, name: str) -> str | None: ...

    @overload
    def get(self, name: str, default: str) -> str: ...

    def get(self, name: str, default: str | None = None) -> str | None:
        """Return the value of an attribute, or the default."""
        return self.attributes.get(name, default)

    def find_all(self, tag: str) -> "Iterator[Element]":
        """Iterate over the children with a name."""
        return (child for child in self.children if child.tag == tag)


def parse(data: bytes, tag: str, *, encoding: str = "refuse", charset: str = "") -> Element:
    """Parse a document and return its root element.

    Args:
        data: The document, without byte order mark and leading blanks.
        tag: The required name of the root element.
        encoding: How to decode it, as an answer to Q36. `refuse`: it must be UTF-8 and declare no other encoding.
            `ignore`: it must be UTF-8, whatever it declares. `declared`: in the declared encoding.
        charset: Encoding to try if the declared one fails. Only with `declared`.

    Raises:
        NotReadableError: Not in the encoding, not well-formed, nested too deeply, with a document type, or another
            root.
    """
    if encoding == "refuse" and not is_declared_utf_8(data):
        message = f"the payload declares the encoding {_declared(data)}; it must be UTF-8"
        raise NotReadableError(message, "Q36")
    root = _Parser().parse(_as_declared(data, charset) if encoding == "declared" else _utf8(data))
    if root.tag != tag:
        message = f"the root element is <{root.tag[:64]}>; it must be <{tag}>"
        raise NotReadableError(message)
    return root


class _Parser:
    """Parses one document. The names of its elements and attributes are forgotten with it."""

    def __init__(self) -> None:
        self._root: Element | None = None
        self._open: Element | None = None
        self._depth = 0

    def parse(self, data: bytes) -> Element:
        parser = expat.ParserCreate("utf-8", "}")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refuse_document_type
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._add_text
        try:
            parser.Parse(data, True)  # noqa: FBT003 - positional only: this is the whole document
        except expat.ExpatError as error:
            place = f"line {error.lineno}, column {error.offset + 1}"
            message = f"the XML is not well-formed: {expat.ErrorString(error.code)} at {place}"
            raise NotReadableError(message) from error
        # A document without a root is not well-formed.
        return self._root or Element("", {})

    def _refuse_document_type(self, *_: object) -> None:
        message = "the XML has a document type; entities and external references are not allowed"
        raise NotReadableError(message)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            message = f"the XML is not well-formed: its depth is more than {_DEEPEST} elements"
            raise NotReadableError(message)
        self._open = None
        if self._depth <= 2:  # noqa: PLR2004 - the root and its children
            self._open = Element("{" + name if "}" in name else name, attributes)
            if self._root is None:
                self._root = self._open
            else:
                self._root.children.append(self._open)

    def _end(self, _name: str) -> None:
        self._depth -= 1
        self._open = None

    def _add_text(self, text: str) -> None:
        if self._open is not None:
            self._open.texts.append(text)


def canonical(data: bytes) -> str:
    """Return the canonical form (C14N 2.0) of a document that `parse` accepts.

    Comments and processing instructions are kept, blanks between elements are not.
    """
    return canonicalize(data.decode(), with_comments=True, strip_text=True)


def _as_declared(data: bytes, charset: str) -> bytes:
    encoding = "utf-16" if data.startswith(_UTF_16) else _declared(data)
    for candidate in filter(None, (encoding, charset)):
        with contextlib.suppress(LookupError, ValueError):
            return data.decode(_AS_WRITTEN.get(candidate.lower(), candidate)).strip().encode()
    message = f"the payload is not {encoding}, which it declares"
    raise NotReadableError(message, "Q36")


def _utf8(data: bytes) -> bytes:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        raise NotReadableError(say_not_utf8(data, error), "Q36") from error
    return data


def is_declared_utf_8(data: bytes) -> bool:
    """Return whether a document declares UTF-8, or nothing. A byte order mark declares UTF-16."""
    return not data.startswith(_UTF_16) and _declared(data).lower() in {"utf-8", "utf8"}


def _declared(data: bytes) -> str:
    declared = _DECLARED.match(data)
    return declared[1].decode("latin-1") if declared else "utf-8"


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
