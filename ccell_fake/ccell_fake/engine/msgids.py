"""Serial numbers of messages: the time to the second in Asia/Shanghai, and seven more digits (S6, W10)."""

import zlib
from collections.abc import Iterator
from datetime import datetime

_TAIL = 10_000_000
_FIRST_TAIL = 1_000_000
_WIDEST_GAP = 9


def _span(now: datetime) -> tuple[int, int]:
    """The first and the last serial number of the second that it is."""
    date = (now.year % 100 * 100 + now.month) * 100 + now.day
    first = (((date * 100 + now.hour) * 100 + now.minute) * 100 + now.second) * _TAIL
    return first, first + _TAIL - 1


def allot(now: datetime, last: int | None, seed: int, userid: str) -> Iterator[int]:
    """Serial numbers of an account, each greater than the one before.

    They hang on the time, on what the account was given before and on the seed alone, so a run with the same seed and
    clock gives the same ones. A second has room for a million and a half.

    Args:
        now: The account's present, in Asia/Shanghai.
        last: The greatest one that the account has in this second, or None.
        seed: What decides where they begin and how far they lie apart.
        userid: The account, which decides it too.

    Raises:
        OverflowError: The second has no more of them.
    """
    first, greatest = _span(now)
    salt = b"%d %a" % (seed, userid)
    msgid = first + _FIRST_TAIL + _scatter(first, salt) % _FIRST_TAIL if last is None else last
    while True:
        msgid += 1 + _scatter(msgid, salt) % _WIDEST_GAP
        if msgid > greatest:
            message = f"the serial numbers of {now:%Y-%m-%d %H:%M:%S} are used up"
            raise OverflowError(message)
        yield msgid


def _scatter(number: int, salt: bytes) -> int:
    return zlib.crc32(b"%d %b" % (number, salt))
