"""Strategies for all values of the model."""

import dataclasses
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar, cast

from hypothesis import Phase, find, settings
from hypothesis import strategies as st

from ccell_fake.clock import SHANGHAI
from ccell_fake.model import AccountInfo, Operation, Reply, Report, Request, Resp, Submit, Upmsg
from ccell_fake.wire.text import legible

T = TypeVar("T")

texts = st.text(st.characters(), max_size=40)
"""Any text, also texts that XML cannot carry."""

optional_texts = st.none() | texts

times = st.datetimes(min_value=datetime(1992, 1, 1), max_value=datetime(2100, 1, 1)).map(  # noqa: DTZ001 - zoned below
    lambda naive: naive.replace(microsecond=0, tzinfo=SHANGHAI)
)

submits = st.builds(Submit, optional_texts, optional_texts, optional_texts, optional_texts, optional_texts)
sends = st.builds(
    Request, optional_texts, optional_texts, st.lists(submits, max_size=4).map(tuple), optional_texts, optional_texts
)

_items = {
    Operation.SEND: st.builds(Resp, texts, texts, texts, texts, optional_texts),
    Operation.REPORT: st.builds(Report, texts, texts, texts, times, texts, texts),
    Operation.UPMSG: st.builds(Upmsg, texts, texts, times, texts),
    Operation.INFO: st.builds(AccountInfo, texts, texts, texts, texts, texts, texts),
}


def replies(operation: Operation) -> st.SearchStrategy[Reply[Resp]]:
    """Any reply of an endpoint; an info has at most one account."""
    most = 1 if operation is Operation.INFO else 4
    return st.builds(Reply, texts, texts, st.lists(_items[operation], max_size=most).map(tuple))


def some(strategy: st.SearchStrategy[T], condition: Callable[[T], bool], among: int = 10_000) -> T:
    """First drawn value that meets a condition, without shrinking.

    Raises:
        NoSuchExample: None of `among` values does.
    """
    return find(strategy, condition, settings=settings(max_examples=among, phases=[Phase.generate], database=None))


def carried(value: Any) -> Any:
    """Replace characters that XML forbids by U+FFFD, as rendering does."""
    if isinstance(value, str):
        return legible(value)
    if isinstance(value, tuple):
        return tuple(map(carried, cast("tuple[object, ...]", value)))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: carried(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return dataclasses.replace(value, **fields)
    return value
