"""What a live run is going to spend: said beforehand, and asked about where somebody is there to answer."""

import os
import sys
from typing import Any

import pytest

from ccell_fake.contract import suite
from ccell_fake.contract.checks import Check
from ccell_fake.contract.costs import REFUSED
from ccell_fake.contract.live.settings import LiveSettings


def ask(config: pytest.Config, live: LiveSettings, asked: tuple[Check, ...]) -> None:
    """Say what a run may cost, and on a terminal begin it only once somebody agrees.

    Raises:
        pytest.exit.Exception: Nobody does.
    """
    told = f"ccell contract: {suite.spending(asked, live.allowed, live.budget.left)}."
    capture: Any = config.pluginmanager.getplugin("capturemanager")
    if capture is not None:
        capture.suspend_global_capture(in_=True)
    try:
        sys.stderr.write(f"{told}\n")
        sys.stderr.flush()
        # What costs nothing needs no consent.
        if not live.allowed or not _is_terminal():
            return
        sys.stderr.write("Go on? [y/N] ")
        sys.stderr.flush()
        if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
            pytest.exit("nothing was asked", REFUSED)
    finally:
        if capture is not None:
            capture.resume_global_capture()


def _is_terminal() -> bool:
    try:
        return os.isatty(0)
    except OSError:
        return False
