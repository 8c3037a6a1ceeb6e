"""Messages about packages that are not installed."""

import re
import tomllib
from pathlib import Path

import pytest

from ccell_fake.extras import install

ROOT = Path(__file__).parents[2]
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
SOURCES = [path for folder in ("ccell_fake", "mock_server", "pytest_plugin") for path in (ROOT / folder).rglob("*.py")]


@pytest.mark.parametrize("extra", ["demo", "postgresql", "tls"])
def test_a_message_says_how_to_install_an_extra_as_the_readme_does(extra: str) -> None:
    assert install(extra).endswith(f"pip install '.[{extra}]'")


def test_each_message_about_an_extra_names_one_that_exists_and_no_other_way_to_install_it() -> None:
    texts = {path: path.read_text("utf-8") for path in SOURCES if path.name != "extras.py"}
    named = {extra for text in texts.values() for extra in re.findall(r"install\('(\w+)'\)", text)}
    assert named
    assert named <= EXTRAS.keys()
    assert [path for path, text in texts.items() if "pip install" in text] == []
