"""Write the requests of an account: in XML or JSON, with a password or signed."""

import random
import re
from itertools import count
from typing import Literal
from urllib.parse import quote, urlsplit

from ccell_fake.client.steps import HttpCall
from ccell_fake.clock import SystemClock
from ccell_fake.model import JSON_PATH, Door, Operation, Request, Submit
from ccell_fake.signing import make_seqid, sign
from ccell_fake.wire import json_requests, requests
from ccell_fake.wire.text import legible

Dialect = Literal["xml", "json"]
"""Language of a client: XML, or JSON-RPC (P6)."""

_ENDPOINTS = re.compile(r"(?<!/)/+(?:sms3_api/+(?:xmlapi/*|jsonapi/*(?:jsonrpc2\.jsp)?))?$")
_MEDIA_TYPES = {Door.XML: "text/xml", Door.JSON: "application/json"}


class SeqidNumbers:
    """The numbers of the seqids of this process. They begin anywhere, because others may use the same account."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Begin anywhere else, in a child process."""
        self._numbers = count(random.randrange(1_000_000))  # noqa: S311 - no secret

    def next(self) -> int:
        """Return the next number."""
        return next(self._numbers)


SEQID_NUMBERS = SeqidNumbers()
"""The numbers of all clients of this process."""


class RequestWriter:
    """Writes the requests of an account.

    Attributes:
        url: Base URL of the gateway, without the path of its endpoints.
        userid: The account.
        password: Its password.
        door: The door that the requests take.
        is_signed: Whether a sign stands in place of the password.
    """

    def __init__(self, base_url: str, userid: str, password: str, *, method: str, dialect: str, signed: bool) -> None:
        """Check the arguments.

        Raises:
            ValueError: The base URL, the method or the dialect is invalid, or XML cannot carry userid or password.
        """
        if method not in {"GET", "POST"}:
            message = f"method must be GET or POST, got {method}"
            raise ValueError(message)
        if dialect not in list(Door):
            message = f"dialect must be xml or json, got {dialect}"
            raise ValueError(message)
        if legible(userid + password) != userid + password:
            message = "userid or password contains a character that XML cannot carry"
            raise ValueError(message)
        self.url: str = parse_base_url(base_url)
        self.userid: str = userid
        self.password: str = password
        self.door: Door = Door(dialect)
        self._method = method
        self.is_signed: bool = signed

    def write(self, operation: Operation, submits: tuple[Submit, ...]) -> HttpCall:
        """Write a request. A signed one has a seqid of its own each time."""
        request = self._request(submits)
        if self.door is Door.JSON:
            path, payload = JSON_PATH, json_requests.render(operation, request)
        else:
            path, payload = operation.path, requests.render(request)
        media_type = _MEDIA_TYPES[self.door]
        headers = {"Accept": media_type, "User-Agent": "ccell-fake"}
        if self._method == "GET":
            return HttpCall(operation, "GET", self.url + path, quote(payload, safe=""), b"", headers)
        headers["Content-Type"] = f"{media_type}; charset=UTF-8"
        return HttpCall(operation, "POST", self.url + path, "", payload, headers)

    def _request(self, submits: tuple[Submit, ...]) -> Request:
        if not self.is_signed:
            return Request(self.userid, self.password, submits)
        seqid = make_seqid(SystemClock().now(), SEQID_NUMBERS.next())
        return Request(self.userid, None, submits, seqid, sign(seqid, self.password))


def parse_base_url(url: str) -> str:
    """The base URL without the path of the endpoints, which may be present or not, with any number of slashes.

    Raises:
        ValueError: It is not the address of a gateway.
    """
    parts = urlsplit(url)
    # Reading the port validates it.
    if parts.port == 0 or parts.scheme not in {"http", "https"} or not parts.hostname:
        message = "base URL must be http or https with a host, such as https://sms.ccell.cn"
        raise ValueError(message)
    if parts.query or parts.fragment or "@" in parts.netloc:
        message = "base URL must not contain a query, a fragment or a user name"
        raise ValueError(message)
    return _ENDPOINTS.sub("", f"{parts.scheme}://{parts.netloc}{parts.path}")
