"""Refuse to block where nothing else could run meanwhile."""

import asyncio

from ccell_fake.errors import CcellError

__tracebackhide__ = True


class WouldBlock(CcellError):
    """The call would block the event loop, so that what it waits for could not happen."""


def check_not_in_event_loop(name: str, timeout: float) -> None:
    """Refuse a wait in a thread that runs an event loop.

    Args:
        name: Name of the method that waits. With `_async` appended, it is the method that does not block.
        timeout: Timeout of the wait in seconds. A wait of 0 seconds does not block.

    Raises:
        WouldBlock: An event loop runs in this thread.
    """
    if timeout and _runs_event_loop():
        message = f"{name} would block the event loop of this coroutine; use `await ….{name}_async(…)`"
        raise WouldBlock(message)


def _runs_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
