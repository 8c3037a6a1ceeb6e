"""Run the steps of a GitHub composite action as its runner does."""

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from ruamel.yaml import YAML

_EXPRESSION = re.compile(r"\$\{\{ *([\w.-]+) *\}\}")
_SECONDS = 280


def read_yaml(text: str) -> Any:
    """Return the content of a YAML document."""
    yaml = YAML(typ="safe")
    return yaml.load(text)  # pyright: ignore[reportUnknownMemberType]


@dataclass
class Job:
    """State that the steps of a job share.

    Attributes:
        workspace: The current folder of each step.
        temporary: The folder RUNNER_TEMP.
        environment: Environment variables, with those that steps have added.
        values: Values of expressions, such as `steps.ccell.outputs.url`.
        printed: The output of all steps.
    """

    workspace: Path
    temporary: Path
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    values: dict[str, str] = field(default_factory=dict[str, str])
    printed: str = ""

    def use(self, action: Path, given: Mapping[str, str], id_: str, leave_out: tuple[str, ...] = ()) -> None:
        """Run an action with inputs. Its outputs become those of the step `id_`.

        Raises:
            CalledProcessError: A step of it failed.
        """
        described = read_yaml((action / "action.yml").read_text("utf-8"))
        inputs = {name: one.get("default", "") for name, one in described["inputs"].items()}
        unknown = given.keys() - inputs.keys()
        assert not unknown, f"unknown inputs: {unknown}"
        outer, self.values = self.values, {f"inputs.{name}": value for name, value in {**inputs, **given}.items()}
        for step in described["runs"]["steps"]:
            if step["name"] not in leave_out:
                self.run(step, {"GITHUB_ACTION_PATH": str(action)})
        outputs = {name: self.evaluate(one["value"]) for name, one in described["outputs"].items()}
        self.values = {**outer, **{f"steps.{id_}.outputs.{name}": value for name, value in outputs.items()}}

    def run(self, step: Mapping[str, Any], variables: Mapping[str, str] | None = None) -> None:
        """Run a step with `run:` in bash. Raises CalledProcessError."""
        files = {name: self.temporary / name for name in ("GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH")}
        for file in files.values():
            file.write_text("")
        own = {name: self.evaluate(str(value)) for name, value in cast("dict[str, str]", step.get("env", {})).items()}
        script = self.temporary / "step.sh"
        script.write_text(self.evaluate(step["run"]), "utf-8")
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self.workspace,
            env={
                **self.environment,
                "RUNNER_TEMP": str(self.temporary),
                **{name: str(file) for name, file in files.items()},
                **(variables or {}),
                **own,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
        self.printed += done.stdout + done.stderr
        self.environment |= dict(_assignments(files["GITHUB_ENV"]))
        paths = [*reversed(files["GITHUB_PATH"].read_text("utf-8").split("\n")[:-1]), self.environment["PATH"]]
        self.environment["PATH"] = os.pathsep.join(paths)
        if "id" in step:
            outputs = _assignments(files["GITHUB_OUTPUT"])
            self.values |= {f"steps.{step['id']}.outputs.{name}": value for name, value in outputs}
        if done.returncode:
            raise subprocess.CalledProcessError(done.returncode, step["run"], done.stdout, done.stderr)

    def evaluate(self, text: str) -> str:
        """Replace the expressions in a text. An output that no step has set is empty."""

        def value(found: re.Match[str]) -> str:
            name = found[1]
            return self.values.get(name, "") if name.startswith("steps.") else self.values[name]

        return _EXPRESSION.sub(value, text)


def _assignments(file: Path) -> Iterator[tuple[str, str]]:
    for line in file.read_text("utf-8").splitlines():
        name, equals, value = line.partition("=")
        assert equals, line
        yield name, value
