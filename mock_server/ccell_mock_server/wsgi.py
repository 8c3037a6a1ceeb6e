"""The application for a WSGI server of one's choice, such as Granian; one worker process, for it remembers in memory.

granian --interface wsgi --factory ccell_mock_server.wsgi:application
"""

import os
from pathlib import Path

from flask import Flask

from ccell_mock_server.config.settings import find
from ccell_mock_server.emulator import Emulator


def application() -> Flask:
    """The application of `CCELL_FAKE_CONFIG`, of `ccell.toml` here, or of the defaults.

    Raises:
        ConfigError: The configuration cannot be used.
    """
    path = os.environ.get("CCELL_FAKE_CONFIG")
    token = os.environ.get("CCELL_FAKE_CONTROL_TOKEN")
    config = find(Path(path) if path else None, {"control_token": token} if token else None)
    emulator = Emulator(config)
    if config.demo is not None:
        from ccell_mock_server.demo import begin  # noqa: PLC0415 - Faker is slow to import

        begin(emulator, config.demo)
    return emulator.app
