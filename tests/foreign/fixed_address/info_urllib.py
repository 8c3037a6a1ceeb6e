"""urllib of Python."""

import sys
from urllib.request import urlopen

import local_names  # noqa: F401 # pyright: ignore[reportUnusedImport] - it resolves the name

with urlopen(sys.argv[1], b'<root userid="200001" password="123456"></root>') as answer:  # noqa: S310 - https
    sys.stdout.buffer.write(answer.read())
