"""The pages of the Python API list what the public packages export."""

import re
from importlib import import_module
from pathlib import Path

import pytest
from api_reference import PACKAGES

FOLDER = Path(__file__).parents[2] / "docs" / "api"


@pytest.mark.parametrize("package", PACKAGES)
def test_its_page_lists_exactly_the_exported_names(package: str) -> None:
    exported = {name for name in import_module(package).__all__ if not name.startswith("__")}
    page = (FOLDER / f"{package}.md").read_text("utf-8")
    listed = re.findall(r"^(?:## (\w+)|- `(\w+)`: see \[.*)$", page, re.MULTILINE)
    assert {heading or link for heading, link in listed} == exported
    assert len(listed) == len(exported)


@pytest.mark.parametrize("package", PACKAGES)
def test_every_exported_name_can_be_imported(package: str) -> None:
    module = import_module(package)
    assert [name for name in module.__all__ if not hasattr(module, name)] == []
