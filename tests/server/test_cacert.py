"""Every command that connects to a server takes `--cacert` and CCELL_FAKE_CACERT, and trusts nothing else with it."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from harness import http, processes
from harness.emulators import emulator

from ccell_fake.model import Operation
from ccell_fake.transcripts import read
from ccell_mock_server.cli import main
from ccell_mock_server.emulator import Emulator
from ccell_mock_server.http.authority import kept_authority

_ACCOUNT = ["--userid", "200001", "--password", "123456"]
_ARGUMENTS = {
    "calibrate": ["--to", "profile.toml"],
    "demo": ["--messages", "5"],
    "info": _ACCOUNT,
    "ready": ["--timeout", "2"],
    "replay": ["transcript"],
    "reply": ["13800000000", "TD"],
    "report": _ACCOUNT,
    "reset": ["--yes"],
    "send": [*_ACCOUNT, "13800000000", "您好【签名】"],
    "upmsg": _ACCOUNT,
}
"""Further arguments of a command."""

_CHECK = {"contract": ["--", "-k", "test_0"], "calibrate": ["--", "-k", "Q13"]}
"""The part of the contract suite that runs. Other tests run all of it."""


def _connecting() -> list[str]:
    """Names of the commands that connect to a server and end. `ca` fetches what others trust."""
    context = click.Context(main)
    commands = {name: main.get_command(context, name) for name in main.list_commands(context)}
    options = {
        name: {one for param in command.params for one in param.opts} for name, command in commands.items() if command
    }
    return [name for name, known in options.items() if name not in {"ca", "tail"} and "--url" in known]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    folder = tmp_path_factory.mktemp("tls")
    with emulator(server={"tls_names": ["sms.ccell.cn"], "tls_dir": str(folder)}) as running:
        yield running


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a transcript for `replay`, an authority that signed nothing, and a file without certificates."""
    folder = tmp_path_factory.mktemp("work")
    with emulator() as plain:
        assert _record(folder, plain.url) == 200
    kept_authority(folder)
    (folder / "none.pem").write_text("none")
    return folder


def _run(folder: Path, name: str, url: str, *trust: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [*processes.COMMAND, name, "--url", url, *trust, *_ARGUMENTS.get(name, []), *_CHECK.get(name, [])]
    environment = {one: value for one, value in os.environ.items() if not one.startswith("CCELL_")} | variables
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=240
    )


def _authority(served: Emulator) -> str:
    assert served.certificate
    return str(served.certificate.authority)


def _record(folder: Path, upstream: str, *trust: str, **variables: str) -> int:
    """Record one request of a client, and return the status of its answer."""
    command = [*processes.COMMAND, "record", "--upstream", upstream, "--to", "transcript", "--port", "0", *trust]
    with subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout
        url = process.stdout.readline().split()[-1]
        status = http.post(url, Operation.INFO.path, b'<root userid="200001" password="123456"/>').status
        process.terminate()
        assert process.wait(60) == 0
    return status


@pytest.mark.parametrize("way", ["option", "variable"])
@pytest.mark.parametrize("name", _connecting())
def test_a_command_trusts_the_authority_of_cacert(folder: Path, served: Emulator, name: str, way: str) -> None:
    authority = _authority(served)
    trust = ["--cacert", authority] if way == "option" else []
    variables = {"CCELL_FAKE_CACERT": authority} if way == "variable" else {}
    done = _run(folder, name, served.url, *trust, **variables)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", _connecting())
def test_a_command_refuses_a_server_that_another_authority_signed(folder: Path, served: Emulator, name: str) -> None:
    done = _run(folder, name, served.url, "--cacert", "authority/ca.pem")
    assert done.returncode != 0
    assert "certificate verify failed" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize("name", _connecting())
def test_a_file_without_certificates_is_wrong_usage(folder: Path, served: Emulator, name: str) -> None:
    done = _run(folder, name, served.url, "--cacert", "none.pem")
    assert done.returncode == 2, done.stdout + done.stderr
    assert "none.pem" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize("way", ["option", "variable"])
def test_tail_trusts_the_authority_of_cacert(tmp_path: Path, served: Emulator, way: str) -> None:
    authority = _authority(served)
    trust = ["--cacert", authority] if way == "option" else []
    variables = {"CCELL_FAKE_CACERT": authority} if way == "variable" else {}
    command = [*processes.COMMAND, "tail", "--url", served.url, *trust]
    environment = {one: value for one, value in os.environ.items() if not one.startswith("CCELL_")} | variables
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        assert process.stderr.readline() == "listening, until Ctrl-C\n"
        process.terminate()
        assert process.wait(60) == 0


def test_tail_refuses_a_server_that_another_authority_signed(folder: Path, served: Emulator) -> None:
    done = _run(folder, "tail", served.url, "--cacert", "authority/ca.pem")
    assert (done.returncode, "certificate verify failed" in done.stderr) == (1, True)


@pytest.mark.parametrize("way", ["option", "variable"])
def test_record_trusts_the_authority_of_cacert(tmp_path: Path, served: Emulator, way: str) -> None:
    authority = _authority(served)
    trust = ["--cacert", authority] if way == "option" else []
    variables = {"CCELL_FAKE_CACERT": authority} if way == "variable" else {}
    assert _record(tmp_path, served.url, *trust, **variables) == 200
    assert [one.operation for run in read(tmp_path / "transcript").runs for one in run.exchanges] == [Operation.INFO]


def test_record_refuses_a_server_that_another_authority_signed(tmp_path: Path, served: Emulator) -> None:
    assert _record(tmp_path, served.url, "--cacert", str(kept_authority(tmp_path / "other").path)) == 502
