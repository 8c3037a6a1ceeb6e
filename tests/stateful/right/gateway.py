"""HTTP and XML, as an integration writes them with the standard library."""

from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.request import urlopen
from xml.etree import ElementTree as ET
from xml.sax.saxutils import quoteattr

REPORTS_PER_PAGE = 300
REPLIES_PER_PAGE = 100
ACCEPTED = "0"


@dataclass(frozen=True)
class Submit:
    """A text for one number or for several, joined by commas."""

    phone: str
    content: str
    linkid: str
    sendtime: str = ""


class Refusal(Exception):
    """The gateway refused the whole request.

    Attributes:
        code: The status code.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Unanswered(Exception):
    """No readable answer came. The gateway may have done what was asked."""


class Gateway:
    """An account of the gateway.

    Attributes:
        timeout: Seconds to wait for an answer.
    """

    timeout = 1.0

    def __init__(self, url: str, userid: str, password: str) -> None:
        self.url, self.userid, self.password = url, userid, password

    def send(self, submits: Sequence[Submit]) -> list[dict[str, str]]:
        """Send. Returns the attributes of each resp."""
        return self.request("send", "".join(map(self.render, submits)))

    def reports(self) -> list[dict[str, str]]:
        """Fetch a page of reports."""
        return self.request("report")

    def replies(self) -> list[dict[str, str]]:
        """Fetch a page of upstream messages."""
        return self.request("upmsg")

    def render(self, submit: Submit) -> str:
        """Write a submit as XML."""
        sendtime = f" sendtime={self.quote(submit.sendtime)}" if submit.sendtime else ""
        return (
            f"<submit phone={self.quote(submit.phone)} content={self.quote(submit.content)}"
            f" linkid={self.quote(submit.linkid)}{sendtime}/>"
        )

    def quote(self, value: str) -> str:
        """Quote and escape the value of an attribute."""
        return quoteattr(value)

    def request(self, endpoint: str, submits: str = "") -> list[dict[str, str]]:
        """Call an endpoint. Returns the attributes of the items in the answer.

        Raises:
            Refusal: The gateway refused the request.
            Unanswered: No readable answer came.
        """
        credential = f"userid={self.quote(self.userid)} password={self.quote(self.password)}"
        body = f'<?xml version="1.0" encoding="UTF-8"?><root {credential}>{submits}</root>'
        try:
            root = self.parse(self.post(endpoint, self.encode(body)))
        except (OSError, HTTPException, ET.ParseError, ValueError) as error:  # ValueError: an unknown charset
            raise Unanswered(endpoint) from error
        if root.get("return") != ACCEPTED:
            raise Refusal(root.get("return", ""))
        return [dict(item.attrib) for item in root]

    def post(self, endpoint: str, body: bytes) -> bytes:
        """Post a body and return the answer's."""
        with urlopen(f"{self.url}/sms3_api/xmlapi/{endpoint}.jsp", body, self.timeout) as answer:  # noqa: S310 - http
            return bytes(answer.read())

    def encode(self, body: str) -> bytes:
        """Encode a body."""
        return body.encode()

    def parse(self, answer: bytes) -> Any:
        """Parse an answer."""
        return ET.fromstring(answer)  # noqa: S314 - the emulator's own
