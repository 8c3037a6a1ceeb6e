"""The pages in docs: generated ones agree with the data, and every command in the others runs."""

import importlib.util
import re
import shlex
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from harness import processes

from ccell_mock_server.commands import ready

ROOT = Path(__file__).parents[2]
SERVING = (ROOT / "docs" / "serving.md").read_text("utf-8")
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", SERVING, re.DOTALL) for line in block.splitlines()]
PROGRAMS = {"ccell-fake": processes.COMMAND, "granian": (sys.executable, "-m", "granian")}


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", _generator().PAGES)
def test_a_generated_page_agrees_with_the_data(name: str) -> None:
    assert (ROOT / "docs" / name).read_text("utf-8") == _generator().PAGES[name]()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_serving_command_serves(command: str, tmp_path: Path) -> None:
    program, *arguments = shlex.split(command)
    port = processes.free_port()
    process = subprocess.Popen(
        [*PROGRAMS[program], *arguments, "--port", str(port)],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        scheme = "https" if "--tls" in arguments else "http"
        ready.wait_until_ready(f"{scheme}://127.0.0.1:{port}", 60)
        assert process.poll() is None
    finally:
        process.terminate()
        process.wait(60)


def test_every_page_that_is_linked_exists() -> None:
    for page in (ROOT / "docs").glob("*.md"):
        links = re.findall(r"\]\((?!https?://)([^)#]+)", page.read_text("utf-8"))
        assert [link for link in links if not (page.parent / link).exists()] == []
