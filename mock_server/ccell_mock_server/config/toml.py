"""TOML files: read, or refused with the name of the file and the reason."""

import tomllib
from pathlib import Path
from typing import Any

from ccell_fake.errors import CcellError


class ConfigError(CcellError):
    """A file that cannot be used; the message names file, key, value and what is allowed, a line each."""


def read(path: Path) -> dict[str, Any]:
    """What a file holds.

    Raises:
        ConfigError: It cannot be read, or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        message = f"{path}: cannot be read: {error.strerror}"
        raise ConfigError(message) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"{path}: is not TOML: {error}"
        raise ConfigError(message) from error
