"""Consent to the cost of a live run."""

import os
import sys
from typing import Any

import pytest

from ccell_fake.contract import suite
from ccell_fake.contract.checks import REFUSED, Check
from ccell_fake.contract.live.settings import LiveSettings


def ask(config: pytest.Config, live: LiveSettings, checks: tuple[Check, ...]) -> None:
    """Print the cost of a run. Ask for consent on a terminal unless the run is free.

    Raises:
        pytest.exit.Exception: The user refuses.
    """
    capture: Any = config.pluginmanager.getplugin("capturemanager")
    if capture is not None:
        capture.suspend_global_capture(in_=True)
    try:
        print(  # noqa: T201
            f"ccell contract: {suite.describe_spending(checks, live.allowed, live.budget.left)}.",
            file=sys.stderr,
            flush=True,
        )
        if not live.allowed or not _is_terminal():
            return
        print("Go on? [y/N] ", end="", file=sys.stderr, flush=True)  # noqa: T201
        if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
            pytest.exit("no check was run", REFUSED)
    finally:
        if capture is not None:
            capture.resume_global_capture()


def _is_terminal() -> bool:
    try:
        return os.isatty(0)
    except OSError:
        return False
