"""Redaction: passwords, userids, phones and e-mail addresses replaced by pseudonyms, in every encoding they came in.

What a request or an answer says is read through percent-encoding and references, whether or not it is well-formed. A
pseudonym is written as what it replaces was written, so that what is redacted is read and judged as before.
"""

import re
import secrets
import threading
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from itertools import starmap

from ccell_fake.limits import NUMBER_SEPARATOR
from ccell_fake.transcripts import fillers as contents
from ccell_fake.transcripts import secret_finder, views
from ccell_fake.transcripts.exchange import Exchange
from ccell_fake.transcripts.pseudonyms import Pseudonyms
from ccell_fake.transcripts.secret_finder import Match, SecretKind
from ccell_fake.transcripts.views import Edit, View
from ccell_fake.wire.secrets import HIDDEN, forms

_SHORTEST_SECRET = 6
"""What is shorter may stand anywhere by chance, and is replaced only where it is called a password."""

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
"""Words of the gateway's own, which give nothing away and have to stay where they are no password."""

_SHORTEST_NAME = 4
_DEEPEST = 3
_KEY_BYTES = 32
_PERCENT = re.compile("%[0-9A-Fa-f]{2}")


class Redaction:
    """Replaces what is nobody else's business, the same by the same; any number of threads may use it."""

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
        """Know secrets beforehand; the others are found by the names they have and by what they look like.

        Args:
            passwords: Replaced wherever they stand, with their md5, however short.
            phones: Replaced wherever they stand, of whatever country.
            userids: Replaced wherever they stand as a word.
            contents: Whether the texts of messages are kept, apart from what is found in them; else other characters
                stand there, as many, with the same signature.
            keep: What stays as it is, such as the emulator's magic numbers.
            key: What pseudonyms hang on; a random one, which is kept nowhere, unless given. With the same key several
                redactions replace alike.
        """
        self._pseudonyms = Pseudonyms(secrets.token_bytes(_KEY_BYTES) if key is None else key, keep)
        self._keep = frozenset(keep)
        self._keeps_contents = contents
        self._guard = threading.Lock()
        self._literals: dict[str, str | None] = {}
        self._literal = re.compile("(?!)")
        self._lengths: frozenset[int] = frozenset()
        for password in passwords:
            self._learn_literal(password)
        for phone in phones:
            self.phone(phone)
        for userid in userids:
            self._learn_literals({userid: self.userid(userid)})

    def exchange(self, exchange: Exchange) -> Exchange:
        """An exchange with everything replaced, in its request and in its answer."""
        reason, path = _Read(exchange.reason), _Read(exchange.path)
        types = [_Read(one) for one in (exchange.content_type, exchange.answer_type)]
        query, body = _Read.of(exchange.query, is_query=True), _Read.of(exchange.body)
        answer = _Read.of(exchange.answer)
        # A phone of the request may stand without a name in the answer, and the other way round.
        for read in (query, body, answer):
            self._learn(read)
        return replace(
            exchange,
            path=self._redacted(path),
            query=query.encoded(self._redacted(query, contents.REQUEST)),
            body=body.encoded(self._redacted(body, contents.REQUEST)),
            content_type=self._redacted(types[0]),
            answer_type=self._redacted(types[1]),
            answer=answer.encoded(self._redacted(answer, contents.ANSWER)),
            reason=self._redacted(reason),
        )

    def data(self, data: bytes, *, is_query: bool = False) -> bytes:
        """Bytes with everything replaced that is in them, texts of messages apart.

        Args:
            data: XML, JSON, HTML, a form, a query; in any encoding, well-formed or not.
            is_query: A query, in which a plus is a blank.
        """
        read = _Read.of(data, is_query=is_query)
        self._learn(read)
        return read.encoded(self._redacted(read))

    def text(self, text: str) -> str:
        """A message, a traceback or a log with everything replaced that is in it."""
        read = _Read(text)
        self._learn(read)
        return self._redacted(read)

    def phone(self, phone: str) -> str:
        """One number as it is replaced: the same blanks, country's digits and width, other digits."""
        digits, places = secret_finder.number(phone)
        if not digits or digits in self._keep:
            return phone
        with self._guard:
            self._lengths |= {len(digits)}
        end = places[-1] + 1
        return phone[: places[0]] + self._spelt(phone[places[0] : end], digits) + phone[end:]

    def _spelt(self, number: str, digits: str) -> str:
        """The pseudonym of some digits, as a number that has them and nothing else but what divides them is written."""
        shown = list(number)
        _, places = secret_finder.plain_digits(number)
        for place, digit in zip(places, self._pseudonyms.phone(digits), strict=True):
            # Digits of every script stand in order.
            shown[place] = chr(ord(number[place]) - int(number[place]) + int(digit))
        return "".join(shown)

    def userid(self, userid: str) -> str:
        """A userid as it is replaced."""
        return self._pseudonyms.name(userid)

    def password(self, password: str) -> str:
        """A password as it is replaced where it is called one."""
        if len(password) >= _SHORTEST_SECRET:
            self._learn_literal(password)
        return self._pseudonyms.password(password)

    def _learn_literal(self, password: str) -> None:
        if password not in self._literals and password not in self._keep and password.lower() not in _VOCABULARY:
            self._learn_literals(dict.fromkeys(forms(password)))

    def _learn_literals(self, literals: Mapping[str, str | None]) -> None:
        with self._guard:
            if literals.keys() <= self._literals.keys():
                return
            self._literals = {**self._literals, **literals}
            longest = sorted(self._literals.items(), key=lambda item: len(item[0]), reverse=True)
            self._literal = re.compile("|".join(starmap(_pattern, longest)), re.IGNORECASE)

    def _learn(self, read: "_Read") -> None:
        for view in read.views:
            for found in (*secret_finder.named(view), *secret_finder.quoted(view)):
                for _ in self._replaced(view, found):
                    pass

    def _redacted(self, read: "_Read", texts: tuple[bytes, ...] = ()) -> str:
        edits: list[Edit] = []
        if read.is_form:
            # There percent-encoding is what keeps a value together.
            for view in sorted(read.views, key=lambda one: one.depth):
                edits += [edit for found in secret_finder.bare(view) for edit in self._replaced(view, found)]
        for view in read.views:
            edits += self._edits(view)
            if not self._keeps_contents:
                edits += contents.edits(view, texts)
        return views.edited(read.text, edits)

    def _edits(self, view: View) -> Iterator[Edit]:
        """What to replace; the earlier wins where two are about the same characters."""
        for found in secret_finder.named(view):
            yield from self._replaced(view, found)
        for match in self._literal.finditer(view.text):
            pseudonym = self._literals.get(match[0])
            if pseudonym is None:
                yield view.edit(*match.span(), HIDDEN)
            else:
                yield from view.edits(match.start(), pseudonym)
        for found in secret_finder.quoted(view):
            yield from self._replaced(view, found)
        for match in secret_finder.emails(view.text):
            yield from view.edits(match.start(), self._pseudonyms.name(match[0]))
        for match in secret_finder.words(view.text):
            if len(match[0]) >= _SHORTEST_NAME and self._pseudonyms.knows("name", match[0]):
                yield from view.edits(match.start(), self._pseudonyms.name(match[0]))
        yield from self._numbers(view)

    def _numbers(self, view: View) -> Iterator[Edit]:
        for match in secret_finder.mobiles(view.text):
            yield from view.edits(match.start(), self.phone(match[0]))
        for match in secret_finder.groups(view.text):
            yield from self._known_numbers(view, match)

    def _replaced(self, view: View, found: Match) -> Iterator[Edit]:
        value = view.text[found.start : found.end]
        match found.kind:
            case SecretKind.PASSWORD:
                yield view.edit(found.start, found.end, self.password(value))
            case SecretKind.NAME:
                yield from view.edits(found.start, self.userid(value))
            case SecretKind.PHONE:
                start = found.start
                for item in value.split(NUMBER_SEPARATOR):
                    yield from view.edits(start, self.phone(item))
                    start += len(item) + 1

    def _known_numbers(self, view: View, match: re.Match[str]) -> Iterator[Edit]:
        """Numbers that were met before, which may stand between other digits, as in a linkid."""
        digits, places = secret_finder.plain_digits(match[0])
        for length in sorted(self._lengths, reverse=True):
            for start in range(len(digits) - length + 1):
                number = digits[start : start + length]
                if self._pseudonyms.knows("phone", number):
                    within = slice(places[start], places[start + length - 1] + 1)
                    yield from view.edits(match.start() + within.start, self._spelt(match[0][within], number))


class _Read:
    """A text and how it may be meant, the likeliest first.

    That is as it stands, or percent-decoded as often as it is encoded.
    """

    def __init__(self, text: str, encoding: str = "", *, is_query: bool = False) -> None:
        self.text = text
        self._encoding = encoding
        deepest = views.view(text)
        while deepest.depth < _DEEPEST and _PERCENT.search(deepest.text):
            deepest = views.view(text, deepest.depth + 1)
        self.is_form = not _is_xml(deepest.text)
        depths = range(deepest.depth + 1)
        plus_is_blank = is_query or not text.startswith(("<", "{"))
        has_escapes = self.is_form and "\\" in deepest.text
        self.views = [
            views.view(text, depth, plus_is_blank=plus_is_blank, is_escaped=is_escaped)
            for depth in (depths if _is_xml(text) and not is_query else reversed(depths))
            for is_escaped in ((True, False) if has_escapes else (False,))
        ]

    @classmethod
    def of(cls, data: bytes, *, is_query: bool = False) -> "_Read":
        text, encoding = views.decoded(data)
        return cls(text, encoding, is_query=is_query)

    def encoded(self, text: str) -> bytes:
        return views.encoded(text, self._encoding)


def _is_xml(text: str) -> bool:
    return text.lstrip("\ufeff \t\r\n").startswith("<")


def _pattern(literal: str, pseudonym: str | None) -> str:
    """A name is one only as a word, and digits alone are somebody else's where they stand among digits."""
    escaped = re.escape(literal)
    if pseudonym is not None:
        return rf"(?<!\w){escaped}(?!\w)"
    return rf"(?<!\d){escaped}(?!\d)" if literal.isdecimal() else escaped
