"""A database for each emulator that names no store, in this process and in those that it starts."""

import os
import sys
import weakref
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

from harness import postgresql

CHOICE = "TESTS_STORE"
"""Variable that gives emulators databases, with the beginning of their names."""

_MODULE = "ccell_mock_server.emulator"


def choose() -> None:
    """Give databases to emulators. The processes that this one starts do the same."""
    os.environ[CHOICE] = postgresql.new_name()
    folder = str(Path(__file__).parents[1])
    if folder not in (path := os.environ.get("PYTHONPATH", "").split(os.pathsep)):
        os.environ["PYTHONPATH"] = os.pathsep.join([folder, *filter(None, path)])
    # All processes share the cluster that this one starts.
    postgresql.shared()
    give_to_emulators()


def are_chosen() -> bool:
    """Return whether emulators get databases."""
    return CHOICE in os.environ


def give_to_emulators() -> None:
    """Change the class of emulators when it is imported."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
    if _MODULE in sys.modules:
        _change(sys.modules[_MODULE])


def create() -> str:
    """Create an empty database of an emulator. Returns its URL."""
    url = postgresql.shared().create_database(_template(), os.environ.get(CHOICE, ""))
    import psycopg  # noqa: PLC0415 - it needs the extra

    with psycopg.connect(url) as connection:
        # Each store has a history of its own.
        connection.execute("UPDATE event_log SET history = left(md5(gen_random_uuid()::text), 16)")
    return url


def drop(url: str) -> None:
    """Drop a database."""
    postgresql.shared().drop_database(url)


def drop_left() -> None:
    """Drop the databases that nobody uses: emulators that were killed leave them."""
    postgresql.shared().drop_unused(os.environ[CHOICE])


class _Finder(MetaPathFinder):
    """Finds the module of emulators, and changes it after it has run."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path, target) if fullname == _MODULE else None
        if spec and spec.loader:
            load = spec.loader.exec_module

            def load_and_change(module: ModuleType) -> None:
                load(module)
                _change(module)

            spec.loader.exec_module = load_and_change  # type: ignore[method-assign]
        return spec


def _change(module: ModuleType) -> None:
    emulator: Any = module.Emulator
    if hasattr(emulator, "databases"):
        return
    build, stop = emulator.__init__, emulator.stop
    emulator.databases = databases = weakref.WeakKeyDictionary[Any, str]()

    def build_with_database(self: Any, config: Any, *arguments: Any, **named: Any) -> None:
        if config.server.store:
            build(self, config, *arguments, **named)
            return
        databases[self] = create()
        server = replace(config.server, store=databases[self])
        build(self, replace(config, server=server), *arguments, **named)
        self.config = config  # the greeting shows it

    def stop_with_database(self: Any) -> None:
        is_here = self.services.store.owner.is_here
        stop(self)
        url = databases.pop(self, None)
        if url and is_here:
            drop(url)

    emulator.__init__, emulator.stop = build_with_database, stop_with_database


@cache
def _template() -> str:
    from ccell_fake.store.postgresql.store import PostgresqlStore  # noqa: PLC0415 - it needs the extra

    return postgresql.shared_template(lambda url: PostgresqlStore(url).close())
