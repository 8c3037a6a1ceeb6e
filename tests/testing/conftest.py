"""A gateway in this process for each test."""

from collections.abc import Iterator

import pytest

from ccell_fake.testing import Ccell
from ccell_mock_server.fake import FakeCcell


@pytest.fixture
def fake() -> Iterator[Ccell]:
    """An account of it."""
    with FakeCcell() as ccell:
        yield ccell
