"""The gateway's two time formats, both in Asia/Shanghai and to the second (R5, U5, A1, Q16)."""

import re
from datetime import datetime

from ccell_fake.clock import SHANGHAI
from ccell_fake.limits import RECVTIME_SUFFIX, TIME_FORMAT

_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]{1,9})?")


def render_motime(instant: datetime) -> str:
    """Write a time as `2015-10-10 17:48:46`."""
    return f"{instant.astimezone(SHANGHAI).replace(microsecond=0, tzinfo=None)}"


def render_recvtime(instant: datetime) -> str:
    """Write a time as `2015-10-10 10:54:15.0`."""
    return render_motime(instant) + RECVTIME_SUFFIX


def parse(text: str) -> datetime:
    """Parse a time in either format. Returns an aware time without fractions of a second.

    Raises:
        ValueError: The text has neither format, or is not a real time.
    """
    match = _TIME.fullmatch(text.strip())
    if match is None:
        message = f"{text!r} is not a time like 2015-10-10 10:54:15"
        raise ValueError(message)
    return datetime.strptime(match[1], TIME_FORMAT).replace(tzinfo=SHANGHAI)
