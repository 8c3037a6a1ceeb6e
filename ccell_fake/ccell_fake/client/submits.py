"""What a caller wants sent, as submits: addressed, dated, given linkids, and split into requests of 500 numbers."""

import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import cast

from ccell_fake.limits import NUMBER_SEPARATOR, NUMBERS_PER_REQUEST
from ccell_fake.model import Submit
from ccell_fake.wire import times, xml

_LINKIDS = 10**18


def submit(
    phone: str | Iterable[str],
    content: str,
    *,
    sendtime: datetime | str | None = None,
    linkid: str | None = None,
    spcode: str | None = None,
) -> Submit:
    """One content for one or more numbers (S1, A1 to A3), as `send` takes it.

    Args:
        phone: A number, several with commas between them, or several of either.
        content: The text, its signature included.
        sendtime: When to send: an aware time of any zone, rounded up to the second, or `YYYY-MM-DD HH:MM:SS` in
            Asia/Shanghai, which is sent as it is; None for at once.
        linkid: Your own reference, which the resps and reports bring back; `send` makes one where there is none.
        spcode: The extension to append to the account's port.

    Raises:
        ValueError: The time is naive, there is no number, or a text holds a character that XML cannot carry.
    """
    phones = [phone] if isinstance(phone, str) else phone
    when = _written(sendtime) if isinstance(sendtime, datetime) else sendtime
    return _checked(Submit(NUMBER_SEPARATOR.join(phones), content, when, linkid, spcode))


def _written(instant: datetime) -> str:
    if instant.tzinfo is None:
        message = f"sendtime {instant.isoformat()} has no zone; give an aware time, such as one of Asia/Shanghai"
        raise ValueError(message)
    # Cut off, it would be earlier than asked for, and now would be in the past (1004014).
    return times.render_motime(instant + timedelta(microseconds=-instant.microsecond % 1_000_000))


def _checked(one: Submit) -> Submit:
    """The submit with its numbers tidied, which the gateway might not forgive (Q9)."""
    for field in fields(one):
        text: str | None = getattr(one, field.name)
        if text is not None and xml.legible(text) != text:
            message = f"the {field.name} holds a character that XML cannot carry"
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
    """The numbers of a submit, without the blanks around them and without empty ones."""
    return filter(None, map(str.strip, (one.phone or "").split(NUMBER_SEPARATOR)))


def gathered(
    to: str | Iterable[str] | Submit | Iterable[Submit] | Mapping[str, str],
    content: str | None,
    *,
    sendtime: datetime | str | None = None,
    linkid: str | None = None,
    spcode: str | None = None,
) -> tuple[Submit, ...]:
    """The submits of a send, in whichever of its forms it was asked for, each with a linkid.

    Raises:
        TypeError: The arguments belong to none of the forms, or to several.
        ValueError: As `submit` raises it, or there is nothing to send.
    """
    if isinstance(to, Mapping):
        if content is not None:
            message = "a mapping has the contents already"
            raise TypeError(message)
        contents = cast("Mapping[str, str]", to)
        given = [submit(*item, sendtime=sendtime, linkid=linkid, spcode=spcode) for item in contents.items()]
    elif content is not None:
        phones = [to] if isinstance(to, str) else [_a_phone(phone) for phone in _each(to)]
        given = [submit(phones, content, sendtime=sendtime, linkid=linkid, spcode=spcode)]
    elif (sendtime, linkid, spcode) != (None, None, None):
        message = "submits have their own sendtime, linkid and spcode"
        raise TypeError(message)
    else:
        given = [_checked(_a_submit(one)) for one in _each(to)]
    if not given:
        message = "there is nothing to send"
        raise ValueError(message)
    return tuple(one if one.linkid is not None else replace(one, linkid=new_linkid()) for one in given)


def _each(to: str | Submit | Iterable[str] | Iterable[Submit]) -> Iterable[object]:
    return [to] if isinstance(to, (str, Submit)) else to


def _a_phone(given: object) -> str:
    if not isinstance(given, str):
        message = f"a number is text, not {type(given).__name__}"
        raise TypeError(message)
    return given


def _a_submit(given: object) -> Submit:
    if not isinstance(given, Submit):
        message = "give a content to send to these numbers" if isinstance(given, str) else "that is no submit"
        raise TypeError(message)
    return given


def new_linkid() -> str:
    """18 digits that no other submit has: digits, for those of the document are (2.4.2.1)."""
    return f"{secrets.randbelow(_LINKIDS):018}"


def split(submits: Iterable[Submit], most: int = NUMBERS_PER_REQUEST) -> tuple[tuple[Submit, ...], ...]:
    """The submits as requests of so many numbers each and no more (S3), in their order.

    A submit that does not fit goes on in the next request, with the same linkid.
    """
    requests: list[list[Submit]] = []
    room = 0
    for one in submits:
        phones = numbers(one)
        while now := list(islice(phones, room or most)):
            if not room:
                requests.append([])
                room = most
            requests[-1].append(replace(one, phone=NUMBER_SEPARATOR.join(now)))
            room -= len(now)
    return tuple(map(tuple, requests))
