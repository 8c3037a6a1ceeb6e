"""The page about transcripts: its commands and its Python run, and its tables name every option and every field."""

import re
import shlex
import subprocess
from dataclasses import fields
from pathlib import Path

import click
from harness import processes
from harness.emulators import emulator

from ccell_fake.client import Client
from ccell_fake.transcripts import Ending, Exchange
from ccell_mock_server.commands.record import record

PAGE = (Path(__file__).parents[2] / "docs" / "transcripts.md").read_text("utf-8")
COMMANDS = [
    shlex.split(line)[1:] for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()
]


def test_the_commands_run_as_printed(tmp_path: Path) -> None:
    (tmp_path / "profile.toml").write_text('[Q13]\nanswer = "segments"\n')
    recording, *replays = COMMANDS
    with emulator() as served:
        arguments = [served.url if one == "http://127.0.0.1:8026" else one for one in recording]
        arguments[arguments.index("--port") + 1] = "0"
        with subprocess.Popen(
            [*processes.COMMAND, *arguments], cwd=tmp_path, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout
            with Client(process.stdout.readline().split()[-1], "200001", "123456") as client:
                client.send("13800000000", "您好【签名】")
                client.reports()
            process.terminate()
    for replay in replays:
        done = processes.run(tmp_path, *replay)
        assert (done.returncode, done.stderr) == (0, "")


def test_the_python_runs() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(compile(example, "transcripts.md", "exec"), {})  # noqa: S102 - our own


def test_every_option_field_and_ending_is_named() -> None:
    options = [one.opts[0] for one in record.params if isinstance(one, click.Option) and one.name != "contents"]
    names = [*options, *(field.name for field in fields(Exchange)), *(ending.value for ending in Ending)]
    assert [name for name in names if f"`{name}" not in PAGE] == []
