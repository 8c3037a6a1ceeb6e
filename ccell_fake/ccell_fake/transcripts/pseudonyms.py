"""Pseudonyms: what stands for a phone, a password or a name, always the same for the same and never for two."""

import hashlib
import re
import string
import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import count

from ccell_fixtures.prefixes import PREFIXES

_LONG_HEADS = {digits[:3] for digits in PREFIXES if len(digits) > 3}  # noqa: PLR2004 - a prefix has three or four digits
_DIGEST = re.compile(r"[0-9a-f]{32}|[0-9A-F]{32}")
_TRIES = 4096


class Pseudonyms:
    """Hands out pseudonyms. They hang on a key, so whoever has not got it learns nothing by trying numbers out."""

    def __init__(self, key: bytes, keep: Collection[str] = ()) -> None:
        """Hand out those of a key.

        Args:
            key: What they hang on; the same key makes the same pseudonyms.
            keep: What has no pseudonym and is none, such as the emulator's magic numbers.
        """
        self._key = key
        self._keep = frozenset(keep)
        self._guard = threading.Lock()
        self._given: dict[tuple[str, str], str] = {}
        self._taken: set[tuple[str, str]] = set()

    def knows(self, kind: str, value: str) -> bool:
        """Whether something has been given one before."""
        return (kind, value) in self._given

    def phone(self, digits: str) -> str:
        """As many other digits; what says whose number it is stays, so it is recognised or not as before (Q8)."""
        head = digits[: 4 if digits[:3] in _LONG_HEADS else 3]
        return self._pseudonym("phone", digits, lambda bits: head + _alike(digits[len(head) :], bits))

    def name(self, value: str) -> str:
        """A name of the same form: a digit for each digit, a letter for each letter, of either case or Chinese."""
        return self._pseudonym("name", value, lambda bits: _alike(value, bits))

    def password(self, value: str) -> str:
        """`password-` and a number; for what looks like an md5 that of the text the password itself has (W9).

        How long the password is, and of what, cannot be seen by it.
        """
        if not value or value in self._keep:
            return value
        is_digest = _DIGEST.fullmatch(value) is not None
        digest = value.lower() if is_digest else _md5(value)
        plain = self._pseudonym("password", digest, lambda bits: f"password-{bits % 10**8:08}")
        if not is_digest:
            return plain
        return _md5(plain).upper() if value.isupper() else _md5(plain)

    def _pseudonym(self, kind: str, value: str, make: Callable[[int], str]) -> str:
        if value in self._keep or not any(map(str.isalnum, value)):
            return value
        with self._guard:
            given = self._given.get((kind, value))
            if given is None:
                given = self._free(kind, value, make)
                self._given[kind, value] = given
                self._taken.add((kind, given))
        return given

    def _free(self, kind: str, value: str, make: Callable[[int], str]) -> str:
        """The first that is nobody's: neither handed out, nor something that has one itself."""
        for attempt in range(_TRIES):
            candidate = make(self._bits(f"{kind}\0{attempt}\0{value}"))
            place = (kind, candidate)
            if candidate not in self._keep and candidate != value and place not in self._taken | self._given.keys():
                return candidate
        # So short that its form has no free one: one of another form is better than somebody else's.
        alphabet = string.digits if kind == "phone" else _CHINESE_CHARACTERS
        others = ("".join(_drawn([alphabet] * len(value), self._bits(f"{kind}\0{n}\0{value}"))) for n in count(_TRIES))
        return next(other for other in others if other != value and (kind, other) not in self._taken)

    def _bits(self, text: str) -> int:
        data = text.encode("utf-8", "surrogatepass")
        return int.from_bytes(hashlib.shake_256(self._key + data).digest(2 * len(data)), "big")


def _alike(text: str, bits: int) -> str:
    return "".join(_drawn([_alphabet(character) for character in text], bits))


def _drawn(alphabets: Iterable[str], bits: int) -> Iterator[str]:
    for alphabet in alphabets:
        bits, place = divmod(bits, len(alphabet))
        yield alphabet[place]


def _alphabet(character: str) -> str:
    """What a character is replaced from; by itself where it is neither letter nor digit."""
    if not character.isalnum():
        return character
    if character in _CHINESE_CHARACTERS:
        return _CHINESE_CHARACTERS
    return next((one for one in _ALPHABETS if character in one), string.ascii_lowercase)


_ALPHABETS = (string.digits, string.ascii_lowercase, string.ascii_uppercase)
_CHINESE_CHARACTERS = "".join(map(chr, range(0x4E00, 0x9FA6)))


def _md5(text: str) -> str:
    return hashlib.md5(text.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()
