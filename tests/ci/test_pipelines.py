"""The pipelines on the page about CI obey their schemas, and their shell lines run."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from harness.actions import Job, read_yaml
from harness.emulators import emulator
from harness.pages import ROOT, blocks

PAGE = ROOT / "docs" / "ci.md"
PIPELINES = [block.text for block in blocks(PAGE) if block.language == "yaml"]
SCHEMAS = {".github/workflows/test.yml": "vendor.github-workflows", ".gitlab-ci.yml": "vendor.gitlab-ci"}
COMMANDS = re.findall(r"`ccell-fake exec -- ([^`]+)`", PAGE.read_text("utf-8"))
TOOLS = ("mvn", "npm", "go", "dotnet", "./gradlew", "vendor/bin/phpunit")
SCRIPTS = Path(sys.executable).parent

# Stands in for the tests of a project. It fails unless a gateway accepts a message.
TOOL = """#!/bin/sh
set -e
ccell-fake send 13800000000 "您好【签名】" --json >> sent
echo "$0 $*" >> ran
"""


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Job]:
    """A job in a project whose build tools each send a message."""
    for name in [name for name in os.environ if name.startswith("CCELL_") or name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    project, temporary = tmp_path / "project", tmp_path / "temporary"
    temporary.mkdir()
    for tool in TOOLS:
        path = project / tool if "/" in tool else tmp_path / "bin" / tool
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(TOOL, "utf-8")
        path.chmod(0o755)
    (project / ".venv").mkdir()
    (project / ".venv" / "bin").symlink_to(SCRIPTS)
    one = Job(project, temporary)
    one.environment["PATH"] = f"{tmp_path / 'bin'}{os.pathsep}{SCRIPTS}{os.pathsep}{one.environment['PATH']}"
    yield one
    if "steps.ccell.outputs.pid" in one.values:
        one.run({"run": "kill ${{ steps.ccell.outputs.pid }}"})


def _pipelines(name: str) -> list[Any]:
    return [read_yaml(text) for text in PIPELINES if text.startswith(f"# {name}\n")]


def _ran(job: Job) -> list[str]:
    return [Path(line.split()[0]).name for line in (job.workspace / "ran").read_text("utf-8").splitlines()]


@pytest.mark.parametrize("text", PIPELINES)
def test_a_pipeline_obeys_its_schema(text: str, tmp_path: Path) -> None:
    file = tmp_path / "pipeline.yml"
    file.write_text(text, "utf-8")
    name = text.partition("\n")[0].removeprefix("# ")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", SCHEMAS[name], "--verbose", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_input_and_output_of_the_action_is_on_the_page() -> None:
    action = read_yaml((ROOT / "action.yml").read_text("utf-8"))
    for page in (PAGE, ROOT / "docs" / "zh" / "ci.md"):
        tables = re.findall(r"^\| (?:input|output|输入|输出) \|.*\n(?:\|.*\n)+", page.read_text("utf-8"), re.MULTILINE)
        rows = [re.findall(r"^\| `(.+?)` \|", table, re.MULTILINE) for table in tables]
        assert [set(one) for one in rows] == [set(action["inputs"]), set(action["outputs"])]


@pytest.mark.parametrize("command", COMMANDS)
def test_exec_runs_the_tests_of_a_build_tool(job: Job, command: str) -> None:
    if command == "pytest":
        (job.workspace / "test_one.py").write_text(
            "import os\n\ndef test_one():\n    assert os.environ['CCELL_FAKE_URL']\n"
        )
        job.run({"run": f"ccell-fake exec -- {command} -p no:schemathesis test_one.py"})
    else:
        job.run({"run": f"ccell-fake exec -- {command}"})
        assert _ran(job) == [Path(command.split(maxsplit=1)[0]).name]


def test_the_workflow_with_the_action_runs(job: Job) -> None:
    steps = _pipelines(".github/workflows/test.yml")[0]["jobs"]["test"]["steps"]
    for step in steps:
        if step.get("uses", "").startswith("your-organisation/ccell-fake@"):
            job.use(ROOT, step.get("with", {}), step["id"], leave_out=("Install ccell-fake",))
        elif "run" in step:
            job.run(step)
    assert _ran(job) == ["mvn", "npm"]


def test_the_workflow_with_a_service_runs(job: Job) -> None:
    described = _pipelines(".github/workflows/test.yml")[1]["jobs"]["test"]
    (service,) = described["services"].values()
    variables = described["env"]
    assert variables["CCELL_FAKE_CONTROL_TOKEN"] == service["env"]["CCELL_FAKE_CONTROL_TOKEN"]
    assert service["ports"] == [f"{variables['CCELL_FAKE_URL'].rpartition(':')[2]}:8026"]
    with emulator() as served:
        job.environment |= {**variables, "CCELL_FAKE_URL": served.url}
        for step in described["steps"]:
            if "run" in step:
                job.run(step)
    assert _ran(job) == ["mvn"]


def test_the_gitlab_pipeline_with_a_service_runs(job: Job) -> None:
    described = _pipelines(".gitlab-ci.yml")[0]["test"]
    assert described["variables"]["CCELL_FAKE_URL"] == f"http://{described['services'][0]['alias']}:8026"
    with emulator() as served:
        job.environment |= {**described["variables"], "CCELL_FAKE_URL": served.url}
        for line in described["script"]:
            job.run({"run": line})
    assert _ran(job) == ["mvn"]


def test_the_gitlab_pipeline_without_containers_runs(job: Job) -> None:
    described = _pipelines(".gitlab-ci.yml")[1]["test"]
    for line in described["script"]:
        job.run({"run": line})
    assert _ran(job) == ["mvn"]
    assert [path for path in described["artifacts"]["paths"] if not (job.workspace / path).exists()] == []
