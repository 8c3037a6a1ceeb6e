"""The page about lifelike traffic: its commands run, and its configuration is accepted."""

import re
import subprocess
from pathlib import Path

from harness import processes
from harness.emulators import emulator

PAGE = (Path(__file__).parents[2] / "docs" / "demo.md").read_text("utf-8")
URL = "http://127.0.0.1:8026"


def _block(language: str) -> str:
    (block,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(block)


def test_the_commands_run_as_printed() -> None:
    with emulator() as served:
        script = _block("sh").replace(URL, served.url).replace("ccell-fake", " ".join(processes.COMMAND))
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script], capture_output=True, text=True, check=False, timeout=120
        )
    assert (done.returncode, done.stderr) == (0, "")
    assert "account shop, password minted-" in done.stdout


def test_the_configuration_is_accepted(tmp_path: Path) -> None:
    (tmp_path / "ccell.toml").write_text(_block("toml"), "utf-8")
    assert processes.run(tmp_path, "check-config", "ccell.toml").returncode == 0
