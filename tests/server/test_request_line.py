"""Request lines as the document writes them, in linear time (W4, W15)."""

import re

from hypothesis import example, given
from hypothesis import strategies as st

from ccell_mock_server.http import request_line

# The definition of a request line. It is too slow for the server: its time grows with the cube of the blanks.
_LINE = re.compile(rb"(?P<method>[A-Za-z]+) +(?P<target>.+?) +(?P<version>HTTP/[0-9]\.[0-9]) *\r?\n", re.DOTALL)
_PARTS = st.sampled_from(
    [b"GET", b" ", b"  ", b"/", b"?", b"x", b"HTTP/1.1", b"http://host", b"\r", b"\n", b"<", b"\xe7"]
)


@given(st.lists(_PARTS, max_size=8).map(b"".join), st.sampled_from([b"\r\n", b"\n", b""]))
@example(b"GET / HTTP/1.1", b"\r\n")
@example(b"GET   / a  HTTP/1.1  ", b"\n")
def test_a_request_line_is_a_method_a_target_and_a_version(text: bytes, end: bytes) -> None:
    line = text + end
    match = _LINE.fullmatch(line) if line.count(b"\n") <= 1 else None
    if match is None or b"\n" in line[:-1]:
        return
    target = re.sub(rb"^https?://[^/?]*", b"", match["target"])
    assert request_line.raw_target(line) == target
    assert request_line.normalize(line).startswith(match["method"] + b" ")
    assert request_line.normalize(line).endswith(b" " + match["version"] + b"\r\n")


@given(st.binary().filter(lambda data: not _LINE.fullmatch(data)))
@example(b"GET  HTTP/1.1\r\n")
@example(b" / HTTP/1.1\r\n")
def test_an_invalid_line_is_unchanged(line: bytes) -> None:
    assert request_line.normalize(line) == line
    assert request_line.raw_target(line) == b""
    assert request_line.strict_error(line) is None
