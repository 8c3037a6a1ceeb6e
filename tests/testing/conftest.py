"""Fixtures: an emulator in this process."""

from collections.abc import Iterator

import pytest

from ccell_fake.testing import Ccell
from ccell_mock_server.fake import FakeCcell


@pytest.fixture
def fake() -> Iterator[Ccell]:
    """An account on an emulator."""
    with FakeCcell() as ccell:
        yield ccell
