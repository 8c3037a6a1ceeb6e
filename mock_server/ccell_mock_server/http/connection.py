"""Additions to the WSGI environment: the client's socket, ways to end the connection, and the raw target."""

import errno
import socket
from collections.abc import Callable, Mapping
from typing import Any, cast

SOCKET = "ccell_fake.socket"
HANG_UP = "ccell_fake.hang_up"
CLOSE = "ccell_fake.close"
TARGET = "ccell_fake.target"
"""The unchanged target of the request line, in bytes."""


def client_of(environ: Mapping[str, Any]) -> socket.socket | None:
    """Return the client's socket, or None under another server."""
    return cast("socket.socket | None", environ.get(SOCKET))


def hang_up(environ: Mapping[str, Any], *, with_head: bool = False, with_reset: bool = False) -> None:
    """End the connection in the middle of the answer. Another server ends it in its own way.

    `with_head` sends the answer's head first, `with_reset` resets the connection (RST) instead of closing it. Always
    raises an OSError, which tells the server that the answer ends here.
    """
    end_connection: Callable[..., None] | None = environ.get(HANG_UP)
    if end_connection is not None:
        end_connection(with_head=with_head, with_reset=with_reset)
    raise ConnectionAbortedError(errno.ECONNABORTED, "hung up")


def close_after(environ: Mapping[str, Any]) -> None:
    """Close the connection after the answer, and say so in its head. Another server keeps it open."""
    close: Callable[[], None] | None = environ.get(CLOSE)
    if close is not None:
        close()
