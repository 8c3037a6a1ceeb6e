"""Fixtures: the documentation site, built strictly, and its address."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from console.conftest import browser, open_page
from harness.pages import ROOT
from harness.site import Site, served

__all__ = ["browser", "open_page"]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The site in both languages. A missing page, link, anchor or place in the navigation fails the build."""
    folder = tmp_path_factory.mktemp("site")
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "mkdocs",
        "build",
        "--quiet",
        "--strict",
        "--site-dir",
        str(folder),
    ]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    return Site(folder)


@pytest.fixture(scope="module")
def address(site: Site) -> Iterator[str]:
    """The address of the site."""
    with served(site.folder) as address:
        yield address
