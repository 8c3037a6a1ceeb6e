"""Strategies for submits and requests as model values (S1, S2)."""

from functools import partial
from itertools import cycle, islice

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis.strategies import DrawFn, SearchStrategy

from ccell_fake.limits import NUMBER_SEPARATOR
from ccell_fake.model import Operation, Request, Submit
from ccell_fake.settings import DOCUMENT_ACCOUNT
from ccell_fake.signing import SEQID_DIGITS, sign
from ccell_fake.strategies import numbers, texts
from ccell_fake.strategies.checks import check_choice, check_sizes, named

_ABSENT = st.none()
# More are slow to draw and slower to shrink.
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
    """Submits that a gateway with default settings accepts, unless your own strategies draw others.

    A submit may contain a number twice (Q10); with more than ten numbers it does.

    Args:
        phones: Strategy for each number; `phones()` by default.
        contents: `contents()` by default.
        sendtimes: Absent by default, because they depend on the account's time.
        linkids: Absent or `linkids()` by default.
        spcodes: Absent by default, because most accounts refuse them (A3).
        min_numbers: Least number of numbers.
        max_numbers: Greatest number of numbers. A request takes 500 in all its submits (S3).

    Raises:
        InvalidArgument: The bounds are invalid.
    """
    check_sizes("numbers", min_numbers, max_numbers, 1)
    each = numbers.phones() if phones is None else phones
    return st.builds(
        Submit,
        phone=_phone_lists(each, min_numbers, max_numbers),
        content=texts.contents() if contents is None else contents,
        sendtime=sendtimes,
        linkid=_ABSENT | texts.linkids() if linkids is None else linkids,
        spcode=spcodes,
    )


@st.composite
def _phone_lists(draw: DrawFn, phones: SearchStrategy[str], minimum: int, maximum: int) -> str:
    few = draw(st.lists(phones, min_size=min(minimum, _DIFFERENT), max_size=min(maximum, _DIFFERENT)))
    count = len(few) if maximum <= _DIFFERENT else draw(st.just(max(minimum, len(few))) | st.integers(minimum, maximum))
    return NUMBER_SEPARATOR.join(islice(cycle(few), count))


_submits = submits


@named
def requests(
    operation: Operation | str = Operation.SEND,
    *,
    userid: str | None = DOCUMENT_ACCOUNT.userid,
    password: str | None = DOCUMENT_ACCOUNT.password,
    signed: bool = False,
    submits: SearchStrategy[Submit] | None = None,
    min_submits: int = 1,
    max_submits: int = 3,
) -> SearchStrategy[Request]:
    """Requests to an endpoint.

    Args:
        operation: The endpoint: `send`, `report`, `upmsg` or `info`.
        userid: The account; the document's account by default, None for an absent attribute.
        password: Its password, or None for an absent attribute.
        signed: Put a seqid and a sign in place of the password (P1, P2). Different requests may have the same seqid.
        submits: Strategy for the submits of a send; `submits()` by default.
        min_submits: Least number of submits of a send.
        max_submits: Greatest number of submits of a send.

    Raises:
        InvalidArgument: The endpoint is unknown, the bounds are invalid, or submits are given for another endpoint.
    """
    check_choice("operation", operation, tuple(Operation))
    check_sizes("submits", min_submits, max_submits, 0)
    if Operation(operation) is not Operation.SEND:
        if submits is not None:
            message = f"submits must be absent for {operation}; only send has submits"
            raise InvalidArgument(message)
        lists: SearchStrategy[list[Submit]] = st.just([])
    else:
        each = _submits() if submits is None else submits
        lists = st.lists(each, min_size=min_submits, max_size=max_submits)
    if not signed:
        return lists.map(lambda drawn: Request(userid, password, tuple(drawn)))
    seqids = st.from_regex(f"[0-9]{{{SEQID_DIGITS}}}", fullmatch=True, alphabet="0123456789")
    return st.builds(partial(_signed, userid, password or ""), lists, seqids)


def _signed(userid: str | None, password: str, submits: list[Submit], seqid: str) -> Request:
    return Request(userid, None, tuple(submits), seqid, sign(seqid, password))
