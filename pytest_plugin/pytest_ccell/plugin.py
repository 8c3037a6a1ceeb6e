"""The fixtures. Nothing but pytest is imported until one of them is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccell_mock_server.config import Config
    from ccell_mock_server.emulator import Emulator


@pytest.fixture(scope="session")
def ccell_listen_address() -> tuple[str, int]:
    """Host and port the emulator of this session listens on; override it to choose others. Port 0 picks a free one."""
    return "127.0.0.1", 0


@pytest.fixture(scope="session")
def ccell_config(ccell_listen_address: tuple[str, int]) -> Config:
    """What the emulator of this session is started with; override it to choose accounts and assumptions."""
    from ccell_mock_server.config import parse  # noqa: PLC0415 - nothing is imported until asked for

    host, port = ccell_listen_address
    return parse({"server": {"host": host, "port": port}}, "ccell_config")


@pytest.fixture(scope="session")
def ccell_server(ccell_config: Config) -> Iterator[Emulator]:
    """An emulator that runs for the session; its `url` is where."""
    from ccell_mock_server.emulator import Emulator  # noqa: PLC0415 - nothing is imported until asked for

    with Emulator(ccell_config) as emulator:
        yield emulator
