"""Stop a command when SIGINT, SIGTERM or SIGHUP arrives, or pass signals on to another process."""

import math
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from types import FrameType

_Handler = Callable[[int, FrameType | None], object]
_PASSED_ON = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGBREAK")


@contextmanager
def stop_event(*, first_signal_only: bool = False) -> Generator[threading.Event]:
    """Yield an event that the signals set. With `first_signal_only`, the second has its usual effect."""
    stop = threading.Event()
    with _handling(lambda _number, _frame: stop.set(), _stop_signals(), first_signal_only=first_signal_only):
        yield stop


@contextmanager
def interrupt_at_stop() -> Generator[None]:
    """Raise KeyboardInterrupt at the first of the signals, as SIGINT does by default."""
    with _handling(signal.default_int_handler, _stop_signals(), first_signal_only=True):
        yield


@contextmanager
def passing_on() -> Generator[Callable[["subprocess.Popen[bytes]"], int]]:
    """Yield a function that waits for a process, and returns its exit code. Signals are passed on to the process.

    Signals that arrive before it started are passed on, too. Signals that this process ignores stay ignored.
    """
    processes: list[subprocess.Popen[bytes]] = []
    early: list[int] = []

    def pass_on(number: int, _frame: FrameType | None) -> None:
        if not processes:
            early.append(number)
        elif not _comes_from_terminal(number):
            processes[0].send_signal(number)

    def wait(process: "subprocess.Popen[bytes]") -> int:
        processes.append(process)
        for number in early:
            process.send_signal(number)
        ended = threading.Event()

        def announce_end() -> None:
            process.wait()
            ended.set()

        # A signal can arrive in another thread, which does not end the wait of this one for a process.
        threading.Thread(target=announce_end, name="ccell-fake-exec", daemon=True).start()
        wait_for(ended)
        return process.wait()

    # Windows lacks some of them.
    numbers = [getattr(signal, name) for name in _PASSED_ON if hasattr(signal, name)]
    with _handling(pass_on, [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]):
        yield wait


def _comes_from_terminal(number: int) -> bool:
    """Return whether a terminal has sent a signal of the keyboard to its whole foreground group, children included.

    Somebody else may have sent it, too, but a process that gets Ctrl-C twice often gives up its cleaning.
    """
    if sys.platform == "win32":
        return True
    if number not in {signal.SIGINT, signal.SIGQUIT}:
        return False
    try:
        terminal = os.open(os.ctermid(), os.O_RDONLY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    finally:
        os.close(terminal)


def _stop_signals() -> list[int]:
    numbers: list[int] = [signal.SIGINT, signal.SIGTERM]
    # Windows has no SIGHUP, and nohup ignores it.
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    return numbers


@contextmanager
def _handling(handle: _Handler, numbers: Iterable[int], *, first_signal_only: bool = False) -> Generator[None]:
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


def wait_for(stop: threading.Event, seconds: float = math.inf) -> None:
    """Wait until the event is set, or for some seconds."""
    # An endless wait would keep signals out on Windows.
    while seconds > 0 and not stop.wait(min(seconds, 1)):
        seconds -= 1
