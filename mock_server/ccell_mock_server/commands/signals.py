"""Stop a command when SIGINT, SIGTERM or SIGHUP arrives."""

import signal
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType

_Handler = Callable[[int, FrameType | None], object]


@contextmanager
def stop_event(*, first_signal_only: bool = False) -> Generator[threading.Event]:
    """Yield an event that the signals set. With `first_signal_only`, the second has its usual effect."""
    stop = threading.Event()
    with _handling(lambda _number, _frame: stop.set(), first_signal_only=first_signal_only):
        yield stop


@contextmanager
def interrupt_at_stop() -> Generator[None]:
    """Raise KeyboardInterrupt at the first of the signals, as SIGINT does by default."""
    with _handling(signal.default_int_handler, first_signal_only=True):
        yield


@contextmanager
def _handling(handle: _Handler, *, first_signal_only: bool) -> Generator[None]:
    numbers = [signal.SIGINT, signal.SIGTERM]
    # Windows has no SIGHUP, and nohup ignores it.
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    handlers = {number: signal.getsignal(number) for number in numbers}

    def restore() -> None:
        for number, handler in handlers.items():
            signal.signal(number, handler)

    def on_signal(number: int, frame: FrameType | None) -> None:
        if first_signal_only:
            restore()
        handle(number, frame)

    for number in handlers:
        signal.signal(number, on_signal)
    try:
        yield
    finally:
        restore()


def wait_for(stop: threading.Event) -> None:
    """Wait until the event is set."""
    # An endless wait would keep signals out on Windows.
    while not stop.wait(1):
        pass
