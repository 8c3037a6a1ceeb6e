"""The option `--store postgresql`: each emulator and bench without a store of its own gets a fresh database.

So the tests of the behaviour hold on either store. Tests with the marker `sqlite` are about files and memory. They are
left out.
"""

import weakref
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any, ClassVar

import pytest

from ccell_fake.store.database import SqliteStore
from harness import postgresql

_OPTION = "--store"


class _Choice:
    is_postgresql = False
    of_the_test: ClassVar[dict[Any, str]] = {}
    """The stores that end with the test, and their databases."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    parser.addoption(
        _OPTION, choices=("sqlite", "postgresql"), default="sqlite", help="Store of the emulators that name none."
    )


def pytest_configure(config: pytest.Config) -> None:
    """Give emulators databases, also in the test runs that tests start in this process."""
    config.addinivalue_line("markers", "sqlite: about SQLite itself; left out with --store postgresql.")
    if config.getoption(_OPTION) != "postgresql" or _Choice.is_postgresql:
        return
    # Workers of xdist inherit the name.
    postgresql.name_shared()
    config.add_cleanup(_give_emulators_databases())


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests about SQLite."""
    if config.getoption(_OPTION) == "postgresql":
        left_out = [item for item in items if item.get_closest_marker("sqlite")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown() -> None:
    """End the stores of the test."""
    while _Choice.of_the_test:
        _end(*_Choice.of_the_test.popitem())


def open_store(**options: Any) -> Any:
    """Open an empty store with options of both kinds. It ends with the test."""
    if not _Choice.is_postgresql:
        return SqliteStore(**options)
    from ccell_fake.store.postgresql.store import PostgresqlStore  # noqa: PLC0415 - it needs the extra

    url = _fresh()
    store = PostgresqlStore(url, **options)
    _Choice.of_the_test[store] = url
    return store


def end_with(owner: object, store: Any) -> None:
    """Let a store of `open_store` end with an object that uses it."""
    url = _Choice.of_the_test.pop(store, None)
    if url:
        weakref.finalize(owner, _end, store, url)


def options_of_serve() -> tuple[str, ...]:
    """The store of `serve` in another process."""
    return ("--store", _fresh()) if _Choice.is_postgresql else ()


def options_of_pytest() -> tuple[str, ...]:
    """The option for pytest in another process, which must find this folder."""
    return ("-p", __name__, f"{_OPTION}=postgresql") if _Choice.is_postgresql else ()


def _give_emulators_databases() -> Callable[[], None]:
    """Let each emulator without a store have a database until the returned function is called."""
    from ccell_mock_server.emulator import Emulator  # noqa: PLC0415 - slow to import

    build, stop = Emulator.__init__, Emulator.stop
    databases: weakref.WeakKeyDictionary[Emulator, str] = weakref.WeakKeyDictionary()

    def build_with_database(self: Emulator, config: Any, *arguments: Any, **named: Any) -> None:
        if not config.server.store:
            databases[self] = _fresh()
            config = replace(config, server=replace(config.server, store=databases[self]))
        build(self, config, *arguments, **named)

    def stop_with_database(self: Emulator) -> None:
        is_here = self.services.store.owner.is_here
        stop(self)
        url = databases.pop(self, None)
        if url and is_here:
            postgresql.shared().drop_database(url)

    def give_back() -> None:
        Emulator.__init__, Emulator.stop = build, stop  # type: ignore[method-assign]
        _Choice.is_postgresql = False

    Emulator.__init__, Emulator.stop = build_with_database, stop_with_database  # type: ignore[method-assign]
    _Choice.is_postgresql = True
    return give_back


def _fresh() -> str:
    url = postgresql.shared().create_database(_template())
    import psycopg  # noqa: PLC0415 - it needs the extra

    with psycopg.connect(url) as connection:
        # Each store has a history of its own.
        connection.execute("UPDATE event_log SET history = left(md5(gen_random_uuid()::text), 16)")
    return url


@cache
def _template() -> str:
    from ccell_fake.store.postgresql.store import PostgresqlStore  # noqa: PLC0415 - it needs the extra

    return postgresql.shared_template(lambda url: PostgresqlStore(url).close())


def _end(store: Any, url: str) -> None:
    store.close()
    postgresql.shared().drop_database(url)
