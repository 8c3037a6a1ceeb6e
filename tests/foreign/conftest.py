"""Fixtures: the programs, and gateways with an account."""

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from foreign.programs import Programs
from harness.emulators import emulator

from ccell_fake.testing import Ccell
from ccell_mock_server import fake

Opened = Callable[..., AbstractContextManager[Ccell]]


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Programs:
    """The programs in `clients`. Workers of pytest-xdist share the cache of Go's compiler."""
    folder = tmp_path_factory.getbasetemp()
    shared = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
    return Programs(tmp_path_factory.mktemp("programs"), shared / "go-cache")


@contextmanager
def _opened(**assumptions: str) -> Generator[Ccell]:
    with emulator(assumptions=assumptions) as running, fake.server(running) as server, server.open() as ccell:
        yield ccell


@pytest.fixture
def opened() -> Opened:
    """Runs a gateway with these answers to open questions, and opens an account."""
    return _opened


@pytest.fixture
def ccell() -> Iterator[Ccell]:
    """An account of a gateway with default answers."""
    with _opened() as ccell:
        yield ccell
