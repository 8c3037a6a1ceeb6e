"""Stop a command when SIGINT or SIGTERM arrives."""

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def stop_event(*, first_signal_only: bool = False) -> Generator[threading.Event]:
    """Yield an event that SIGINT and SIGTERM set. With `first_signal_only`, the second has its usual effect."""
    stop = threading.Event()
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def restore() -> None:
        for number, handler in handlers.items():
            signal.signal(number, handler)

    def handle(_number: int, _frame: object) -> None:
        stop.set()
        if first_signal_only:
            restore()

    for number in handlers:
        signal.signal(number, handle)
    try:
        yield stop
    finally:
        restore()


def wait_for(stop: threading.Event) -> None:
    """Wait until the event is set."""
    # An endless wait would keep signals out on Windows.
    while not stop.wait(1):
        pass
