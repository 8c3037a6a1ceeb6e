"""Generate replacement texts: pseudonyms for phones, passwords and names, and fillers for message texts."""

import hashlib
import re
import string
import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import count

from ccell_fixtures.prefixes import PREFIXES, SHOWN_REFUSED

_LONG_HEADS = {digits[:3] for digits in PREFIXES if len(digits) > 3}  # noqa: PLR2004 - a prefix has three or four digits
_DIGEST = re.compile(r"[0-9a-f]{32}|[0-9A-F]{32}")
_SIGNATURE = re.compile("【[^【】]*】")
_LETTER, _CHINESE, _WIDE = "x", "某", "😀"
_LAST_ASCII, _LAST_OF_16_BITS = "\x7f", "\uffff"
_ALPHABETS = (string.digits, string.ascii_lowercase, string.ascii_uppercase)
_CHINESE_CHARACTERS = "".join(map(chr, range(0x4E00, 0x9FA6)))
_ATTEMPTS = 4096


class Pseudonyms:
    """Assigns pseudonyms: one per value, and never the same for two values.

    They depend on a secret key. Without the key, trying out numbers reveals nothing.
    """

    def __init__(self, key: bytes, keep: Collection[str] = ()) -> None:
        """Use a key. The same key gives the same pseudonyms.

        Values in `keep` stay, and no pseudonym equals one. Numbers that the document shows as refused stay too, because
        others with their prefix are recognised (S8).
        """
        self._key = key
        self._keep = SHOWN_REFUSED.union(keep)
        self._lock = threading.Lock()
        self._assigned: dict[tuple[str, str], str] = {}
        self._used: set[tuple[str, str]] = set()

    def has(self, kind: str, value: str) -> bool:
        """Return whether a value already has a pseudonym."""
        return (kind, value) in self._assigned

    def phone(self, digits: str) -> str:
        """Return as many other digits with the same prefix, so the number stays recognised or unrecognised (Q8)."""
        head = digits[: 4 if digits[:3] in _LONG_HEADS else 3]
        return self._pseudonym("phone", digits, lambda bits: head + _draw_alike(digits[len(head) :], bits))

    def name(self, value: str) -> str:
        """Return a name of the same form: digit for digit, letter for letter in its case, Chinese for Chinese."""
        return self._pseudonym("name", value, lambda bits: _draw_alike(value, bits))

    def password(self, value: str) -> str:
        """Return `password-` and eight digits. For an md5, return the md5 of its password's pseudonym (W9).

        The pseudonym shows neither the length nor the characters of the password.
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
        with self._lock:
            pseudonym = self._assigned.get((kind, value))
            if pseudonym is None:
                pseudonym = self._find_free(kind, value, make)
                self._assigned[kind, value] = pseudonym
                self._used.add((kind, pseudonym))
        return pseudonym

    def _find_free(self, kind: str, value: str, make: Callable[[int], str]) -> str:
        """Return the first candidate that is neither a pseudonym nor a value with a pseudonym."""
        for attempt in range(_ATTEMPTS):
            candidate = make(self._bits(f"{kind}\0{attempt}\0{value}"))
            key = (kind, candidate)
            if candidate not in self._keep and candidate != value and key not in self._used | self._assigned.keys():
                return candidate
        # A short form may have no free candidate. Another form is better than a shared pseudonym.
        alphabet = string.digits if kind == "phone" else _CHINESE_CHARACTERS
        others = (
            "".join(_draw([alphabet] * len(value), self._bits(f"{kind}\0{n}\0{value}"))) for n in count(_ATTEMPTS)
        )
        return next(other for other in others if other != value and (kind, other) not in self._used)

    def _bits(self, text: str) -> int:
        data = text.encode("utf-8", "surrogatepass")
        return int.from_bytes(hashlib.shake_256(self._key + data).digest(2 * len(data)), "big")


def fill(text: str) -> str:
    """Replace the characters of a message text by others of the same width (Q35). Keep blanks and signatures."""
    filled = [character if character.isspace() else _filler(character) for character in text]
    for match in _SIGNATURE.finditer(text):
        filled[match.start() : match.end()] = match[0]
    return "".join(filled)


def _filler(character: str) -> str:
    if character <= _LAST_ASCII:
        return _LETTER
    return _CHINESE if character <= _LAST_OF_16_BITS else _WIDE


def _draw_alike(text: str, bits: int) -> str:
    return "".join(_draw(map(_alphabet, text), bits))


def _draw(alphabets: Iterable[str], bits: int) -> Iterator[str]:
    for alphabet in alphabets:
        bits, index = divmod(bits, len(alphabet))
        yield alphabet[index]


def _alphabet(character: str) -> str:
    """Return the candidates that replace a character. Punctuation and blanks replace themselves."""
    if not character.isalnum():
        return character
    if character in _CHINESE_CHARACTERS:
        return _CHINESE_CHARACTERS
    return next((alphabet for alphabet in _ALPHABETS if character in alphabet), string.ascii_lowercase)


def _md5(text: str) -> str:
    return hashlib.md5(text.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()
