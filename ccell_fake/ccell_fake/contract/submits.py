"""Phone numbers, attributes and sendtimes for the submits of checks."""

from datetime import timedelta

from ccell_fake.clock import SystemClock
from ccell_fake.limits import TIME_FORMAT

UNKNOWN = "12000000001"
"""A number that no gateway recognises, so that no phone is reached: no mainland number begins like this."""


def unknown(count: int) -> list[str]:
    """Different numbers that no gateway recognises."""
    return [f"120{index:08d}" for index in range(count)]


def submit(phone: str, content: str, **attributes: str | None) -> dict[str, str | None]:
    """The attributes of a submit."""
    return {"phone": phone, "content": content, **attributes}


def ahead(delta: timedelta) -> str:
    """A sendtime this far after the present, in Asia/Shanghai. A negative delta lies in the past."""
    return f"{SystemClock().now() + delta:{TIME_FORMAT}}"
