"""Serial numbers of messages: the time to the second in Asia/Shanghai, and seven more digits (S6, W10)."""

import zlib
from collections.abc import Callable, Iterator
from datetime import datetime

from ccell_fake.limits import MSGIDS_PER_SECOND

_FIRST_TAIL = 1_000_000
_WIDEST_GAP = 9


def _span(now: datetime) -> tuple[int, int]:
    """Return the first and the last serial number of a second."""
    date = (now.year % 100 * 100 + now.month) * 100 + now.day
    first = (((date * 100 + now.hour) * 100 + now.minute) * 100 + now.second) * MSGIDS_PER_SECOND
    return first, first + MSGIDS_PER_SECOND - 1


def generate_msgids(now: datetime, count: int, reserve: Callable[[int, int, int], int], seed: int) -> Iterator[int]:
    """Generate serial numbers, each greater than all previous ones of the second, of any account.

    The same time, seed and previous number give the same numbers. A second has room for 1.5 million.

    Args:
        now: The account's time, in Asia/Shanghai.
        count: How many numbers to generate.
        reserve: Reserves numbers: the ledger's `reserve_msgids`.
        seed: Seed for all randomness.

    Raises:
        OverflowError: The second has no numbers left.
    """
    first, greatest = _span(now)
    msgid = reserve(first, first + _FIRST_TAIL + _scatter(first, seed) % _FIRST_TAIL, count * _WIDEST_GAP)
    for _ in range(count):
        msgid += 1 + _scatter(msgid, seed) % _WIDEST_GAP
        if msgid > greatest:
            message = f"the serial numbers of {now:%Y-%m-%d %H:%M:%S} are used up"
            raise OverflowError(message)
        yield msgid


def _scatter(number: int, seed: int) -> int:
    return zlib.crc32(b"%d %d" % (number, seed))
