"""SIGTERM ends a run as an interrupt does: with what it found out, and with nothing of it left behind."""

import signal
import threading

import pytest


def as_interrupt(config: pytest.Config) -> None:
    """Take SIGTERM for an interrupt until pytest is done."""
    if threading.current_thread() is not threading.main_thread():
        # No other thread may say what a signal does.
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)

    def restore() -> None:
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)

    config.add_cleanup(restore)
