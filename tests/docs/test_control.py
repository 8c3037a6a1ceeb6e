"""The page on the control API: each of its commands and examples runs, in order, against one emulator."""

import re
import subprocess
from pathlib import Path

from harness import processes

PAGE = (Path(__file__).parents[2] / "docs" / "control.md").read_text("utf-8")
ADDRESS = "http://127.0.0.1:8026"


def test_the_commands_and_the_example_run_as_printed(tmp_path: Path) -> None:
    blocks = re.findall(r"```(sh|python)\n(.*?)```", PAGE, re.DOTALL)
    assert {language for language, _ in blocks} == {"sh", "python"}
    with processes.serving(tmp_path) as (_, url):
        for language, block in blocks:
            if language == "python":
                exec(compile(block.replace(ADDRESS, url), "docs/control.md", "exec"), {})  # noqa: S102 - the page's own
                continue
            for line in block.splitlines():
                command = line.replace(ADDRESS, url)
                done = subprocess.run(command, shell=True, capture_output=True, text=True, cwd=tmp_path, check=False)  # noqa: S602
                assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
                if '"timeout"' in line:
                    assert '"is_met":true' in done.stdout
                if "advance" in line:
                    assert '"kind":"report"' in done.stdout
