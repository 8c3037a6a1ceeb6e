"""All tests here need PostgreSQL."""

import pytest
from harness import postgresql
from harness.tools import need


@pytest.fixture(autouse=True, scope="session")
def _has_postgresql() -> None:  # pyright: ignore[reportUnusedFunction] - pytest uses it
    need(postgresql.is_installed(), "PostgreSQL", "postgresql")
