"""The option `--store postgresql`: each emulator and bench without a store of its own gets a fresh database.

So the tests of the behaviour hold on either store. Tests with the marker `sqlite` are about files and memory. They are
left out.
"""

import weakref
from pathlib import Path
from typing import Any

import pytest

from ccell_fake.store import opening
from ccell_fake.store.database import SqliteStore
from harness import databases

_OF_THE_TEST: dict[Any, str] = {}
"""The stores that end with the test, and their databases."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    choices = ("sqlite", "postgresql")
    parser.addoption("--store", choices=choices, default="sqlite", help="Store of the emulators that name none.")


def pytest_configure(config: pytest.Config) -> None:
    """Give emulators databases."""
    config.addinivalue_line("markers", "sqlite: about SQLite itself; left out with --store postgresql.")
    if config.getoption("--store") == "postgresql":
        databases.choose()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests about SQLite."""
    if databases.are_chosen():
        left_out = [item for item in items if item.get_closest_marker("sqlite")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """End the stores of the test, and drop the databases that the tests of a file left."""
    while _OF_THE_TEST:
        _end(*_OF_THE_TEST.popitem())
    if databases.are_chosen() and (nextitem is None or nextitem.path != item.path):
        databases.drop_left()


def open_store(**options: Any) -> Any:
    """Open an empty store with options of both kinds. It ends with the test."""
    if not databases.are_chosen():
        return SqliteStore(**options)
    from ccell_fake.store.postgresql.store import PostgresqlStore  # noqa: PLC0415 - it needs the extra

    url = databases.create()
    store = PostgresqlStore(url, **options)
    _OF_THE_TEST[store] = url
    return store


def kept(folder: Path) -> str:
    """The place of an empty store for emulators that follow one another: a database, or a file in a folder."""
    return databases.create() if databases.are_chosen() else str(folder / "store")


def open_kept(place: str) -> Any:
    """Open a store at such a place."""
    return opening.open_store(place, connections=2)


def end_with(owner: object, store: Any) -> None:
    """Let a store of `open_store` end with an object that uses it."""
    url = _OF_THE_TEST.pop(store, None)
    if url:
        weakref.finalize(owner, _end, store, url)


def _end(store: Any, url: str) -> None:
    store.close()
    databases.drop(url)
