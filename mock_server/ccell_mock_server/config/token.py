"""Control tokens: their form, and the files that hold them, such as secrets of Docker or Kubernetes."""

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from pathlib import Path

from ccell_mock_server.config.errors import ConfigError

TOKEN_FORM = "printable ASCII without blanks at either end"  # noqa: S105 - no token
"""The allowed form, for error messages. A header must be able to contain it."""

_TOKEN = re.compile(r"(?:[!-~](?:[ -~]*[!-~])?)?")


def is_token(text: str) -> bool:
    """Return whether a text can be a control token. An empty text means that there is none."""
    return _TOKEN.fullmatch(text) is not None


def read_token(path: Path) -> str:
    """Return the token in a file, without the line break at its end.

    Raises:
        ConfigError: The file is unreadable or empty, or holds something else. The message does not show it.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        message = f"{path}: cannot be read: {error.strerror}"
        raise ConfigError(message) from error
    if content.startswith((BOM_UTF8, BOM_UTF16_LE, BOM_UTF16_BE)):
        message = f"{path}: must begin with the token, not with a byte order mark; save it as ASCII"
        raise ConfigError(message)
    text = content.decode("ascii", "replace")
    token = text.removesuffix("\n").removesuffix("\r")
    if not token:
        message = f"{path}: is empty; it must hold the token"
        raise ConfigError(message)
    if not is_token(token):
        message = f"{path}: must hold one line of {TOKEN_FORM}"
        raise ConfigError(message)
    return token
