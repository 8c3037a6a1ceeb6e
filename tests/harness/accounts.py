"""Gateway over HTTP, called by one account of the control API."""

from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

from ccell_fake.control.client import AccountControl
from ccell_fake.model import Operation, Request, Submit
from ccell_fake.wire import replies, requests
from harness import http

CONTENT = "验证码为1234。【签名】"
PHONE = "13800000000"


@dataclass(frozen=True, slots=True)
class Served:
    """Gateway and an account that calls it."""

    url: str
    account: AccountControl

    def ask(self, operation: Operation, *submits: Submit) -> Any:
        """Call an endpoint. Returns the parsed reply."""
        return replies.parse(operation, self.raw(operation, *submits).body)

    def raw(self, operation: Operation, *submits: Submit) -> http.RawAnswer:
        """Call an endpoint. Returns the raw answer."""
        return http.post(self.url, operation.path, self.payload(*submits))

    def payload(self, *submits: Submit) -> bytes:
        """XML of a request."""
        return requests.render(Request(self.account.userid, self.account.password, submits))

    def send(self, phone: str = PHONE, content: str = CONTENT, **attributes: str) -> Any:
        """Send one submit."""
        return self.ask(Operation.SEND, Submit(phone, content, **attributes))

    def reports(self) -> Any:
        """Fetch reports."""
        return self.ask(Operation.REPORT).items

    def upmsgs(self) -> Any:
        """Fetch upstream messages."""
        return self.ask(Operation.UPMSG).items

    def info(self) -> Any:
        """Fetch balance and status of the account."""
        return self.ask(Operation.INFO).items[0]


def is_xml(body: bytes) -> bool:
    """Return whether bytes are well-formed XML."""
    try:
        ET.fromstring(body)  # noqa: S314 - the emulator's own answer
    except ET.ParseError:
        return False
    return True
