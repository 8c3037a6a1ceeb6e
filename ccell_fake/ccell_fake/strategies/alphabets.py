"""What texts are made of, by the trouble they make: Chinese, the GSM alphabet, emoji, markup, what XML cannot carry."""

from typing import Literal, get_args

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis.strategies import DrawFn, SearchStrategy

from ccell_fake.engine.assumptions import Answers
from ccell_fake.engine.content import count_characters
from ccell_fake.limits import JOINED_SEGMENT, SINGLE_SEGMENT
from ccell_fake.strategies.checks import check_choice

Repertoire = Literal["chinese", "gsm", "emoji", "markup", "uncarriable"]
"""What a text is made of.

`chinese`: ideographs and full-width punctuation, 【 and 】 apart. `gsm`: what the alphabet of GSM 03.38 holds. `emoji`:
characters of two UTF-16 units, and sequences of several characters that show as one. `markup`: what XML, URLs and forms
give a meaning to, line breaks included. `uncarriable`: what no XML document can hold.
"""

CARRIABLE: tuple[Repertoire, ...] = ("chinese", "gsm", "emoji", "markup")
"""All that arrives as it was sent."""

DEFAULTS = Answers()
"""The answers by which characters are counted."""

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
_MOST_PIECES = 20
# Where a text begins to cost one message more (Q13).
_EDGES = (SINGLE_SEGMENT, SINGLE_SEGMENT + 1, 2 * JOINED_SEGMENT, 2 * JOINED_SEGMENT + 1)


def check_repertoires(repertoires: tuple[Repertoire, ...]) -> None:
    """Refuse repertoires that do not exist, or none at all.

    Raises:
        InvalidArgument: Names what was given, and what there is.
    """
    if not repertoires:
        message = f"repertoires is empty; there are {', '.join(get_args(Repertoire))}"
        raise InvalidArgument(message)
    for repertoire in repertoires:
        check_choice("a repertoire", repertoire, get_args(Repertoire))


def texts(repertoires: tuple[Repertoire, ...]) -> SearchStrategy[str]:
    """Short texts, not empty; the simplest is a plain word of the first repertoire."""
    pieces = st.one_of(*(_PIECES[one] for one in repertoires))
    return st.just(_PLAIN[repertoires[0]]) | st.lists(pieces, min_size=1, max_size=_MOST_PIECES).map("".join)


@st.composite
def sized(draw: DrawFn, short: SearchStrategy[str], minimum: int, maximum: int, beside: int = 0) -> str:
    """Texts within bounds: short ones as they are, longer ones by repetition, quick to draw and easy to read.

    Args:
        draw: Draws.
        short: Short texts that are not empty.
        minimum: The fewest characters, counted as the gateway counts them (Q35).
        maximum: The most.
        beside: How many characters are added to the text, to be counted with it where one message ends (Q13).
    """
    text = draw(short)
    edges = [size for size in (*(edge - beside for edge in _EDGES), maximum) if minimum <= size <= maximum]
    size = draw(st.none() | st.sampled_from(edges) | st.integers(minimum, maximum))
    return fitted(text, min(max(count_characters(text, DEFAULTS), minimum), maximum) if size is None else size)


def fitted(text: str, size: int) -> str:
    """So many characters of a text said over and over; half a pair at the end becomes a full stop."""
    unit = text.encode("utf-16-le", "surrogatepass")
    cut = (unit * (2 * size // len(unit) + 1))[: 2 * size].decode("utf-16-le", "surrogatepass")
    return cut[:-1] + "." if "\ud800" <= cut[-1:] <= "\udbff" else cut
