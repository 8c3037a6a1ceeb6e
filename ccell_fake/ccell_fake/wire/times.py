"""The two ways the gateway writes a time, both in Asia/Shanghai and to the second (R5, U5, A1, Q16)."""

import re
from datetime import datetime

from ccell_fake.clock import SHANGHAI
from ccell_fake.limits import RECVTIME_SUFFIX, TIME_FORMAT

_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]{1,9})?")


def render_motime(instant: datetime) -> str:
    """As in `2015-10-10 17:48:46`."""
    return f"{instant.astimezone(SHANGHAI).replace(microsecond=0, tzinfo=None)}"


def render_recvtime(instant: datetime) -> str:
    """As in `2015-10-10 10:54:15.0`."""
    return render_motime(instant) + RECVTIME_SUFFIX


def parse(text: str) -> datetime:
    """The aware time that either way of writing means; fractions of a second are dropped.

    Raises:
        ValueError: It is written in neither way, or names no real time.
    """
    match = _TIME.fullmatch(text.strip())
    if match is None:
        message = f"{text!r} is not a time like 2015-10-10 10:54:15"
        raise ValueError(message)
    return datetime.strptime(match[1], TIME_FORMAT).replace(tzinfo=SHANGHAI)
