"""Count the work of a call, which unlike its time is the same on every machine."""

import sys
from collections.abc import Callable


def count_calls(act: Callable[[], object]) -> int:
    """Call a function. Returns the number of calls of Python and C functions that it makes."""
    count = 0

    def profile(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        act()
    finally:
        sys.setprofile(before)
    return count
