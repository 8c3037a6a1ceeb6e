"""Run the code blocks of a page in order, as a reader would type them."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from types import TracebackType
from typing import Self
from xml.etree import ElementTree as ET

from ccell_mock_server.commands import ready
from harness import processes
from harness.emulators import until

ROOT = Path(__file__).parents[2]
_DOCS = ROOT / "docs"
CHINESE = [ROOT / "README.zh-CN.md", *sorted((_DOCS / "zh").rglob("*.md"))]
ENGLISH = [ROOT / "README.md", *sorted([*_DOCS.glob("*.md"), *_DOCS.glob("codes/*.md")])]

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_VARIABLE = re.compile(r"\d{18,19}|\d{4}-\d\d-\d\d[T ][\d:.]+|^\d\d:\d\d:\d\d", re.MULTILINE)
_TEST = re.compile(r"^ *def (test_\w+)", re.MULTILINE)
_INI = "[pytest]\nasyncio_default_fixture_loop_scope = function\nfilterwarnings = error\n"
_KEPT = ("export ", ". ")
_SET_UP = "python3 -m venv "
_SECONDS = 280
_ON_TERMINAL = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"
_CHECKS = '-k "1004001 or Q13 or Q30"'
"""Checks that the contract suite runs on a page. Other tests run all of them."""
_PLUGINS = "-p no:schemathesis -p no:faker -p no:pytest_httpserver"
"""Plugins of this project's tests that readers do not have, and that are slow to import."""


@dataclass(frozen=True, slots=True)
class Block:
    """A code block.

    Attributes:
        language: The word after the opening fence.
        text: The lines between the fences.
    """

    language: str
    text: str


def english(page: Path) -> Path:
    """The English page that a page translates, or the page itself."""
    if page.parent == ROOT:
        return ROOT / "README.md"
    return _DOCS / page.relative_to(_DOCS / "zh" if page.is_relative_to(_DOCS / "zh") else _DOCS)


def blocks(page: Path) -> list[Block]:
    """The code blocks of a page, in order."""
    return [Block(*found) for found in _BLOCK.findall(page.read_text("utf-8"))]


class Reader:
    """Runs the blocks of a page in a folder.

    A line of `sh` must exit with 0, and curl exits with 22 for an HTTP error. Lines that set up an environment are left
    out. A server and `ccell-fake tail` run until the page ends. A line with COLUMNS runs on a terminal. A wait must be
    met. The gateway must answer 0, unless the output is shown. The Python of a page is one file, run by pytest if it
    defines tests. A `toml` block is a file, named by a comment in its first line or `ccell.toml`. The lines of a `text`
    block must have been printed, in this order. Msgids and times may differ. `yaml` blocks are pipelines, which
    tests/ci runs.
    """

    def __init__(self, folder: Path, addresses: Mapping[str, str], outcomes: Mapping[str, str]) -> None:
        """Prepare a folder.

        Args:
            folder: An empty folder.
            addresses: Addresses of the page, and those to use instead.
            outcomes: Tests that are expected not to pass, and their outcomes: `failure` or `skipped`.
        """
        self._addresses = dict(addresses)
        self._outcomes = outcomes
        self._folder = folder
        self._kept: list[str] = []
        self._printed = {"sh": "", "python": ""}
        self._servers: list[subprocess.Popen[str]] = []
        self._stack = ExitStack()
        installed = Path(sys.executable).parent
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("CCELL_", "PYTEST_"))},
            "PATH": f"{folder / 'bin'}:{installed}:{os.environ['PATH']}",
            "NO_COLOR": "1",
        }
        _write(folder / "pytest.ini", _INI)
        _write(folder / ".venv" / "bin" / "activate", f"export PATH={folder / 'bin'}:{installed}:$PATH\n")
        curl = f'exec {shutil.which("curl")} --fail-with-body "$@"'
        _write(folder / "bin" / "curl", f"#!/bin/sh\n{curl}\n").chmod(0o755)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the servers by Ctrl-C."""
        for server in self._servers:
            server.send_signal(signal.SIGINT)
        codes = [(server.args, server.wait(60)) for server in self._servers]
        self._stack.close()
        assert [one for one in codes if one[1]] == [] or error

    def read(self, page: Path) -> None:
        """Run every block of a page."""
        found = blocks(page)
        python = "\n".join(block.text for block in found if block.language == "python")
        last = "sh"
        for block, following in zip_longest(found, found[1:]):
            match block.language:
                case "sh":
                    lines = (line for line in block.text.splitlines() if not line.startswith(_SET_UP))
                    shown = following.text if following is not None and following.language == "text" else ""
                    self._printed["sh"] = "".join(self._type(line, shown) for line in lines)
                case "python" if python:
                    self._printed["python"], python = self._run_python(self._substitute(python)), ""
                case "toml":
                    self._write_toml(block.text)
                case "text":
                    _compare(block.text, self._printed[last])
                case "python" | "yaml":
                    pass
                case other:
                    message = f"a page has no block of {other}"
                    raise AssertionError(message)
            last = block.language

    def _substitute(self, text: str) -> str:
        for address, used in self._addresses.items():
            text = text.replace(address, used)
        return text

    def _type(self, line: str, shown: str) -> str:
        line = self._substitute(line)
        words = shlex.split(line)
        if words[:2] == ["ccell-fake", "tail"]:
            return self._follow(line, len(shown.splitlines()))
        if words[:2] in (["ccell-fake", "serve"], ["ccell-fake", "record"]) or words[0] == "granian":
            return self._serve(line, words)
        if line.startswith(_KEPT):
            self._kept.append(line)
        command = ["bash", "-euo", "pipefail", "-c", "\n".join([*self._kept, line])]
        if line.startswith("COLUMNS="):
            command = [sys.executable, "-c", _ON_TERMINAL, *command]
        printed = self._run(command, line)
        if words[0] == "cat":
            # A server may still be writing the file.
            until(lambda: len(self._run(command, line).splitlines()) >= len(shown.splitlines()))
            printed = self._run(command, line)
        assert shown or "/xmlapi/" not in line or 'return="0"' in printed, f"{line}\n{printed}"
        assert "/wait " not in line or '"is_met":true' in printed, f"{line}\n{printed}"
        return printed

    def _run(self, command: list[str], shown: str) -> str:
        done = self._start(command, {**self._environment, "PYTEST_ADDOPTS": f"{_PLUGINS} {_CHECKS}"})
        assert done.returncode == 0, f"{shown}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def _start(self, command: list[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self._folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )

    def _follow(self, line: str, count: int) -> str:
        """Run a command that does not end by itself, and return its first lines. It runs until the page ends."""
        following = self._stack.enter_context(
            subprocess.Popen(
                ["bash", "-euo", "pipefail", "-c", "\n".join([*self._kept, f"exec {line}"])],
                cwd=self._folder,
                env=self._environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        )
        self._servers.append(following)
        assert following.stdout
        return "".join(following.stdout.readline() for _ in range(count))

    def _serve(self, line: str, words: list[str]) -> str:
        is_ours = words[0] == "ccell-fake"
        log = os.devnull
        if words[-2] == "2>":
            log, words = words[-1], words[:-2]
        errors = self._stack.enter_context((self._folder / log).open("w"))
        port = 0 if is_ours else processes.free_port()
        server = self._stack.enter_context(
            subprocess.Popen(
                [*words, "--port", str(port)],
                cwd=self._folder,
                env=self._environment,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        )
        self._servers.append(server)
        assert server.stdout
        printed = server.stdout.readline() if is_ours else f"http://127.0.0.1:{port}"
        assert printed, line
        address = printed.split()[-1]
        if words[1] != "record":
            ready.wait_until_ready(address, 60)
        if "--port" in words:
            given = words[words.index("--port") + 1]
            self._addresses[f"http://127.0.0.1:{given}"] = address
            # Other names lead to the same port.
            self._addresses[f":{given}"] = f":{address.rpartition(':')[2]}"
        return printed

    def _run_python(self, text: str) -> str:
        tests = _TEST.findall(text)
        name = "test_page.py" if tests else "page.py"
        _write(self._folder / name, text)
        if not tests:
            return self._run([sys.executable, "-W", "error", name], name)
        report = self._folder / "junit.xml"
        options = ["-p", "no:cacheprovider", "-s", f"--junitxml={report}"]
        command = [sys.executable, "-m", "pytest", *options, name]
        done = self._start(command, {**self._environment, "PYTEST_ADDOPTS": _PLUGINS})
        cases = ET.parse(report).iter("testcase")  # noqa: S314 - pytest's own
        outcomes = {case.get("name", ""): [one.tag for one in case] for case in cases}
        expected = {test: [self._outcomes[test]] if test in self._outcomes else [] for test in tests}
        assert outcomes == expected, done.stdout + done.stderr
        return done.stdout

    def _write_toml(self, text: str) -> None:
        named = re.match(r"# (\S+\.toml)\n", text)
        name = named[1] if named else "ccell.toml"
        _write(self._folder / name, text)
        if not named:
            self._run(["ccell-fake", "check-config", name], name)


def _compare(text: str, printed: str) -> None:
    rest = _VARIABLE.sub("N", printed)
    for line in filter(None, _VARIABLE.sub("N", text).splitlines()):
        _, found, rest = rest.partition(line)
        assert found, f"{line!r} was not printed in:\n{printed}"


def _write(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    return file
