"""Exchanges are written to lines of JSON and read back without loss."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccell_fake.clock import SHANGHAI
from ccell_fake.model import Operation
from ccell_fake.transcripts import Ending, Exchange, UnreadableLine

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
DATA = st.binary(max_size=60) | TEXTS.map(str.encode)
EXCHANGES = st.builds(
    Exchange,
    number=st.integers(1),
    # Shanghai had daylight saving time until 1991: some times did not exist.
    at=st.datetimes(datetime(1992, 1, 1), timezones=st.sampled_from([UTC, SHANGHAI])),  # noqa: DTZ001 - zones are drawn
    method=st.sampled_from(["GET", "POST"]),
    path=TEXTS.map("/{}".format),
    query=DATA,
    body=DATA,
    content_type=TEXTS,
    status=st.none() | st.integers(100, 599),
    answer=DATA,
    answer_type=TEXTS,
    ending=st.sampled_from(Ending),
    reason=TEXTS,
)


@given(EXCHANGES)
def test_an_exchange_is_written_and_read_without_loss(exchange: Exchange) -> None:
    line = exchange.to_line()
    assert "\n" not in line
    assert Exchange.from_line(line) == exchange


def test_utf_8_is_readable_in_a_line_and_other_bytes_are_base64() -> None:
    exchange = Exchange(1, datetime(2026, 11, 23, tzinfo=UTC), "POST", "/x", body="您好".encode(), answer=b"\xff")
    assert '"body": "您好"' in exchange.to_line()
    assert json.loads(exchange.to_line())["answer"] == {"base64": "/w=="}
    assert json.loads(exchange.to_line())["at"] == "2026-11-23T08:00:00.000000+08:00"


@pytest.mark.parametrize("operation", Operation)
@pytest.mark.parametrize("joined", ["xmlapi/", "xmlapi//"])
def test_the_endpoint_follows_from_the_path(operation: Operation, joined: str) -> None:
    path = operation.path.replace("xmlapi/", joined)
    assert Exchange(1, datetime(2026, 1, 1, tzinfo=UTC), "GET", path).operation is operation
    assert Exchange(1, datetime(2026, 1, 1, tzinfo=UTC), "GET", path + "x").operation is None


GOOD: dict[str, Any] = {
    "number": 1,
    "at": "2026-11-23T08:00:00+08:00",
    "method": "GET",
    "path": "/",
    "ending": "answered",
}


@pytest.mark.parametrize("name", GOOD)
def test_a_missing_member_is_refused(name: str) -> None:
    assert Exchange.from_line(json.dumps(GOOD)).number == 1
    with pytest.raises(UnreadableLine, match=name):
        Exchange.from_line(json.dumps({key: value for key, value in GOOD.items() if key != name}))


@pytest.mark.parametrize(
    "changed", [{"at": "2026-11-23T08:00:00"}, {"ending": "x"}, {"body": {"base64": "*"}}, {"body": 3}, {"number": "x"}]
)
def test_an_invalid_member_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(UnreadableLine):
        Exchange.from_line(json.dumps({**GOOD, **changed}))


@pytest.mark.parametrize("line", ["", "{", "[]", "1", '"x"'])
def test_a_line_that_is_not_a_json_object_is_refused(line: str) -> None:
    with pytest.raises(UnreadableLine):
        Exchange.from_line(line)
