"""Gateway as an application uses it, by our client or by the standard library."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.error import URLError
from urllib.request import urlopen
from xml.etree import ElementTree as ET

from ccell_fake.client import Client, ClientError


class Unsure(Exception):
    """The gateway refused, or did not answer; it may have sent the message."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Content of a status report."""

    linkid: str
    phone: str
    is_delivered: bool


class Gateway(Protocol):
    """Interface for an application."""

    def send(self, phones: Sequence[str], content: str, linkid: str) -> dict[str, str]:
        """Send. Returns the code of each number."""
        ...

    def outcomes(self) -> Iterator[Outcome]:
        """New reports, also those before a failure, because each is handed out once."""
        ...

    def replies(self) -> Iterator[tuple[str, str]]:
        """New replies as phone and text, also those before a failure."""
        ...


class ByClient:
    """Gateway by our client."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def send(self, phones: Sequence[str], content: str, linkid: str) -> dict[str, str]:
        try:
            return {resp.phone: resp.code for resp in self._client.send(phones, content, linkid=linkid).resps}
        except ClientError as error:
            raise Unsure from error

    def outcomes(self) -> Iterator[Outcome]:
        for one in self._fetch(self._client.reports):
            yield Outcome(one.linkid, one.phone, one.is_delivered)

    def replies(self) -> Iterator[tuple[str, str]]:
        for one in self._fetch(self._client.upmsgs):
            yield one.phone, one.msgcontent

    def _fetch(self, fetch: Callable[[], tuple[Any, ...]]) -> Iterator[Any]:
        try:
            yield from fetch()
        except ClientError as error:
            yield from error.taken
            raise Unsure from error


class ByUrllib:
    """Gateway by the standard library."""

    def __init__(self, url: str, userid: str, password: str) -> None:
        self._url = url
        self._credential = {"userid": userid, "password": password}

    def send(self, phones: Sequence[str], content: str, linkid: str) -> dict[str, str]:
        submit = ET.Element("submit", phone=",".join(phones), content=content, linkid=linkid)
        return {resp.attrib["phone"]: resp.attrib["return"] for resp in self._call("send", submit)}

    def outcomes(self) -> Iterator[Outcome]:
        for one in self._fetch("report"):
            yield Outcome(one.attrib["linkid"], one.attrib["phone"], one.attrib["status"] == "0")

    def replies(self) -> Iterator[tuple[str, str]]:
        for one in self._fetch("upmsg"):
            yield one.attrib["phone"].strip(), one.attrib["msgcontent"]

    def _fetch(self, endpoint: str) -> Iterator[ET.Element]:
        while page := list(self._call(endpoint)):
            yield from page

    def _call(self, endpoint: str, *submits: ET.Element) -> ET.Element:
        root = ET.Element("root", self._credential)
        root.extend(submits)
        try:
            with urlopen(f"{self._url}/sms3_api/xmlapi/{endpoint}.jsp", ET.tostring(root), timeout=30) as answer:  # noqa: S310 - http
                read = ET.fromstring(answer.read())  # noqa: S314 - the gateway is trusted
        except (URLError, ET.ParseError) as error:
            raise Unsure from error
        if read.attrib["return"] != "0":
            raise Unsure(read.attrib["return"], read.attrib["info"])
        return read
