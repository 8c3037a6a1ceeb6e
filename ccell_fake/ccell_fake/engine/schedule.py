"""Scheduled sends: the format of sendtime, and its earliest and latest value (A1, Q17)."""

import re
from datetime import datetime, timedelta

from ccell_fake.clock import SHANGHAI
from ccell_fake.codes import Code
from ccell_fake.engine.rules import Refusal
from ccell_fake.limits import TIME_FORMAT

# strptime alone would accept single digits, digits of other scripts and odd blanks.
_FORMAT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")


def parse(sendtime: str) -> datetime | None:
    """Parse a sendtime, in Asia/Shanghai. Returns None if it is malformed (1004012)."""
    if _FORMAT.fullmatch(sendtime) is None:
        return None
    try:
        return datetime.strptime(sendtime, TIME_FORMAT).replace(tzinfo=SHANGHAI)
    except ValueError:
        return None


def judge(sendtime: str, now: datetime, ahead: timedelta, *, bounds_pass: bool) -> Refusal | None:
    """Judge a sendtime, to the second. Returns the refusal, or None.

    Args:
        sendtime: The attribute of the submit, not empty.
        now: The account's time.
        ahead: How far in the future it may be.
        bounds_pass: Whether exactly now and exactly the latest time are accepted (Q17).
    """
    instant = parse(sendtime)
    if instant is None:
        return Refusal(
            Code.SENDTIME_MALFORMED,
            "A1",
            f"sendtime is {sendtime!r}; it must be a real time in the format YYYY-MM-DD HH:MM:SS",
            sendtime,
        )
    present, bound = now.replace(microsecond=0), "at or " if bounds_pass else ""
    if instant < present or (instant == present and not bounds_pass):
        return Refusal(
            Code.SENDTIME_PAST,
            "Q17" if instant == present else "A1",
            f"sendtime is {sendtime}; it must be {bound}after the account's time, {present:{TIME_FORMAT}}",
            sendtime,
        )
    latest = present + ahead
    if instant > latest or (instant == latest and not bounds_pass):
        return Refusal(
            Code.SENDTIME_TOO_FAR,
            "Q17" if instant == latest else "A1",
            f"sendtime is {sendtime}; it must be {bound}before {ahead.days} days from now, {latest:{TIME_FORMAT}}",
            sendtime,
        )
    return None
