"""The distribution: exactly what it holds, and what it brings along."""

import re
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "ccell_fake/ccell_fake",
    "fixtures/ccell_fixtures",
    "mock_server/ccell_mock_server",
    "pytest_plugin/pytest_ccell",
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """A wheel built from this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, timeout=240)
    (path,) = folder.glob("*.whl")
    return zipfile.ZipFile(path)


def _sources() -> set[str]:
    listed = subprocess.run(["git", "ls-files", *PACKAGES], cwd=ROOT, capture_output=True, text=True, check=True)
    return {line.partition("/")[2] for line in listed.stdout.splitlines()}


def test_the_wheel_holds_the_four_packages_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    names = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert names == _sources()
    packages = {name.partition("/")[0] for name in names}
    assert packages == {"ccell_fake", "ccell_fixtures", "ccell_mock_server", "pytest_ccell"}
    assert {f"{package}/py.typed" for package in packages} <= names


def test_the_console_is_small(wheel: zipfile.ZipFile) -> None:
    files = [one for one in wheel.infolist() if "/console/static/" in one.filename]
    assert files
    assert sum(one.file_size for one in files) < 200_000


def test_the_wheel_names_its_commands_and_its_plugin(wheel: zipfile.ZipFile) -> None:
    (name,) = (name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    entries = wheel.read(name).decode()
    assert "ccell-fake = ccell_mock_server.cli:main" in entries
    assert "ccell = pytest_ccell.plugin" in entries


def test_a_plain_install_serves_and_brings_no_test_tools(wheel: zipfile.ZipFile) -> None:
    (name,) = (name for name in wheel.namelist() if name.endswith("METADATA"))
    metadata = Parser().parsestr(wheel.read(name).decode())
    needed = {
        re.split("[<>]", line)[0].lower() for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in line
    }
    assert {"flask", "cheroot", "httpx2"} <= needed
    assert not needed & {"pytest", "hypothesis", "faker", "granian"}
    assert metadata["Requires-Python"] == ">=3.11"
