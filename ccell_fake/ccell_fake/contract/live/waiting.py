"""Waiting for what a gateway brings about by itself: for so long, and no longer."""

from time import sleep

_PAUSE = 1.0


class WaitAllowance:
    """So many seconds to wait, all in all."""

    def __init__(self, seconds: float) -> None:
        """Nothing has been waited yet."""
        self._left = seconds

    def is_worth_waiting(self) -> bool:
        """Wait a second; False, and no waiting, once that was done for long enough."""
        if self._left <= 0:
            return False
        sleep(min(_PAUSE, self._left))
        self._left -= _PAUSE
        return True
