"""The page about the client: its Python runs from top to bottom, its commands run, and it names every exit code."""

import re
import subprocess
import sys
from pathlib import Path

from harness import processes
from harness.emulators import emulator

from ccell_mock_server.commands import client

PAGE = (Path(__file__).parents[2] / "docs" / "client.md").read_text("utf-8")
URL = "http://127.0.0.1:8026"


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_python_examples_run_from_top_to_bottom(tmp_path: Path) -> None:
    examples = _blocks("python")
    assert examples
    with emulator() as served:
        (tmp_path / "page.py").write_text("\n".join(examples).replace(URL, served.url), "utf-8")
        command = [sys.executable, "-W", "error", "page.py"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    assert "13800000000 True 20" in done.stdout


def test_the_commands_run_as_printed(tmp_path: Path) -> None:
    (commands,) = _blocks("sh")
    with emulator() as served:
        script = commands.replace(URL, served.url).replace("ccell-fake", " ".join(processes.COMMAND))
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("accepted") == 1002
    assert "riches" in done.stdout


def test_every_exit_code_is_named() -> None:
    codes = {
        0,
        2,
        client.REFUSED,
        client.NOT_SENT,
        client.UNKNOWN,
        client.INTERRUPTED,
    }
    table = PAGE.partition("| exit code |")[2]
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)} == codes
