"""The recipes for Testcontainers. Python's and Node.js's run on an engine that starts the emulator as a process.

Without Testcontainers for Java and Go, which are in registries of their own, those recipes are only parsed.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from harness.tools import need
from samples.engine import IMAGE, Engine, engine
from samples.suites import EXAMPLES

RECIPES = EXAMPLES / "testcontainers"
_TSC = (
    *("--noEmit", "--allowJs", "--checkJs", "--strict", "--skipLibCheck"),
    *("--module", "nodenext", "--target", "es2022"),
)


@pytest.fixture
def docker() -> Iterator[Engine]:
    """A container engine."""
    with engine() as running:
        yield running


@pytest.fixture
def node(tmp_path: Path) -> Path:
    """A folder with the packages of npm that NODE_MODULES names, as `.ci/run` installs them."""
    need(shutil.which("node"), "node", "nodejs")
    modules = os.environ.get("NODE_MODULES")
    if not modules:
        pytest.skip("NODE_MODULES names no folder with npm's testcontainers@11, typescript@5 and @types/node@20")
    (tmp_path / "node_modules").symlink_to(modules)
    return tmp_path


def _run(docker: Engine, folder: Path, *command: str) -> str:
    ours = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    testcontainers = {
        "TESTCONTAINERS_CONNECTION_MODE": "docker_host",
        "TESTCONTAINERS_HOST_OVERRIDE": "127.0.0.1",
        "TESTCONTAINERS_RYUK_DISABLED": "true",
    }
    environment = {**ours, **testcontainers, "DOCKER_HOST": docker.url, "DOCKER_CONFIG": str(folder)}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, check=False, encoding="utf-8", timeout=240
    )
    assert done.returncode == 0, (done.stdout + done.stderr, docker.unknown)
    return done.stdout


def _check_container(docker: Engine) -> None:
    (container,) = docker.containers
    assert container["Image"] == IMAGE
    assert container["Env"] == ["CCELL_FAKE_CONTROL_TOKEN=token-of-the-tests"]
    assert [*container["ExposedPorts"]] == ["8026/tcp"]
    assert docker.unknown == []
    assert not docker.is_running


def test_the_recipe_for_python_starts_the_emulator_and_stops_it(docker: Engine, tmp_path: Path) -> None:
    copy = shutil.copytree(RECIPES / "python", tmp_path / "python", ignore=shutil.ignore_patterns("__pycache__"))
    assert "1 passed" in _run(docker, copy, sys.executable, "-m", "pytest")
    _check_container(docker)


def test_the_recipe_for_node_starts_the_emulator_and_stops_it(docker: Engine, node: Path) -> None:
    copy = shutil.copytree(RECIPES / "node", node / "node", ignore=shutil.ignore_patterns("node_modules"))
    assert "# pass 1\n" in _run(docker, copy, "node", "--test", "--test-reporter=tap", "ccell.test.js")
    _check_container(docker)


@pytest.mark.parametrize("source", ["testcontainers/node/ccell.test.js", "node/ccell.js"])
def test_the_types_of_the_node_samples_are_right(node: Path, source: str) -> None:
    shutil.copy(EXAMPLES / source, node)
    (node / "package.json").write_text('{"type": "module"}', "utf-8")
    tsc = node / "node_modules" / ".bin" / "tsc"
    done = subprocess.run(
        [tsc, *_TSC, Path(source).name], cwd=node, capture_output=True, check=False, text=True, timeout=240
    )
    assert done.returncode == 0, done.stdout


def test_the_recipe_for_java_is_java(tmp_path: Path) -> None:
    need(shutil.which("javac"), "javac", "default-jdk-headless")
    sources = [*(RECIPES / "java").rglob("*.java")]
    parse = ("javac", "-encoding", "UTF-8", "-proc:none", "-XDshould-stop.ifNoError=PARSE", "-d", tmp_path)
    done = subprocess.run([*parse, *sources], capture_output=True, check=False, text=True, timeout=240)
    assert (done.returncode, done.stderr, len(sources)) == (0, "", 1)


@pytest.mark.parametrize("project", ["java/pom.xml", "testcontainers/java/pom.xml", "csharp/Ccell.csproj"])
def test_a_project_file_is_well_formed(project: str) -> None:
    assert ET.parse(EXAMPLES / project).getroot().tag.rpartition("}")[2].lower() == "project"  # noqa: S314 - our own file


@pytest.mark.parametrize("folder", ["go", "testcontainers/go"])
def test_the_go_samples_are_formatted(folder: str) -> None:
    need(shutil.which("gofmt"), "gofmt", "golang-go")
    done = subprocess.run(["gofmt", "-l", EXAMPLES / folder], capture_output=True, check=False, text=True, timeout=240)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
