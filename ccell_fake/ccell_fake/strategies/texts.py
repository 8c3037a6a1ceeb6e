"""Texts of a submit: signatures, contents with and without one, linkids and spcodes (S4, A2, A3, Q27, Q35)."""

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
    """Signatures without their brackets, such as `签名`: of Chinese, Latin letters and digits.

    Args:
        min_size: The fewest characters.
        max_size: The most; the gateway takes 20 (1004015).

    Raises:
        InvalidArgument: There is nothing between the bounds.
    """
    check_sizes("size", min_size, max_size, 1)
    return sized(_NAMES, min_size, max_size)


@named
def contents(
    *,
    min_size: int = 1,
    max_size: int = CONTENT_CHARACTERS,
    signed: bool | None = True,
    signatures: SearchStrategy[str] | None = None,
    repertoires: Sequence[Repertoire] = CARRIABLE,
) -> SearchStrategy[str]:
    """Contents, such as `您好【签名】`; many of them as long as one message, or two, or the gateway can take.

    A signature stands at the end or at the front. Besides it, a content has no 【 and no 】.

    Args:
        min_size: The fewest characters, the signature included, counted in UTF-16 units (Q35): an emoji has 2 or more.
        max_size: The most; the gateway takes 1000 (S4).
        signed: Whether they have a signature; None for some with and some without.
        signatures: Signatures without brackets to draw from.
        repertoires: What they are made of; the first makes the simplest content. What is `uncarriable` arrives as
            something else, so it has to be asked for.

    Raises:
        InvalidArgument: There is nothing between the bounds, or no such repertoire.
    """
    check_sizes("size", min_size, max_size, 1)
    check_repertoires(tuple(repertoires))
    if signed is not False and max_size <= _BRACKETS:
        message = f"max_size is {max_size}; a content with a signature takes 3 or more"
        raise InvalidArgument(message)
    if signed is False and signatures is not None:
        message = "signatures are given, and signed is False"
        raise InvalidArgument(message)
    short = texts(tuple(repertoires))
    without = sized(short, min_size, max_size)
    if signed is False:
        return without
    names = _signatures_within(max_size) if signatures is None else signatures
    with_one = _signed(names, short, min_size, max_size)
    return with_one if signed else with_one | without


@named
def linkids(*, min_size: int = 1, max_size: int = 64) -> SearchStrategy[str]:
    """Linkids: digits, identifiers, and any text that has to come back as it was sent (A2).

    Args:
        min_size: The fewest characters.
        max_size: The most; the document sets no limit.

    Raises:
        InvalidArgument: There is nothing between the bounds.
    """
    check_sizes("size", min_size, max_size, 1)
    return sized(_REFERENCES, min_size, max_size)


@named
def spcodes(*, min_size: int = 1, max_size: int = 6) -> SearchStrategy[str]:
    """Extensions, of digits (A3); an account takes them where `spcode` is true.

    Args:
        min_size: The fewest digits.
        max_size: The most; the document shows six.

    Raises:
        InvalidArgument: There is nothing between the bounds.
    """
    check_sizes("size", min_size, max_size, 1)
    return st.text("0123456789", min_size=min_size, max_size=max_size)


def _signatures_within(size: int) -> SearchStrategy[str]:
    return signatures(max_size=min(SIGNATURE_CHARACTERS, size - _BRACKETS))


@st.composite
def _signed(draw: DrawFn, names: SearchStrategy[str], short: SearchStrategy[str], minimum: int, maximum: int) -> str:
    signature = f"【{draw(names)}】"
    beside = count_characters(signature, DEFAULTS)
    if beside > maximum:
        message = f"{signature} has {beside} characters; max_size is {maximum}"
        raise InvalidArgument(message)
    body = draw(sized(short, max(minimum - beside, 0), maximum - beside, beside))
    return signature + body if draw(st.booleans()) else body + signature
