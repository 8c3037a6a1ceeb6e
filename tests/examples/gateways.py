"""The gateway as an application sees it, by our client or by the standard library alone."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.error import URLError
from urllib.request import urlopen
from xml.etree import ElementTree as ET

from ccell_fake.client import Client, ClientError


class Unsure(Exception):
    """The gateway refused, or it did not answer and may have sent all the same."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a status report says."""

    linkid: str
    phone: str
    is_delivered: bool


class Gateway(Protocol):
    """What an application needs of it."""

    def send(self, phones: Sequence[str], content: str, linkid: str) -> dict[str, str]:
        """Send, and say with which code each number was answered."""
        ...

    def outcomes(self) -> Iterator[Outcome]:
        """The reports that are new, those before a failure included: they are handed out once."""
        ...

    def replies(self) -> Iterator[tuple[str, str]]:
        """The replies that are new, as phone and text, likewise."""
        ...


class ByClient:
    """By our client."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def send(self, phones: Sequence[str], content: str, linkid: str) -> dict[str, str]:
        try:
            return {resp.phone: resp.code for resp in self._client.send(phones, content, linkid=linkid).resps}
        except ClientError as error:
            raise Unsure from error

    def outcomes(self) -> Iterator[Outcome]:
        for one in self._drain(self._client.reports):
            yield Outcome(one.linkid, one.phone, one.is_delivered)

    def replies(self) -> Iterator[tuple[str, str]]:
        for one in self._drain(self._client.upmsgs):
            yield one.phone, one.msgcontent

    def _drain(self, fetch: Callable[[], tuple[Any, ...]]) -> Iterator[Any]:
        try:
            yield from fetch()
        except ClientError as error:
            yield from error.taken
            raise Unsure from error


class ByUrllib:
    """By the standard library."""

    def __init__(self, url: str, userid: str, password: str) -> None:
        self._url = url
        self._credential = {"userid": userid, "password": password}

    def send(self, phones: Sequence[str], content: str, linkid: str) -> dict[str, str]:
        submit = ET.Element("submit", phone=",".join(phones), content=content, linkid=linkid)
        return {resp.attrib["phone"]: resp.attrib["return"] for resp in self._ask("send", submit)}

    def outcomes(self) -> Iterator[Outcome]:
        for one in self._drain("report"):
            yield Outcome(one.attrib["linkid"], one.attrib["phone"], one.attrib["status"] == "0")

    def replies(self) -> Iterator[tuple[str, str]]:
        for one in self._drain("upmsg"):
            yield one.attrib["phone"].strip(), one.attrib["msgcontent"]

    def _drain(self, endpoint: str) -> Iterator[ET.Element]:
        while page := list(self._ask(endpoint)):
            yield from page

    def _ask(self, endpoint: str, *submits: ET.Element) -> ET.Element:
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
