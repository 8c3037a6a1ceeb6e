"""Tools that a test needs, and that a machine may lack."""

import pytest


def need(present: object, tool: str, package: str) -> None:
    """Skip the test if the tool is missing. In CI, where everything is installed, a skip is a failure."""
    if not present:
        pytest.skip(f"{tool} is not installed; Debian's package is {package}")
