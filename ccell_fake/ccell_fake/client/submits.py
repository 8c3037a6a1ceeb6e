"""Submits of a send: checked, given linkids, and split into requests of 500 numbers."""

import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from datetime import datetime, timedelta
from itertools import islice
from operator import methodcaller
from typing import cast

from ccell_fake.limits import NUMBER_SEPARATOR, NUMBERS_PER_REQUEST
from ccell_fake.model import Submit
from ccell_fake.wire import times
from ccell_fake.wire.text import legible

# Pytest shows the line of the caller instead.
__tracebackhide__: methodcaller = methodcaller("errisinstance", (TypeError, ValueError))

_LINKIDS = 10**18


def submit(
    phone: str | Iterable[str],
    content: str,
    *,
    sendtime: datetime | str | None = None,
    linkid: str | None = None,
    spcode: str | None = None,
) -> Submit:
    """Create a submit for `send`: one content for one or more numbers (S1, A1 to A3).

    Args:
        phone: A number, several separated by commas, or an iterable of either.
        content: Text with its signature.
        sendtime: When to send; None for at once. An aware time of any zone, rounded up to the second, or
            `YYYY-MM-DD HH:MM:SS` in Asia/Shanghai, which is sent unchanged.
        linkid: Your own reference, returned in resps and reports. `send` creates one if there is none.
        spcode: Extension to append to the account's port.

    Raises:
        ValueError: The time is naive, there is no number, or XML cannot carry a text.
    """
    phones = [phone] if isinstance(phone, str) else phone
    when = _render_sendtime(sendtime) if isinstance(sendtime, datetime) else sendtime
    return _check(Submit(NUMBER_SEPARATOR.join(phones), content, when, linkid, spcode))


def _render_sendtime(instant: datetime) -> str:
    if instant.tzinfo is None:
        message = f"sendtime must be an aware time, such as one in Asia/Shanghai, got {instant.isoformat()}"
        raise ValueError(message)
    # Truncating would make it earlier, and the current time would lie in the past (1004014).
    return times.render_motime(instant + timedelta(microseconds=-instant.microsecond % 1_000_000))


def _check(one: Submit) -> Submit:
    """The submit without blanks and empty items in its numbers, which the gateway may refuse (Q9)."""
    for field in fields(one):
        text: str | None = getattr(one, field.name)
        if text is not None and legible(text) != text:
            message = f"{field.name} contains a character that XML cannot carry"
            raise ValueError(message)
    phones = tuple(numbers(one))
    if not phones:
        message = "there is no number to send to"
        raise ValueError(message)
    if not one.content:
        message = "there is no content to send"
        raise ValueError(message)
    return replace(one, phone=NUMBER_SEPARATOR.join(phones))


def numbers(one: Submit) -> Iterator[str]:
    """Numbers of a submit, without blanks and empty items."""
    return filter(None, map(str.strip, (one.phone or "").split(NUMBER_SEPARATOR)))


def collect_submits(
    to: str | Iterable[str] | Submit | Iterable[Submit] | Mapping[str, str],
    content: str | None,
    *,
    sendtime: datetime | str | None = None,
    linkid: str | None = None,
    spcode: str | None = None,
) -> tuple[Submit, ...]:
    """Submits of a send from any form of its arguments, each with a linkid.

    Raises:
        TypeError: The arguments match none of the forms, or several.
        ValueError: As raised by `submit`, or there is nothing to send.
    """
    if isinstance(to, Mapping):
        if content is not None:
            message = "a mapping has the contents already"
            raise TypeError(message)
        contents = cast("Mapping[str, str]", to)
        submits = [submit(*item, sendtime=sendtime, linkid=linkid, spcode=spcode) for item in contents.items()]
    elif content is not None:
        phones = [to] if isinstance(to, str) else [_check_phone(phone) for phone in _each(to)]
        submits = [submit(phones, content, sendtime=sendtime, linkid=linkid, spcode=spcode)]
    elif (sendtime, linkid, spcode) != (None, None, None):
        message = "submits have their own sendtime, linkid and spcode"
        raise TypeError(message)
    else:
        submits = [_check(_check_submit(one)) for one in _each(to)]
    if not submits:
        message = "there is nothing to send"
        raise ValueError(message)
    return tuple(one if one.linkid is not None else replace(one, linkid=create_linkid()) for one in submits)


def _each(to: str | Submit | Iterable[str] | Iterable[Submit]) -> Iterable[object]:
    return [to] if isinstance(to, (str, Submit)) else to


def _check_phone(phone: object) -> str:
    if not isinstance(phone, str):
        message = f"a number must be str, got {type(phone).__name__}"
        raise TypeError(message)
    return phone


def _check_submit(one: object) -> Submit:
    if isinstance(one, str):
        message = "content is required to send to numbers"
        raise TypeError(message)
    if not isinstance(one, Submit):
        message = f"expected a number or a Submit, got {type(one).__name__}"
        raise TypeError(message)
    return one


def create_linkid() -> str:
    """A unique linkid of 18 digits; the document's linkids are digits (2.4.2.1)."""
    return f"{secrets.randbelow(_LINKIDS):018}"


def split_requests(submits: Iterable[Submit], limit: int = NUMBERS_PER_REQUEST) -> tuple[tuple[Submit, ...], ...]:
    """Split submits into requests of at most `limit` numbers (S3), in order.

    A submit that does not fit continues in the next request with the same linkid.
    """
    requests: list[list[Submit]] = []
    room = 0
    for one in submits:
        phones = numbers(one)
        while batch := list(islice(phones, room or limit)):
            if not room:
                requests.append([])
                room = limit
            requests[-1].append(replace(one, phone=NUMBER_SEPARATOR.join(batch)))
            room -= len(batch)
    return tuple(map(tuple, requests))
