"""Client of the CCell SMS gateway, by the standard library alone. Copy this file into your project."""

import hashlib
import random
import re
import secrets
import threading
import time
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import Enum
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

NUMBERS_PER_REQUEST = 500
REPORTS_PER_ANSWER = 300
UPMSGS_PER_ANSWER = 100
TOO_MANY_REQUESTS = "1001006"
REFUSALS = {str(code) for code in (*range(1001001, 1001008), *range(1004001, 1004016))}
"""Codes after which nothing was sent. After any other code the outcome is unknown, as after 1001999."""
NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
CHINA = timezone(timedelta(hours=8))


class State(Enum):
    """What is known about a message."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"  # It may have been sent. Look for its linkid in the reports before you send it again.
    NOT_SENT = "not sent"  # You may send it again.


@dataclass(frozen=True)
class Outcome:
    """Outcome of a send for one number. `info` is the gateway's text, or the reason why there is none."""

    phone: str
    linkid: str
    state: State
    code: str = ""
    info: str = ""
    msgid: str = ""


@dataclass(frozen=True)
class Report:
    """Status report. `recvtime` is China's time; status "0" means delivered."""

    msgid: str
    linkid: str
    phone: str
    recvtime: str
    status: str
    info: str


@dataclass(frozen=True)
class Upmsg:
    """Message from a phone. `motime` is China's time."""

    spnumber: str
    phone: str
    motime: str
    msgcontent: str


class CcellError(Exception):
    """A request without success. With the state UNKNOWN, the gateway may have processed it."""

    def __init__(self, state, info, code=""):
        super().__init__(f"{state.value}: {code} {info}")
        self.state, self.info, self.code = state, info, code


class CcellClient:
    """Client of one account. All threads of a process should share it, because it keeps to the thread limit."""

    def __init__(self, url, userid, password, *, signed=False, threads=3, timeout=30.0, attempts=4, sleep=time.sleep):
        self._address = urlsplit(url)
        self._userid, self._password, self._signed = userid, password, signed
        self._slots = threading.BoundedSemaphore(threads)
        self._timeout, self._attempts, self._sleep = timeout, attempts, sleep
        self._serial = secrets.randbelow(1_000_000)
        self._serial_lock = threading.Lock()

    def send(self, phones, content, linkid=None):
        """Send to each different number once. Returns an outcome for each, and never raises CcellError."""
        phones = list(dict.fromkeys(phones))
        for phone in phones:
            if not (phone.isascii() and phone.isdigit()):
                raise ValueError(f"a phone must consist of digits, got {phone!r}")
        linkid = linkid or uuid.uuid4().hex
        if NOT_XML.search(content + linkid):
            raise ValueError("content and linkid must consist of characters that XML allows")
        outcomes = []
        for start in range(0, len(phones), NUMBERS_PER_REQUEST):
            batch = phones[start : start + NUMBERS_PER_REQUEST]
            submit = ET.Element("submit", phone=",".join(batch), content=content, linkid=linkid)
            try:
                resps = {resp.get("phone", "").strip(): resp for resp in self._call("send", submit).iter("resp")}
            except CcellError as error:
                outcomes += [Outcome(phone, linkid, error.state, error.code, error.info) for phone in batch]
                rest = phones[start + NUMBERS_PER_REQUEST :]
                return outcomes + [
                    Outcome(phone, linkid, State.NOT_SENT, info="an earlier request failed") for phone in rest
                ]
            outcomes += [_outcome(phone, linkid, resps.get(phone)) for phone in batch]
        return outcomes

    def reports(self):
        """Yield pages of reports until there are no more. Store each page: the gateway hands it out only once."""
        return self._pages("report", REPORTS_PER_ANSWER, Report)

    def upmsgs(self):
        """Yield pages of upstream messages until there are no more. The gateway hands each out only once."""
        return self._pages("upmsg", UPMSGS_PER_ANSWER, Upmsg)

    def _pages(self, endpoint, size, kind):
        while True:
            items = self._call(endpoint).findall(endpoint)
            if items:
                yield [_item(kind, item) for item in items]
            if len(items) < size:
                return

    def _call(self, endpoint, *submits):
        """Retry, with longer and longer pauses, only what was surely not sent."""
        attempt = 1
        while True:
            try:
                with self._slots:
                    return self._request(endpoint, submits)
            except CcellError as error:
                if error.state is not State.NOT_SENT or attempt == self._attempts:
                    raise
            self._sleep(2**attempt * random.uniform(0.25, 0.5))
            attempt += 1

    def _request(self, endpoint, submits):
        root = ET.Element("root", self._credentials())
        root.extend(submits)
        answer = self._post(
            f"{self._address.path.rstrip('/')}/sms3_api/xmlapi/{endpoint}.jsp", ET.tostring(root, "utf-8")
        )
        code, info = answer.get("return"), answer.get("info", "")
        if code == "0":
            return answer
        if code == TOO_MANY_REQUESTS:
            raise CcellError(State.NOT_SENT, info, code)
        raise CcellError(State.REFUSED if code in REFUSALS else State.UNKNOWN, info, code)

    def _post(self, path, body):
        # http.client sends a request once. It follows no redirect, and uses no proxy.
        deadline = time.monotonic() + self._timeout
        kind = HTTPSConnection if self._address.scheme == "https" else HTTPConnection
        connection = kind(self._address.netloc, timeout=self._timeout)
        try:
            connection.connect()
        except OSError as error:
            raise CcellError(State.NOT_SENT, f"no connection: {error}") from error
        try:
            connection.request("POST", path, body, {"Content-Type": "text/xml; charset=UTF-8"})
            answer = connection.getresponse()
            if answer.status != 200:
                raise CcellError(State.UNKNOWN, f"HTTP status {answer.status}")
            received = b""
            while piece := answer.read1():
                received += piece
                if time.monotonic() > deadline:  # The time-out of the connection is for one read only.
                    raise TimeoutError(f"no whole answer within {self._timeout} s")
            root = ET.fromstring(received)
        except (OSError, HTTPException) as error:
            raise CcellError(State.UNKNOWN, f"no answer: {error!r}") from error
        except (ET.ParseError, ValueError) as error:
            raise CcellError(State.UNKNOWN, f"unreadable answer: {error}") from error
        finally:
            connection.close()
        if root.tag != "root" or "return" not in root.attrib:
            raise CcellError(State.UNKNOWN, "unreadable answer: no status code")
        return root

    def _credentials(self):
        if not self._signed:
            return {"userid": self._userid, "password": self._password}
        # Each request needs a seqid of its own: the time, and six digits.
        with self._serial_lock:
            self._serial = (self._serial + 1) % 1_000_000
            seqid = f"{datetime.now(CHINA):%y%m%d%H%M%S}{self._serial:06d}"
        return {"userid": self._userid, "seqid": seqid, "sign": _md5(seqid + _md5(self._password))}


def _item(kind, element):
    values = {name: element.get(name, "") for name in kind.__annotations__}
    return kind(**{**values, "phone": values["phone"].strip()})


def _outcome(phone, linkid, resp):
    if resp is None:
        return Outcome(phone, linkid, State.UNKNOWN, info="the answer does not contain the number")
    code, info, msgid = resp.get("return", ""), resp.get("info", ""), resp.get("msgid", "")
    state = State.ACCEPTED if code == "0" else State.REFUSED if code in REFUSALS else State.UNKNOWN
    return Outcome(phone, linkid, state, code, info, msgid)


def _md5(text):
    return hashlib.md5(text.encode()).hexdigest()
