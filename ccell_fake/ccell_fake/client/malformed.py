"""Reports and upstream messages that violate the document: handed over as they came, in place of losing them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ccell_fake.codes import Code
from ccell_fake.model import Malformed
from ccell_fake.wire import times


@dataclass(frozen=True, slots=True)
class MalformedReport(Malformed):
    """A status report that violates the document, for example one without a phone.

    It has the properties of a `Report`, as far as they can be read. `attributes` has everything that came.
    """

    @property
    def msgid(self) -> str:
        """The message's serial number; empty if it is missing."""
        return self.attributes.get("msgid", "")

    @property
    def linkid(self) -> str:
        """The submit's linkid; empty if it is missing."""
        return self.attributes.get("linkid", "")

    @property
    def phone(self) -> str:
        """The number; empty if it is missing."""
        return self.attributes.get("phone", "").strip()

    @property
    def recvtime(self) -> datetime | None:
        """The time at which the report came in, aware, to the second; None if it is missing or not a time."""
        return _time(self.attributes, "recvtime")

    @property
    def status(self) -> str:
        """0 for delivered; empty if it is missing."""
        return self.attributes.get("status", "")

    @property
    def info(self) -> str:
        """成功, or why it failed; empty if it is missing."""
        return self.attributes.get("info", "")

    @property
    def is_delivered(self) -> bool:
        """True if the status says that the message reached the phone (R6). False if there is no status."""
        return self.status == Code.SUCCESS


@dataclass(frozen=True, slots=True)
class MalformedUpmsg(Malformed):
    """An upstream message that violates the document, for example one without a time.

    It has the properties of an `Upmsg`, as far as they can be read. `attributes` has everything that came.
    """

    @property
    def spnumber(self) -> str:
        """The port it was sent to; empty if it is missing."""
        return self.attributes.get("spnumber", "")

    @property
    def phone(self) -> str:
        """The sender; empty if it is missing."""
        return self.attributes.get("phone", "").strip()

    @property
    def motime(self) -> datetime | None:
        """The time at which it was sent, aware, to the second; None if it is missing or not a time."""
        return _time(self.attributes, "motime")

    @property
    def msgcontent(self) -> str:
        """The text; empty if it is missing."""
        return self.attributes.get("msgcontent", "")


def _time(attributes: Mapping[str, str], name: str) -> datetime | None:
    try:
        return times.parse(attributes.get(name, ""))
    except ValueError:
        return None
