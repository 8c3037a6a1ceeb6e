"""Strategies for texts of a submit: signatures, contents, linkids and spcodes (S4, A2, A3, Q27, Q35)."""

from collections.abc import Sequence

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis.strategies import DrawFn, SearchStrategy

from ccell_fake.engine.content import count_characters
from ccell_fake.limits import CONTENT_CHARACTERS, SIGNATURE_CHARACTERS
from ccell_fake.strategies.alphabets import CARRIABLE, DEFAULTS, Repertoire, check_repertoires, sized, texts
from ccell_fake.strategies.checks import check_sizes, named

_BRACKETS = len("【】")
_NAMES = st.just("签名") | st.text(
    st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5) | st.sampled_from("AZaz09"), min_size=1, max_size=20
)
_REFERENCES = st.just("1") | st.text("0123456789abcdefXYZ-_", min_size=1, max_size=20) | texts(CARRIABLE)


@named
def signatures(*, min_size: int = 1, max_size: int = SIGNATURE_CHARACTERS) -> SearchStrategy[str]:
    """Signatures without brackets, such as `签名`, of Chinese characters, Latin letters and digits.

    Args:
        min_size: Least number of characters.
        max_size: Greatest number; the gateway takes 20 (1004015).

    Raises:
        InvalidArgument: The bounds are invalid.
    """
    check_sizes("size", min_size, max_size, 1)
    return sized(_NAMES, min_size, max_size)


_signatures = signatures


@named
def contents(
    *,
    min_size: int = 1,
    max_size: int = CONTENT_CHARACTERS,
    signed: bool | None = True,
    signatures: SearchStrategy[str] | None = None,
    repertoires: Sequence[Repertoire] = CARRIABLE,
) -> SearchStrategy[str]:
    """Contents, such as `您好【签名】`. Many are exactly as long as one message, two messages, or the limit.

    The signature is at the end or at the front. The rest of a content contains neither 【 nor 】.

    Args:
        min_size: Least number of characters with the signature, in UTF-16 units (Q35): an emoji has 2 or more.
        max_size: Greatest number; the gateway takes 1000 (S4).
        signed: Whether they have a signature; None for both kinds.
        signatures: Strategy for signatures without brackets.
        repertoires: Alphabets; the first makes the simplest content. `uncarriable` arrives changed, so it is not in the
            default.

    Raises:
        InvalidArgument: The bounds are invalid, or a repertoire is unknown.
    """
    check_sizes("size", min_size, max_size, 1)
    check_repertoires(tuple(repertoires))
    if signed is not False and max_size <= _BRACKETS:
        message = f"max_size must be at least 3 for a content with a signature, got {max_size}"
        raise InvalidArgument(message)
    if signed is False and signatures is not None:
        message = "signatures must be absent if signed is False"
        raise InvalidArgument(message)
    short = texts(tuple(repertoires))
    unsigned = sized(short, min_size, max_size)
    if signed is False:
        return unsigned
    names = _signatures(max_size=min(SIGNATURE_CHARACTERS, max_size - _BRACKETS)) if signatures is None else signatures
    with_signature = _signed(names, short, min_size, max_size)
    return with_signature if signed else with_signature | unsigned


@named
def linkids(*, min_size: int = 1, max_size: int = 64) -> SearchStrategy[str]:
    """Linkids: digits, identifiers, and any text, which must be returned unchanged (A2).

    Args:
        min_size: Least number of characters.
        max_size: Greatest number; the document sets no limit.

    Raises:
        InvalidArgument: The bounds are invalid.
    """
    check_sizes("size", min_size, max_size, 1)
    return sized(_REFERENCES, min_size, max_size)


@named
def spcodes(*, min_size: int = 1, max_size: int = 6) -> SearchStrategy[str]:
    """Extensions of digits (A3). An account accepts them if `spcode` is true.

    Args:
        min_size: Least number of digits.
        max_size: Greatest number; the document shows six.

    Raises:
        InvalidArgument: The bounds are invalid.
    """
    check_sizes("size", min_size, max_size, 1)
    return st.text("0123456789", min_size=min_size, max_size=max_size)


@st.composite
def _signed(draw: DrawFn, names: SearchStrategy[str], short: SearchStrategy[str], minimum: int, maximum: int) -> str:
    signature = f"【{draw(names)}】"
    extra = count_characters(signature, DEFAULTS)
    if extra > maximum:
        message = f"max_size must be at least {extra} for {signature}, got {maximum}"
        raise InvalidArgument(message)
    body = draw(sized(short, max(minimum - extra, 0), maximum - extra, extra))
    return signature + body if draw(st.booleans()) else body + signature
