"""Signed requests: a seqid and a sign stand in place of the password (P1, P2)."""

import hashlib
import re
from datetime import datetime

from ccell_fake.clock import SHANGHAI

SEQID_DIGITS = 18
"""Digits of a seqid: its time as yyMMddHHmmss, and six of the client's own (P1)."""

_TIME_DIGITS = 12
_SEQID = re.compile("[0-9]{18}")
_DIGEST = re.compile("[0-9a-f]{32}")


def md5(text: str) -> str:
    """Return the md5 of a text in UTF-8, as 32 lower-case hexadecimal digits."""
    return hashlib.md5(text.encode(errors="replace"), usedforsecurity=False).hexdigest()


def sign(seqid: str, password: str) -> str:
    """Return the sign of a request: the md5 of its seqid and the md5 of the password, 32 lower-case digits (P2)."""
    return md5(seqid + md5(password))


def is_digest(text: str) -> bool:
    """Return whether a text looks like an md5: 32 lower-case hexadecimal digits."""
    return _DIGEST.fullmatch(text) is not None


def make_seqid(now: datetime, number: int) -> str:
    """Return the seqid of a request. The time is written in Asia/Shanghai; of the number the last six digits count."""
    return f"{now.astimezone(SHANGHAI):%y%m%d%H%M%S}{number % 1_000_000:06}"


def is_seqid(text: str) -> bool:
    """Return whether a text has 18 digits (P1). They need not begin with a time."""
    return _SEQID.fullmatch(text) is not None


def time_of(seqid: str) -> datetime | None:
    """Return the time that a seqid begins with, in Asia/Shanghai, or None if it begins with none."""
    try:
        return datetime.strptime(f"20{seqid[:_TIME_DIGITS]}", "%Y%m%d%H%M%S").replace(tzinfo=SHANGHAI)
    except ValueError:
        return None
