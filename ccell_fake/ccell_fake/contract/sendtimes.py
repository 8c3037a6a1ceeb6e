"""The present as the gateway's document writes it."""

from datetime import timedelta

from ccell_fake.clock import SystemClock
from ccell_fake.limits import TIME_FORMAT


def ahead(delta: timedelta) -> str:
    """A sendtime that lies so far ahead of the present, in Asia/Shanghai; behind it where it is negative."""
    return f"{SystemClock().now() + delta:{TIME_FORMAT}}"
