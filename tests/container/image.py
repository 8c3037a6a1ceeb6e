"""Carry out a Dockerfile without a container engine: in a folder that stands for the root of each stage."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dockerfile_parse import DockerfileParser

ROOT = Path(__file__).parents[2]
_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Instruction:
    """An instruction, such as `COPY`, and what follows it in one line."""

    name: str
    value: str

    def words(self) -> list[str]:
        """The words of the value, without flags such as `--from`."""
        return [word for word in self.value.split() if not word.startswith("--")]

    def flag(self, name: str) -> str | None:
        """The value of a flag."""
        return next((word.partition("=")[2] for word in self.value.split() if word.startswith(f"--{name}=")), None)

    def argv(self) -> list[str]:
        """The command of the exec form. Raises ValueError if it is in the shell form."""
        command: list[str] = json.loads(self.value[self.value.index("[") :])
        return command


@dataclass(slots=True)
class Image:
    """The last stage.

    Attributes:
        root: The folder that stands for `/`.
        environment: The variables of `ENV`.
        instructions: The last instruction of each name.
    """

    root: Path
    environment: dict[str, str] = field(default_factory=dict[str, str])
    instructions: dict[str, Instruction] = field(default_factory=dict[str, Instruction])

    @property
    def folder(self) -> Path:
        """The working directory."""
        return inside(self.root, self.instructions["WORKDIR"].value)

    @property
    def uid(self) -> int:
        """The user."""
        return int(self.instructions["USER"].value.partition(":")[0])

    def argv(self, name: str) -> list[str]:
        """The command of an instruction, with the path of its program."""
        command = self.instructions[name].argv()
        program = shutil.which(command[0], path=self.environment["PATH"])
        assert program, f"{command[0]} is not on the PATH of the image"
        return [program, *command[1:]]


def inside(root: Path, path: str) -> Path:
    """The place of an absolute path of a stage."""
    return root / path.lstrip("/")


def instructions() -> list[Instruction]:
    """The instructions of the Dockerfile."""
    structure = DockerfileParser(path=str(ROOT / "Dockerfile")).structure
    return [Instruction(one["instruction"], one["value"]) for one in structure if one["instruction"] != "COMMENT"]


def ignored() -> Iterator[str]:
    """The patterns of `.dockerignore`."""
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if line and not line.startswith("#"):
            yield line


def build(root: Path, python: Path, **arguments: str) -> Image:
    """Carry out all stages.

    Args:
        root: A folder that does not exist. Each stage uses it as its root, so that paths in files stay valid.
        python: Program that stands for `python` of the base image.
        arguments: Build arguments.
    """
    context = _context(root.with_name("context"))
    image = Image(root)
    built = root.with_name("built")
    given: dict[str, str] = {}
    for one in instructions():
        match one.name:
            case "FROM":
                if root.exists():
                    root.rename(built)
                root.mkdir()
                path = f"{python.parent}:{os.environ['PATH']}"
                image = Image(root, {"PATH": path})
            case "ARG":
                name, _, default = one.value.partition("=")
                given[name] = arguments.get(name, default)
            case "COPY":
                _copy(one, built if one.flag("from") else context, image)
            case "RUN":
                _run(one, image, given)
            case "ENV":
                pairs = (pair.partition("=") for pair in one.value.split())
                image.environment |= {name: _expand(value, image) for name, _, value in pairs}
            case "WORKDIR":
                inside(root, one.value).mkdir(parents=True, exist_ok=True)
            case _:
                pass
        image.instructions[one.name] = one
    return image


def _context(folder: Path) -> Path:
    """The files of the checkout that `.dockerignore` lets through."""
    names = [pattern.removeprefix("!") for pattern in ignored() if pattern.startswith("!")]
    listed = subprocess.run(["git", "ls-files", *names], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in listed.stdout.splitlines():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    return folder


def _copy(one: Instruction, source: Path, image: Image) -> None:
    *names, target = one.words()
    place = inside(image.root, target) if target.startswith("/") else image.folder / target
    for name in names:
        found = inside(source, name)
        if found.is_dir():
            shutil.copytree(found, place, symlinks=True, dirs_exist_ok=True)
        else:
            place.mkdir(parents=True, exist_ok=True)
            shutil.copy(found, place)
    if (owner := one.flag("chown")) and os.geteuid() == 0:
        user, _, group = owner.partition(":")
        os.chown(place, int(user), int(group))


def _run(one: Instruction, image: Image, given: dict[str, str]) -> None:
    script = one.value
    for path in ("/opt/", "/data"):
        script = script.replace(f" {path}", f" {inside(image.root, path)}{'/' * path.endswith('/')}")
    environment = {**os.environ, **given, "PATH": image.environment["PATH"], "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    done = subprocess.run(
        ["sh", "-euc", script],
        cwd=image.folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
    )
    assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"


def _expand(value: str, image: Image) -> str:
    paths = value.replace("$PATH", image.environment["PATH"]).split(":")
    return ":".join(str(inside(image.root, path)) if path.startswith("/opt/") else path for path in paths)
