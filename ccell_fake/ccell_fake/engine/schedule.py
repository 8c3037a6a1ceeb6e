"""When a message is to be sent: the form of sendtime, and how near and far it may lie (A1, Q17)."""

import re
from datetime import datetime, timedelta

from ccell_fake.clock import SHANGHAI
from ccell_fake.codes import Code
from ccell_fake.engine.rules import Refusal
from ccell_fake.limits import TIME_FORMAT

# The form is checked before the value: strptime alone would take one digit, other scripts' digits and odd blanks.
_FORM = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")


def parse(sendtime: str) -> datetime | None:
    """The instant that a sendtime names in Asia/Shanghai, or None where it names none (1004012)."""
    if _FORM.fullmatch(sendtime) is None:
        return None
    try:
        return datetime.strptime(sendtime, TIME_FORMAT).replace(tzinfo=SHANGHAI)
    except ValueError:
        return None


def judge(sendtime: str, now: datetime, ahead: timedelta, *, bounds_pass: bool) -> Refusal | None:
    """Why a sendtime is refused, if it is; it is compared to the second.

    Args:
        sendtime: As it stands in the submit, not empty.
        now: The account's present.
        ahead: How far ahead it may lie.
        bounds_pass: Whether exactly now and exactly so far ahead are accepted (Q17).
    """
    instant = parse(sendtime)
    if instant is None:
        return Refusal(
            Code.SENDTIME_MALFORMED,
            "A1",
            f"sendtime is {sendtime!r}; it has to be a real time written YYYY-MM-DD HH:MM:SS",
            sendtime,
        )
    present, bound = now.replace(microsecond=0), "at or " if bounds_pass else ""
    if instant < present or (instant == present and not bounds_pass):
        return Refusal(
            Code.SENDTIME_PAST,
            "Q17" if instant == present else "A1",
            f"sendtime is {sendtime}; it has to lie {bound}after the account's present, {present:{TIME_FORMAT}}",
            sendtime,
        )
    latest = present + ahead
    if instant > latest or (instant == latest and not bounds_pass):
        return Refusal(
            Code.SENDTIME_TOO_FAR,
            "Q17" if instant == latest else "A1",
            f"sendtime is {sendtime}; it has to lie {bound}before {ahead.days} days from now, {latest:{TIME_FORMAT}}",
            sendtime,
        )
    return None
