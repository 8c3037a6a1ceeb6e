"""Submits and requests, as model values put together from the other strategies (S1, S2)."""

from itertools import cycle, islice

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis.strategies import DrawFn, SearchStrategy

from ccell_fake.limits import NUMBER_SEPARATOR
from ccell_fake.model import Operation, Request, Submit
from ccell_fake.settings import DOCUMENT_ACCOUNT
from ccell_fake.strategies import numbers, texts
from ccell_fake.strategies.checks import check_choice, check_sizes, named

_ABSENT = st.none()
# More would be slow to draw, and slower to shrink.
_DIFFERENT = 10


@named
def submits(
    *,
    phones: SearchStrategy[str] | None = None,
    contents: SearchStrategy[str] | None = None,
    sendtimes: SearchStrategy[str | None] = _ABSENT,
    linkids: SearchStrategy[str | None] | None = None,
    spcodes: SearchStrategy[str | None] = _ABSENT,
    min_numbers: int = 1,
    max_numbers: int = 3,
) -> SearchStrategy[Submit]:
    """Submits that a gateway with default settings accepts, unless strategies are given that say otherwise.

    The same number may stand in one twice (Q10), and does where there are more than ten.

    Args:
        phones: What each number is drawn from; `phones()` if not given.
        contents: `contents()` if not given.
        sendtimes: Absent if not given, as it takes the account's present.
        linkids: Absent or `linkids()` if not given.
        spcodes: Absent if not given, as most accounts take none (A3).
        min_numbers: The fewest numbers.
        max_numbers: The most; a request takes 500 over all its submits (S3).

    Raises:
        InvalidArgument: There is nothing between the bounds.
    """
    check_sizes("numbers", min_numbers, max_numbers, 1)
    each = numbers.phones() if phones is None else phones
    return st.builds(
        Submit,
        phone=_joined(each, min_numbers, max_numbers),
        content=texts.contents() if contents is None else contents,
        sendtime=sendtimes,
        linkid=_ABSENT | texts.linkids() if linkids is None else linkids,
        spcode=spcodes,
    )


@st.composite
def _joined(draw: DrawFn, phones: SearchStrategy[str], minimum: int, maximum: int) -> str:
    few = draw(st.lists(phones, min_size=min(minimum, _DIFFERENT), max_size=min(maximum, _DIFFERENT)))
    count = len(few) if maximum <= _DIFFERENT else draw(st.just(max(minimum, len(few))) | st.integers(minimum, maximum))
    return NUMBER_SEPARATOR.join(islice(cycle(few), count))


@st.composite
def _request(draw: DrawFn, userid: str | None, password: str | None, submits: SearchStrategy[list[Submit]]) -> Request:
    return Request(userid, password, tuple(draw(submits)))


_submits = submits


@named
def requests(
    operation: Operation | str = Operation.SEND,
    *,
    userid: str | None = DOCUMENT_ACCOUNT.userid,
    password: str | None = DOCUMENT_ACCOUNT.password,
    submits: SearchStrategy[Submit] | None = None,
    min_submits: int = 1,
    max_submits: int = 3,
) -> SearchStrategy[Request]:
    """Requests to an endpoint.

    Args:
        operation: The endpoint: `send`, `report`, `upmsg` or `info`.
        userid: Who asks; the document's account if not given, None for nobody.
        password: Its password, or None.
        submits: What a send holds; `submits()` if not given.
        min_submits: The fewest submits of a send.
        max_submits: The most.

    Raises:
        InvalidArgument: There is no such endpoint, or nothing between the bounds, or submits for another than send.
    """
    check_choice("operation", operation, tuple(Operation))
    check_sizes("submits", min_submits, max_submits, 0)
    if Operation(operation) is not Operation.SEND:
        if submits is not None:
            message = f"submits are given, and a request to {operation} holds none"
            raise InvalidArgument(message)
        return st.just(Request(userid, password))
    each = _submits() if submits is None else submits
    return _request(userid, password, st.lists(each, min_size=min_submits, max_size=max_submits))
