"""A right program: it schedules reminders at the gateway."""

from datetime import datetime
from zoneinfo import ZoneInfo

from stateful.right.gateway import Submit
from stateful.right.otp import OtpService

_CHINA = ZoneInfo("Asia/Shanghai")


class Reminders(OtpService):
    """Schedules messages, one request each. It keeps times in UTC, as databases do."""

    def remind(self, order: str, phone: str, text: str, at: datetime) -> None:
        """Schedule a message."""
        self.sendtime = self.write_time(at)
        try:
            self.send(order, phone, text)
        finally:
            self.sendtime = ""

    sendtime = ""

    def submit(self, order: str, phone: str, text: str) -> list[dict[str, str]]:
        """Call the gateway."""
        return self.gateway.send([Submit(phone, text, order, self.sendtime)])

    def write_time(self, at: datetime) -> str:
        """Write a time as the gateway reads it, in China's time."""
        return f"{at.astimezone(_CHINA):%Y-%m-%d %H:%M:%S}"
