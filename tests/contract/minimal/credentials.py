"""Credentials of a request: a password, or a seqid and a sign, as the vendor published them."""

import re
from datetime import datetime, timedelta
from hashlib import md5
from xml.etree import ElementTree as ET

from .rules import CHINA

SEQID = re.compile("[0-9]{18}")
DIGEST = re.compile("[0-9a-f]{32}")
MAX_AGE = timedelta(minutes=10)


def are_complete(request: ET.Element) -> bool:
    """Say whether a request has a userid, and a password or a well-formed seqid with a sign."""
    if request.get("sign"):
        return bool(request.get("userid") and SEQID.fullmatch(request.get("seqid", "")))
    return bool(request.get("userid") and request.get("password"))


def refusal_of_credentials(request: ET.Element, password: str, now: datetime) -> str:
    """Say the code that refuses complete credentials; nothing where they are right. All that is given must be right."""
    given, sign = request.get("password"), request.get("sign")
    if given and given != password:
        return "1001004"
    if not sign:
        return ""
    seqid = request.get("seqid", "")
    if sign != _digest(seqid + (password if DIGEST.fullmatch(password) else _digest(password))):
        return "1001999"
    try:
        at = datetime.strptime(seqid[:12], "%y%m%d%H%M%S").replace(tzinfo=CHINA)
    except ValueError:
        return "1001004"
    return "" if abs(now - at) <= MAX_AGE else "1001004"


def _digest(text: str) -> str:
    return md5(text.encode()).hexdigest()  # noqa: S324 -- it is what the vendor published
