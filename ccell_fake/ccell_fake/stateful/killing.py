"""Killing an integration in the middle: an exception that it does not catch, raised while it waits."""

import signal
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

_LOOK_SECONDS = 0.002


class IntegrationKilled(BaseException):
    """Raised in the integration in place of a kill. No `except Exception` catches it."""


def can_kill() -> bool:
    """Return whether this thread can be interrupted: the main one, on systems with signals to threads."""
    return hasattr(signal, "pthread_kill") and threading.current_thread() is threading.main_thread()


@contextmanager
def killed_at(is_time: Callable[[], bool]) -> Generator[None]:
    """Raise IntegrationKilled inside the block as soon as a condition holds, which another thread asks for.

    The exception interrupts also a wait for the network or for other threads.
    """
    ended = threading.Event()
    guard = threading.Lock()
    main = threading.get_ident()

    def watch() -> None:
        while not ended.wait(_LOOK_SECONDS):
            if is_time():
                with guard:
                    if not ended.is_set():
                        signal.pthread_kill(main, signal.SIGUSR2)
                return

    def raise_killed(*_: object) -> None:
        if not ended.is_set():
            ended.set()
            raise IntegrationKilled

    former = signal.signal(signal.SIGUSR2, raise_killed)
    watcher = threading.Thread(target=watch, name="ccell-kill")
    watcher.start()
    try:
        try:
            yield
        finally:
            # A kill that comes at this very moment still ends below.
            ended.set()
    finally:
        with guard:
            ended.set()
        watcher.join()
        signal.signal(signal.SIGUSR2, former)
