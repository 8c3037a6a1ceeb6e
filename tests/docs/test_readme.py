"""The README tells the truth: its commands run, and its examples do what they say."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from harness import processes

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
CHINESE = (ROOT / "README.zh-CN.md").read_text("utf-8")
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)


def _blocks(text: str, language: str) -> list[str]:
    return [block for kind, block in BLOCK.findall(text) if kind == language]


def test_both_languages_show_the_same_commands_and_examples() -> None:
    assert BLOCK.findall(README) == BLOCK.findall(CHINESE)
    assert README.count("\n## ") == CHINESE.count("\n## ")


def test_the_two_commands_are_one_line_each_and_make_their_own_environment() -> None:
    serve, test = _blocks(README, "sh")[:2]
    for command in (serve, test):
        assert command.count("\n") == 1
        assert command.startswith("python3 -m venv .venv && .venv/bin/pip install ")
    assert serve.rstrip().endswith(".venv/bin/ccell-fake serve")
    assert test.rstrip().endswith(".venv/bin/pytest -n auto")


def test_every_shell_example_runs_as_printed(tmp_path: Path) -> None:
    examples = [line for block in _blocks(README, "sh")[2:] for line in block.splitlines()]
    assert examples
    with processes.serving(tmp_path) as (_, url):
        live = {"CCELL_BASE_URL": url, "CCELL_USERID": "200001", "CCELL_PASSWORD": "123456"}
        for line in examples:
            if line.startswith("ccell-fake serve"):
                with processes.serving(tmp_path, *shlex.split(line)[2:]) as (_, another):
                    assert another.startswith("http")
                continue
            command = line.replace("http://127.0.0.1:8026", url)
            command = re.sub(r"^ccell-fake", f"{sys.executable} -m ccell_fake", command)
            done = subprocess.run(  # noqa: S602 - as a user types it
                command,
                shell=True,
                capture_output=True,
                text=True,
                cwd=tmp_path,
                env={**os.environ, **live},
                stdin=subprocess.DEVNULL,
                check=False,
            )
            assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
            if "xmlapi" in line:
                assert 'return="0"' in done.stdout


def test_the_configuration_example_is_accepted(tmp_path: Path) -> None:
    (example,) = _blocks(README, "toml")
    (tmp_path / "ccell.toml").write_text(example, "utf-8")
    assert processes.run(tmp_path, "check-config", "ccell.toml").returncode == 0


def test_the_first_python_example_passes(pytester: pytest.Pytester) -> None:
    example, _ = _blocks(README, "python")
    pytester.makepyfile(example)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    assert result.ret == 0
    result.assert_outcomes(passed=example.count("def test_"))


def test_the_machine_finds_in_the_second_what_is_shown(pytester: pytest.Pytester) -> None:
    _, example = _blocks(README, "python")
    (shown,) = _blocks(README, "text")
    # Fewer steps than usual, the same ones each time: this is about the example.
    run = "stateful.run(Sending, ccell_server.url"
    few = "settings(stateful.SETTINGS, stateful_step_count=4, derandomize=True, database=None)"
    assert f"{run})" in example
    example = example.replace(run, f"{run}, settings={few}")
    pytester.makepyfile(f"from hypothesis import settings\n{example}")
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"*{line}*".replace("[", "[[]") for line in shown.splitlines()])


@pytest.mark.parametrize("text", [README, CHINESE])
def test_every_file_that_is_linked_exists(text: str) -> None:
    links = re.findall(r"\]\((?!https?://)([^)#]+)", text)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
