"""Refuse to block where nothing else could run meanwhile."""

import asyncio

from ccell_fake.errors import CcellError

__tracebackhide__ = True


class WouldBlock(CcellError):
    """The call would block the event loop, so that what it waits for could not happen."""


def check_not_in_event_loop(name: str, timeout: float) -> None:
    """Refuse a wait in a coroutine.

    Args:
        name: Name of the method that waits. With `_async` appended, it is the method that does not block.
        timeout: Timeout of the wait in seconds. A wait of 0 seconds does not block.

    Raises:
        WouldBlock: The caller is a coroutine.
    """
    if timeout and _is_coroutine():
        message = f"{name} would block the event loop of this coroutine; use `await ….{name}_async(…)`"
        raise WouldBlock(message)


def _is_coroutine() -> bool:
    # Under the synchronous API of Playwright a loop runs, too, but no task does.
    try:
        return asyncio.current_task() is not None
    except RuntimeError:
        return False
