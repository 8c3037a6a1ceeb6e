"""requests, the HTTP library for Python. A function of its own resolves the name."""

import socket
import sys
from typing import Any

import requests

_getaddrinfo = socket.getaddrinfo


def _resolve(*arguments: Any, **options: Any) -> Any:
    return _getaddrinfo("127.0.0.1", *arguments[1:], **options)


socket.getaddrinfo = _resolve

answer = requests.post(sys.argv[1], b'<root userid="200001" password="123456"></root>', timeout=60)
sys.stdout.buffer.write(answer.content)
