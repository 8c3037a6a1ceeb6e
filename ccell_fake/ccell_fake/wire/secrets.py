"""Hide the passwords and signs in a request that is kept or logged.

A readable request in the document's layout has them in known places. Whatever is not known to be harmless in any
other text is hidden, because a password may be anywhere in it.
"""

import codecs
import html
import json
import re
from collections import defaultdict
from collections.abc import Container, Iterable
from functools import lru_cache
from urllib.parse import quote, quote_plus, unquote
from xml.sax.saxutils import escape

from ccell_fake.model import Door
from ccell_fake.signing import is_digest, md5
from ccell_fake.wire import json_requests, json_text
from ccell_fake.word_index import WordIndex

HIDDEN = "********"
"""Replaces a secret."""

NAMES = ("pass", "pasw", "pword", "pwd", "pswd", "psw", "secret", "token", "密码", "口令")
"""The beginnings of names of passwords."""

_QUOTED = r"""(?:"[^"<]*+"|'[^'<]*+')"""
_IS = r"\s*+=\s*+"
_DECLARATION = rf"""<\?xml(?:\s++(?:version|encoding|standalone){_IS}(?:"[\w.-]{{1,40}}"|'[\w.-]{{1,40}}'))*+\s*+\?>"""
_SUBMIT = rf"<submit(?:\s++(?:phone|content|sendtime|linkid|spcode){_IS}{_QUOTED})*+\s*+(?:/>|>\s*+</submit\s*+>)"
_ATTRIBUTE = re.compile(rf"(?P<name>(?<!\s)\s++(?:userid|seqid|(?P<secret>password|sign)){_IS}){_QUOTED}")
_PLAIN = re.compile(
    rf"\s*+(?:{_DECLARATION})?+\s*+<root(?P<credentials>(?:\s++(?:userid|password|seqid|sign){_IS}{_QUOTED})*+)"
    rf"\s*+(?:/>|>\s*+(?:{_SUBMIT}\s*+)*+</root\s*+>)\s*+"
)
"""A request in the document's layout, without anything else."""

_HARMLESS = re.compile(
    rf"(?P<markup>{_DECLARATION}"
    r"|</?(?:root|submit|password|userid|phone|content|sendtime|linkid|spcode)(?=[\s/>])\s*+(?:/?>)?)"
    r"""|(?<![\w-])["']?(?:(?P<userid>userid)|(?P<digits>phone|sendtime|spcode|seqid)|content|linkid)["']?\s*+[=:]\s*+"""
    rf"(?P<value>{_QUOTED}|[\w,.+-]{{1,64}})"
    rf"""|(?<![\w-])["']?(?:(?:{"|".join(NAMES)})\w{{0,4}}|sign)["']?\s*+[=:]\s*+(?P<secret>{_QUOTED})?+""",
    re.IGNORECASE,
)
"""Markup, attributes and parameters that can be shown, and names of passwords."""

_DIGITS = re.compile(r"[\d\s,:+-]*")
_CLOSING = re.compile(r"""[\s<>/{}\[\],;&?"']{0,4}""")
_SUSPECT = re.compile(rf"""{"|".join(NAMES)}|[=:]\s*+["']""", re.IGNORECASE)
_ENCODED = re.compile("%[0-9A-Fa-f]{2}")
_UNICODE_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})")
_MOST_DECODINGS = 5
_MOST_PATTERNS = 1024
_FEW = 8
# AccountSettings.password allows as many characters.
_LONGEST_PASSWORD = 128


def legible(data: bytes, userids: Container[str] = (), readable: Door | None = None) -> str:
    """Decode a payload and hide its passwords and its sign.

    Args:
        data: The payload.
        userids: Userids that can be shown in any text.
        readable: The door whose parser could read the payload as a request; None if none could.
    """
    text = _UNICODE_ESCAPE.sub(_unescaped, _decode(data))
    if readable is Door.JSON:
        # In GBK, a character may end with a backslash.
        return (_plain_json(text) if "\N{REPLACEMENT CHARACTER}" not in text else None) or _harmless(text, userids)
    plain = _PLAIN.fullmatch(text) if readable else None
    if plain is None:
        return _harmless(text, userids)
    start, end = plain.span("credentials")
    return text[:start] + _ATTRIBUTE.sub(_hide_attribute, text[start:end]) + text[end:]


def _unescaped(escape: re.Match[str]) -> str:
    """Decode the escape of a character that delimits nothing."""
    character = chr(int(escape[1], 16))
    return character if character.isalnum() else escape[0]


def _hide_attribute(attribute: re.Match[str]) -> str:
    return f'{attribute["name"]}"{HIDDEN}"' if attribute["secret"] else attribute[0]


def _plain_json(text: str) -> str | None:
    """Hide the credentials of a JSON-RPC request. Returns None if it has other members than those that are known."""
    shown, reached = "", 0
    for name, value in json_text.members(text):
        is_secret = name in {"password", "sign"}
        if name not in json_requests.MEMBERS or (is_secret and value["mark"]):
            return None
        if is_secret:
            shown, reached = f'{shown}{text[reached : value.start()]}"{HIDDEN}"', value.end()
    return shown + text[reached:]


def _decode(data: bytes) -> str:
    """Decode UTF-8 or UTF-16, with or without byte order mark."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    if b"\0" in data:
        return data.decode("utf-16-be" if data.startswith(b"\0") else "utf-16-le", "replace")
    return data.decode(errors="replace")


def _harmless(text: str, userids: Container[str]) -> str:
    """Decode the percent-encoding of a text, and hide everything that is not known to be harmless."""
    for _ in range(_MOST_DECODINGS):
        if _ENCODED.search(text) is None:
            break
        text = unquote(text)
    shown: list[str] = []
    reached, is_secret = 0, False
    for match in _HARMLESS.finditer(text):
        shown.append(_hide(text[reached : match.start()], is_secret=is_secret))
        hidden = match["value"] if match["value"] and not _can_be_shown(match, userids) else match["secret"]
        shown.append(f'{match[0].removesuffix(hidden)}"{HIDDEN}"' if hidden else match[0])
        reached, is_secret = match.end(), match["value"] is match["markup"] is match["secret"] is None
    return "".join((*shown, _hide(text[reached:], is_secret=is_secret)))


def _can_be_shown(match: re.Match[str], userids: Container[str]) -> bool:
    value = match["value"].strip("\"'")
    if match["userid"]:
        return value in userids
    return _DIGITS.fullmatch(value) is not None if match["digits"] else _SUSPECT.search(value) is None


def _hide(text: str, *, is_secret: bool) -> str:
    """Hide a text between harmless ones, apart from blanks around it and from a few closing characters."""
    if not is_secret and _CLOSING.fullmatch(text):
        return text
    core = text.strip()
    return text.replace(core, f'"{HIDDEN}"' if is_secret else HIDDEN) if core else text


def hide(text: str, secrets: Iterable[str]) -> str:
    """Hide known secrets anywhere in a text, as XML, HTML and URLs write them too.

    A secret that is too long for a password is hidden as it is, and as XML writes it.
    """
    secrets = tuple(secrets)
    known = secrets if len(secrets) <= _FEW else _contained(text, secrets)
    # One secret may be the beginning of another.
    for secret in sorted(known, key=len, reverse=True):
        if is_digest(secret):
            # Each sign is another one. A pattern of it would be compiled for one use.
            for form in forms(secret):
                text = text.replace(form, HIDDEN).replace(form.upper(), HIDDEN)
        elif len(secret) <= _LONGEST_PASSWORD:
            text = any_form(secret).sub(HIDDEN, text)
        else:
            # A pattern of it would take seconds to compile, and memory as long as it is cached.
            text = text.replace(secret, HIDDEN).replace(escape(secret, {'"': "&quot;"}), HIDDEN)
    return text


def _contained(text: str, secrets: tuple[str, ...]) -> set[str]:
    """Return those of many secrets that a text contains in any form. To look for each would take seconds."""
    index, owners = _index(secrets)
    return {secret for form in index.all_in(text.lower()) for secret in owners[form]}


@lru_cache(1)
def _index(secrets: tuple[str, ...]) -> tuple[WordIndex, dict[str, set[str]]]:
    """Return an index of the forms of secrets, and the secrets with each form."""
    owners = defaultdict[str, set[str]](set)
    for secret in secrets:
        for form in forms(secret):
            owners[form.lower()].add(secret)
    return WordIndex(owners), owners


@lru_cache(_MOST_PATTERNS)
def any_form(secret: str) -> re.Pattern[str]:
    """Match a secret in any form, in upper or lower case. Nothing matches if it is empty."""
    return re.compile("|".join(map(re.escape, forms(secret))) or "(?!)", re.IGNORECASE)


def forms(password: str) -> list[str]:
    """Return a password and its md5 (W9) as XML, HTML, JSON and URLs write them, the longest first."""
    if not password:
        return []
    digest = md5(password)
    plain = {password, escape(password, {'"': "&quot;"}), html.escape(password)}
    plain |= {json.dumps(password, ensure_ascii=is_ascii)[1:-1] for is_ascii in (True, False)}
    encoded = {
        form
        for one in plain
        for form in (quote(one, "", errors="replace"), quote(one, errors="replace"), quote_plus(one, errors="replace"))
    }
    # One form may be the beginning of another.
    return sorted({digest, *plain, *encoded}, key=len, reverse=True)
