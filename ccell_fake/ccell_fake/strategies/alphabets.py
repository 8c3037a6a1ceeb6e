"""Alphabets of texts: Chinese, GSM, emoji, markup, and characters that XML cannot carry."""

from typing import Literal, get_args

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis.strategies import DrawFn, SearchStrategy

from ccell_fake.engine.assumptions import Answers
from ccell_fake.engine.content import count_characters
from ccell_fake.limits import JOINED_SEGMENT, SINGLE_SEGMENT
from ccell_fake.strategies.checks import check_choice

Repertoire = Literal["chinese", "gsm", "emoji", "markup", "uncarriable"]
"""Alphabet of a text.

`chinese`: ideographs and full-width punctuation without 【 and 】. `gsm`: alphabet of GSM 03.38. `emoji`: characters
of two UTF-16 units, and sequences shown as one character. `markup`: special characters of XML, URLs and forms, and line
breaks. `uncarriable`: characters that XML cannot carry.
"""

CARRIABLE: tuple[Repertoire, ...] = ("chinese", "gsm", "emoji", "markup")
"""Alphabets that arrive unchanged."""

DEFAULTS = Answers()
"""Answers that decide how characters are counted."""

_IDEOGRAPHS = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5)
_PUNCTUATION = ",。!?:;、“”《》()…—·"
_GSM = (
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,:;!?'\"()+-*/=<>&%#@$_"
    "£¥€èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà^{}[]~|\\"
)
_EMOJI = ("😀", "❤️", "👍🏽", "🇨🇳", "👨‍👩‍👧", "𠮷")
_MARKUP = (
    *("<", ">", "&", '"', "'", "+", "%", "#", "=", "?", ";", "{", "\n", "\t", "\r\n"),
    *("&amp;", "&lt;", "&#60;", "&nbsp;", "%3C", "%26", "]]>", "<![CDATA[", "<!--", "-->", "<?xml?>", '"/>', "</root>"),
)
_UNCARRIABLE = ("\0", "\x01", "\x08", "\x0b", "\x1f", "\ud83d", "\udc00", "\ufffe", "\uffff")

_PIECES: dict[Repertoire, SearchStrategy[str]] = {
    "chinese": _IDEOGRAPHS | st.sampled_from(_PUNCTUATION),
    "gsm": st.sampled_from(_GSM),
    "emoji": st.sampled_from(_EMOJI),
    "markup": st.sampled_from(_MARKUP),
    "uncarriable": st.sampled_from(_UNCARRIABLE),
}
_PLAIN: dict[Repertoire, str] = {"chinese": "您好", "gsm": "Hello", "emoji": "😀", "markup": "<", "uncarriable": "\0"}
_MAX_PIECES = 20
# Lengths around which a text costs one more message (Q13).
_EDGES = (SINGLE_SEGMENT, SINGLE_SEGMENT + 1, 2 * JOINED_SEGMENT, 2 * JOINED_SEGMENT + 1)


def check_repertoires(repertoires: tuple[Repertoire, ...]) -> None:
    """Check that there are repertoires and all are known.

    Raises:
        InvalidArgument: Names the value and the choices.
    """
    if not repertoires:
        message = f"repertoires must not be empty; known: {', '.join(get_args(Repertoire))}"
        raise InvalidArgument(message)
    for repertoire in repertoires:
        check_choice("repertoires", repertoire, get_args(Repertoire))


def texts(repertoires: tuple[Repertoire, ...]) -> SearchStrategy[str]:
    """Short non-empty texts. The simplest is a plain word of the first repertoire."""
    pieces = st.one_of(*(_PIECES[one] for one in repertoires))
    return st.just(_PLAIN[repertoires[0]]) | st.lists(pieces, min_size=1, max_size=_MAX_PIECES).map("".join)


@st.composite
def sized(draw: DrawFn, short: SearchStrategy[str], minimum: int, maximum: int, extra: int = 0) -> str:
    """Texts of `minimum` to `maximum` characters (Q35): short ones unchanged, or repeated to a length.

    `extra` characters, such as a signature, count with the text when a message ends (Q13).
    """
    text = draw(short)
    edges = [size for size in (*(edge - extra for edge in _EDGES), maximum) if minimum <= size <= maximum]
    size = draw(st.none() | st.sampled_from(edges) | st.integers(minimum, maximum))
    return repeat(text, min(max(count_characters(text, DEFAULTS), minimum), maximum) if size is None else size)


def repeat(text: str, size: int) -> str:
    """Repeat a text to a number of characters. Half of a surrogate pair at the end becomes a full stop."""
    unit = text.encode("utf-16-le", "surrogatepass")
    cut = (unit * (2 * size // len(unit) + 1))[: 2 * size].decode("utf-16-le", "surrogatepass")
    return cut[:-1] + "." if "\ud800" <= cut[-1:] <= "\udbff" else cut
