"""The WSGI application for other servers, such as Granian. Run one worker process: its state is in memory.

granian --interface wsgi --factory ccell_mock_server.wsgi:application
"""

from flask import Flask

from ccell_mock_server.commands.configuration import config_of_environment
from ccell_mock_server.config.settings import KNOWN_SETTINGS
from ccell_mock_server.emulator import Emulator

_OF_THE_SERVER = {"host", "port", "strict_http", *(name for name in KNOWN_SETTINGS["server"] if name.startswith("tls"))}


def application() -> Flask:
    """Create the application of `CCELL_FAKE_CONFIG`, of `ccell.toml` in the current folder, or of the defaults.

    The environment variables of `serve` win over the file, except those of the settings that the other server has
    itself, such as `CCELL_FAKE_PORT`.

    Raises:
        ConfigError: A setting is invalid.
        CcellError: The emulator cannot start.
    """
    config, _, _ = config_of_environment(without=_OF_THE_SERVER, needs_token=True)
    emulator = Emulator(config)
    if config.demo is not None:
        from ccell_mock_server.demo import open_demo  # noqa: PLC0415 - Faker is slow to import

        try:
            open_demo(emulator, config.demo)
        except BaseException:
            emulator.stop()
            raise
    return emulator.app
