"""The connection that a request came in on, as far as the server lends it to the application."""

import errno
import socket
from collections.abc import Callable, Mapping
from typing import Any, cast

SOCKET = "ccell_fake.socket"
HANG_UP = "ccell_fake.hang_up"
TARGET = "ccell_fake.target"
"""The target of the request line as it was placed, in bytes; only our own server lends it."""


def client_of(environ: Mapping[str, Any]) -> socket.socket | None:
    """The client's socket, so as to see it leave; None under a server that does not lend it."""
    return cast("socket.socket | None", environ.get(SOCKET))


def hang_up(environ: Mapping[str, Any], *, with_head: bool = False, with_reset: bool = False) -> None:
    """End the connection where the answer stands; another server than our own ends it in its own way.

    Args:
        environ: The request's.
        with_head: Send the answer's head before, if it has not left yet.
        with_reset: Reset it (RST) rather than close it.

    Raises:
        OSError: Always; by it the server learns that there is nothing more to send.
    """
    ours: Callable[..., None] | None = environ.get(HANG_UP)
    if ours is not None:
        ours(with_head=with_head, with_reset=with_reset)
    raise ConnectionAbortedError(errno.ECONNABORTED, "hung up")
