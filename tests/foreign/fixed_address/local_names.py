"""Resolve every name to loopback, as an entry in the hosts file does."""

import socket
from typing import Any

_getaddrinfo = socket.getaddrinfo


def _resolve(_host: object, *arguments: Any, **options: Any) -> Any:
    return _getaddrinfo("127.0.0.1", *arguments, **options)


socket.getaddrinfo = _resolve
