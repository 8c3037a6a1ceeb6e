"""Redaction: replace passwords, userids, phones and e-mail addresses by pseudonyms, in every encoding.

Requests and answers are read through percent-encoding and references, well-formed or not. A pseudonym is encoded like
the value it replaces, so that redacted data is parsed and judged as before.
"""

import re
import secrets
import threading
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from itertools import starmap

from ccell_fake.limits import NUMBER_SEPARATOR
from ccell_fake.transcripts import decoding, detection
from ccell_fake.transcripts.decoding import DecodedText, Edit
from ccell_fake.transcripts.detection import SecretKind, SecretMatch
from ccell_fake.transcripts.exchange import Exchange
from ccell_fake.transcripts.pseudonyms import Pseudonyms, fill
from ccell_fake.wire.secrets import HIDDEN, forms

_SHORTEST_SECRET = 6
"""Shorter passwords may occur anywhere by chance. They are replaced only where they are called a password."""

_VOCABULARY = {
    "content",
    "linkid",
    "msgcontent",
    "password",
    "phone",
    "report",
    "return",
    "sendtime",
    "submit",
    "userid",
}
"""Words of the gateway's format. They are secret only where they are called a password."""

_SHORTEST_NAME = 4
_MAX_DEPTH = 3
_KEY_BYTES = 32
_PERCENT = re.compile("%[0-9A-Fa-f]{2}")
_REQUEST_TEXTS = (b"content",)
_ANSWER_TEXTS = (b"msgcontent",)
_WORD = re.compile(r"\w+")


class Redaction:
    """Replaces secrets, equal ones by equal pseudonyms. Safe for any number of threads."""

    def __init__(
        self,
        passwords: Collection[str] = (),
        phones: Collection[str] = (),
        userids: Collection[str] = (),
        *,
        contents: bool = True,
        keep: Collection[str] = (),
        key: bytes | None = None,
    ) -> None:
        """Replace known secrets, and those found by their names or their form.

        Args:
            passwords: Replaced everywhere, with their md5, however short.
            phones: Replaced everywhere, of any country.
            userids: Replaced everywhere as a word.
            contents: Keep the texts of messages, apart from secrets in them. False replaces each character, and keeps
                length and signature.
            keep: Values to keep, such as the emulator's magic numbers.
            key: Secret key of the pseudonyms. Redactions with the same key give the same pseudonyms. The default is a
                random key that is stored nowhere.
        """
        self._pseudonyms = Pseudonyms(secrets.token_bytes(_KEY_BYTES) if key is None else key, keep)
        self._keep = frozenset(keep)
        self._keeps_contents = contents
        self._lock = threading.Lock()
        self._literals: dict[str, str | None] = {}
        self._literal = re.compile("(?!)")
        self._lengths: frozenset[int] = frozenset()
        for password in passwords:
            self._learn_password(password)
        for phone in phones:
            self.phone(phone)
        for userid in userids:
            self._learn_literals({userid: self.userid(userid)})

    def exchange(self, exchange: Exchange) -> Exchange:
        """Redact the request and the answer of an exchange."""
        query, body = _Decodings.of(exchange.query, is_query=True), _Decodings.of(exchange.body)
        answer = _Decodings.of(exchange.answer)
        # A phone that the request names may be unnamed in the answer, and the other way round.
        for source in (query, body, answer):
            self._learn(source)
        return replace(
            exchange,
            path=self._redact(_Decodings(exchange.path)),
            query=query.encode(self._redact(query, _REQUEST_TEXTS)),
            body=body.encode(self._redact(body, _REQUEST_TEXTS)),
            content_type=self._redact(_Decodings(exchange.content_type)),
            answer_type=self._redact(_Decodings(exchange.answer_type)),
            answer=answer.encode(self._redact(answer, _ANSWER_TEXTS)),
            reason=self._redact(_Decodings(exchange.reason)),
        )

    def data(self, data: bytes, *, is_query: bool = False) -> bytes:
        """Redact bytes. Texts of messages are kept.

        Args:
            data: XML, JSON, HTML, a form or a query, in any encoding, well-formed or not.
            is_query: Decode `+` as a blank.
        """
        source = _Decodings.of(data, is_query=is_query)
        self._learn(source)
        return source.encode(self._redact(source))

    def text(self, text: str) -> str:
        """Redact a message, a traceback or a log."""
        source = _Decodings(text)
        self._learn(source)
        return self._redact(source)

    def phone(self, phone: str) -> str:
        """Return the pseudonym of a number, with the same blanks, country code and width."""
        digits, positions = detection.parse_phone(phone)
        if not digits or digits in self._keep:
            return phone
        with self._lock:
            self._lengths |= {len(digits)}
        start, end = positions[0], positions[-1] + 1
        return phone[:start] + self._replace_digits(phone[start:end], digits) + phone[end:]

    def _replace_digits(self, number: str, digits: str) -> str:
        """Write the pseudonym of some digits in the form of a number with exactly these digits."""
        result = list(number)
        _, positions = detection.ascii_digits(number)
        for position, digit in zip(positions, self._pseudonyms.phone(digits), strict=True):
            # The digits of every script are consecutive code points.
            result[position] = chr(ord(number[position]) - int(number[position]) + int(digit))
        return "".join(result)

    def userid(self, userid: str) -> str:
        """Return the pseudonym of a userid."""
        return self._pseudonyms.name(userid)

    def password(self, password: str) -> str:
        """Return the pseudonym of a password."""
        if len(password) >= _SHORTEST_SECRET:
            self._learn_password(password)
        return self._pseudonyms.password(password)

    def _learn_password(self, password: str) -> None:
        if password not in self._literals and password not in self._keep and password.lower() not in _VOCABULARY:
            self._learn_literals(dict.fromkeys(forms(password)))

    def _learn_literals(self, literals: Mapping[str, str | None]) -> None:
        with self._lock:
            if literals.keys() <= self._literals.keys():
                return
            self._literals = {**self._literals, **literals}
            longest_first = sorted(self._literals.items(), key=lambda item: len(item[0]), reverse=True)
            self._literal = re.compile("|".join(starmap(_pattern, longest_first)), re.IGNORECASE)

    def _learn(self, source: "_Decodings") -> None:
        for text in source.texts:
            for match in (*detection.find_named(text), *detection.find_in_quotation(text)):
                for _ in self._replace_named(text, match):
                    pass

    def _redact(self, source: "_Decodings", message_names: tuple[bytes, ...] = ()) -> str:
        edits: list[Edit] = []
        if source.is_form:
            # In a form, percent-encoding delimits a value.
            for text in sorted(source.texts, key=lambda one: one.depth):
                edits += [edit for match in detection.find_unquoted(text) for edit in self._replace_named(text, match)]
        for text in source.texts:
            edits += self._replace_secrets(text)
            if not self._keeps_contents:
                for start, end in detection.find_values(text.skeleton, message_names):
                    edits += text.edit_each(start, fill(text.text[start:end]))
        return decoding.apply_edits(source.text, edits)

    def _replace_secrets(self, text: DecodedText) -> Iterator[Edit]:
        """Replace all secrets of a text. The earlier one of two edits that overlap wins."""
        for named in detection.find_named(text):
            yield from self._replace_named(text, named)
        yield from self._replace_literals(text)
        for named in detection.find_in_quotation(text):
            yield from self._replace_named(text, named)
        for match in detection.find_emails(text.text):
            yield from text.edit_each(match.start(), self._pseudonyms.name(match[0]))
        for match in _WORD.finditer(text.text):
            if len(match[0]) >= _SHORTEST_NAME and self._pseudonyms.has("name", match[0]):
                yield from text.edit_each(match.start(), self._pseudonyms.name(match[0]))
        for match in detection.find_mobiles(text.text):
            yield from text.edit_each(match.start(), self.phone(match[0]))
        for match in detection.DIGIT_GROUPS.finditer(text.text):
            yield from self._replace_known_numbers(text, match)

    def _replace_literals(self, text: DecodedText, start: int = 0, end: int | None = None) -> Iterator[Edit]:
        for match in self._literal.finditer(text.text, start, len(text.text) if end is None else end):
            pseudonym = self._literals.get(match[0])
            if pseudonym is None:
                yield text.edit(*match.span(), HIDDEN)
            else:
                yield from text.edit_each(match.start(), pseudonym)

    def _replace_named(self, text: DecodedText, match: SecretMatch) -> Iterator[Edit]:
        value = text.text[match.start : match.end]
        match match.kind:
            case SecretKind.PASSWORD:
                yield text.edit(match.start, match.end, self.password(value))
            case SecretKind.NAME:
                pseudonym = self.userid(value)
                # A pseudonym keeps all characters but letters and digits.
                if pseudonym == value or value.lower() not in self._literals:
                    yield from self._replace_literals(text, match.start, match.end)
                yield from text.edit_each(match.start, pseudonym)
            case SecretKind.PHONE:
                # A list of phones may contain a password.
                yield from self._replace_literals(text, match.start, match.end)
                start = match.start
                for phone in value.split(NUMBER_SEPARATOR):
                    yield from text.edit_each(start, self.phone(phone))
                    start += len(phone) + 1

    def _replace_known_numbers(self, text: DecodedText, match: re.Match[str]) -> Iterator[Edit]:
        """Replace numbers that have a pseudonym, even between other digits, as in a linkid."""
        digits, positions = detection.ascii_digits(match[0])
        for length in sorted(self._lengths, reverse=True):
            for start in range(len(digits) - length + 1):
                number = digits[start : start + length]
                if self._pseudonyms.has("phone", number):
                    span = slice(positions[start], positions[start + length - 1] + 1)
                    yield from text.edit_each(match.start() + span.start, self._replace_digits(match[0][span], number))


class _Decodings:
    """A text and its possible decodings, the most likely first: as it is, or percent-decoded up to three times."""

    def __init__(self, text: str, encoding: str = "", *, is_query: bool = False) -> None:
        self.text = text
        self._encoding = encoding
        deepest = decoding.decode_text(text)
        while deepest.depth < _MAX_DEPTH and _PERCENT.search(deepest.text):
            deepest = decoding.decode_text(text, deepest.depth + 1)
        self.is_form = not _is_xml(deepest.text)
        depths = range(deepest.depth + 1)
        plus_is_blank = is_query or not text.startswith(("<", "{"))
        has_escapes = self.is_form and "\\" in deepest.text
        self.texts = [
            decoding.decode_text(text, depth, plus_is_blank=plus_is_blank, has_backslash_escapes=is_escaped)
            for depth in (depths if _is_xml(text) and not is_query else reversed(depths))
            for is_escaped in ((True, False) if has_escapes else (False,))
        ]

    @classmethod
    def of(cls, data: bytes, *, is_query: bool = False) -> "_Decodings":
        text, encoding = decoding.decode_bytes(data)
        return cls(text, encoding, is_query=is_query)

    def encode(self, text: str) -> bytes:
        return decoding.encode_text(text, self._encoding)


def _is_xml(text: str) -> bool:
    return text.lstrip("\ufeff \t\r\n").startswith("<")


def _pattern(literal: str, pseudonym: str | None) -> str:
    """Match a userid only as a word. Match digits only if no other digits surround them."""
    escaped = re.escape(literal)
    if pseudonym is not None:
        return rf"(?<!\w){escaped}(?!\w)"
    return rf"(?<!\d){escaped}(?!\d)" if literal.isdecimal() else escaped
