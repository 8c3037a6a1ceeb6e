"""The WSGI application for other servers, such as Granian. Run one worker process: its state is in memory.

granian --interface wsgi --factory ccell_mock_server.wsgi:application
"""

import os
from pathlib import Path

from flask import Flask

from ccell_mock_server.config.settings import load
from ccell_mock_server.emulator import Emulator


def application() -> Flask:
    """Create the application of `CCELL_FAKE_CONFIG`, of `ccell.toml` in the current folder, or of the defaults."""
    path = os.environ.get("CCELL_FAKE_CONFIG")
    token = os.environ.get("CCELL_FAKE_CONTROL_TOKEN")
    overrides = {"control_token": token} if token else {}
    config = load(Path(path) if path else None, overrides, {"control_token": "CCELL_FAKE_CONTROL_TOKEN"})
    emulator = Emulator(config)
    if config.demo is not None:
        from ccell_mock_server.demo import open_demo  # noqa: PLC0415 - Faker is slow to import

        try:
            open_demo(emulator, config.demo)
        except BaseException:
            emulator.stop()
            raise
    return emulator.app
