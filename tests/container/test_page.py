"""The page about containers: what its commands start works, and what they name exists."""

import re
import shlex
from pathlib import Path

import click
import pytest
import yaml
from container import deployed, image
from container.deployed import ROOT
from harness.pages import blocks

from ccell_fake import ControlClient
from ccell_mock_server.cli import main
from ccell_mock_server.commands.options import variable
from ccell_mock_server.commands.serve import serve
from ccell_mock_server.config.settings import KNOWN_SETTINGS, TABLES

IMAGE = "ccell-fake"
LINES = [line for block in blocks(ROOT / "docs" / "container.md") for line in block.text.splitlines()]
RUNS = [line for line in LINES if line.startswith("docker run ")]


@pytest.mark.parametrize("line", RUNS)
def test_what_docker_runs_starts_with_its_variables_and_files(line: str, tmp_path: Path) -> None:
    words = shlex.split(line.replace("$PWD", str(tmp_path)))
    at = words.index(IMAGE)
    options, arguments = words[:at], words[at + 1 :]
    if arguments:
        assert main.get_command(click.Context(main), arguments[0])
        return
    variables = dict(words[index + 1].split("=", 1) for index, word in enumerate(options) if word == "-e")
    mounts = [words[index + 1].split(":")[:2] for index, word in enumerate(options) if word == "-v"]
    (tmp_path / "control-token").write_text("sesame\n")
    (tmp_path / "ccell.toml").write_text('[[accounts]]\nuserid = "300002"\n')
    assert variables.keys() <= deployed.variables_of("serve")
    folders = {str(Path(target).parent if Path(source).is_file() else target): tmp_path for source, target in mounts}
    environment = {"CCELL_FAKE_CONTROL_TOKEN": "sesame"} if "CCELL_FAKE_CONTROL_TOKEN_FILE" not in variables else {}
    # The image starts in this folder.
    settings = {"CCELL_FAKE_CONFIG": str(tmp_path / "ccell.toml")} if "/data/ccell.toml" in line else {}
    with (
        deployed.serving({**deployed.mapped(variables, folders), **environment, **settings}) as url,
        ControlClient(url, "sesame") as control,
    ):
        (account,) = control.accounts()
    expected = re.search(r'"userid": "(\d+)"', line)
    assert account.userid == (expected[1] if expected else "300002" if settings else "200001")


def test_each_build_argument_is_one_of_the_dockerfile() -> None:
    known = {one.value.partition("=")[0] for one in image.instructions() if one.name == "ARG"}
    given = {name for line in LINES for name in re.findall(r"--build-arg (\w+)=", line)}
    text = (ROOT / "docs" / "container.md").read_text("utf-8")
    assert known == {name for name in known if f"`{name}`" in text}
    assert given <= known


def test_each_object_that_kubectl_is_given_is_in_the_manifest() -> None:
    manifest = yaml.safe_load_all((ROOT / "deploy" / "kubernetes.yaml").read_text("utf-8"))
    objects = {f"{one['kind'].lower()}/{one['metadata']['name']}" for one in manifest}
    named = {word for line in LINES if line.startswith("kubectl ") for word in line.split() if "/" in word}
    assert named - {"deploy/kubernetes.yaml"} <= objects
    assert len(named) == 3


def test_the_page_of_the_configuration_names_the_variable_of_each_setting() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    settings = {*KNOWN_SETTINGS["server"], *TABLES}
    variables = [variable(one) for one in serve.params if isinstance(one, click.Option) and one.name in settings]
    assert [name for name in variables if f"| `{name}` |" not in text] == []
