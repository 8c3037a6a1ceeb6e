"""The emulator on which the samples run."""

from collections.abc import Iterator

import pytest
from harness.emulators import emulator


@pytest.fixture(scope="session")
def url() -> Iterator[str]:
    """Address of an emulator. Each test of a sample opens an account of its own."""
    with emulator() as running:
        yield running.url
