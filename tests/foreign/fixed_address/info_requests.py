"""requests, the HTTP library for Python."""

import sys

import local_names  # noqa: F401 # pyright: ignore[reportUnusedImport] - it resolves the name
import requests

answer = requests.post(sys.argv[1], b'<root userid="200001" password="123456"></root>', timeout=60)
sys.stdout.buffer.write(answer.content)
