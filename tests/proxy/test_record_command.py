"""`ccell-fake record` writes exchanges, survives a kill, and refuses invalid options."""

import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner
from harness import http, processes
from harness.emulators import emulator

from ccell_fake.model import Operation
from ccell_fake.transcripts import read
from ccell_mock_server.cli import main

INFO = b'<root userid="200001" password="123456"/>'


@contextmanager
def _recording(path: Path, *options: str) -> Generator[tuple[subprocess.Popen[str], str]]:
    command = [*processes.COMMAND, "record", "--to", str(path), "--port", "0", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout
    try:
        yield process, process.stdout.readline().split()[-1]
    finally:
        process.kill()
        process.communicate()


def test_a_killed_recorder_keeps_its_exchanges_and_another_one_appends_until_it_is_stopped(tmp_path: Path) -> None:
    path = tmp_path / "t"
    with emulator() as served:
        with _recording(path, "--upstream", served.url) as (process, url):
            for _ in range(5):
                assert http.post(url, Operation.INFO.path, INFO).status == 200
            process.kill()
            process.wait(60)
        with _recording(path, "--upstream", served.url) as (process, url):
            http.post(url, Operation.INFO.path, INFO)
            process.terminate()
            assert process.wait(60) == 0
    transcript = read(path)
    operations = [[one.operation for one in run.exchanges] for run in transcript.runs]
    assert operations == [[Operation.INFO] * 5, [Operation.INFO]]
    assert transcript.incomplete == ()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--upstream", "http://sms.example.com"], "--allow-host sms.example.com"),
        (["--upstream", "http://127.0.0.1:1", "--host", "0.0.0.0"], "loopback"),  # noqa: S104 - it is refused
        (["--upstream", "x"], "must be an address"),
        ([], "--upstream"),
    ],
)
def test_invalid_options_are_refused_before_anything_is_written(
    tmp_path: Path, options: list[str], message: str
) -> None:
    result = CliRunner().invoke(main, ["record", "--to", str(tmp_path / "t"), *options])
    assert result.exit_code == 2
    assert message in result.stderr
    assert not (tmp_path / "t").exists()


@pytest.mark.parametrize("text", ["hello\n", "{}\n", '{"ccell_transcript": 2, "run": "a"}\n'])
def test_a_file_that_is_no_transcript_is_refused_and_unchanged(tmp_path: Path, text: str) -> None:
    path = tmp_path / "notes"
    path.write_text(text)
    result = CliRunner().invoke(main, ["record", "--to", str(path), "--upstream", "http://127.0.0.1:1"])
    assert result.exit_code == 2
    assert f"--to must name a transcript or a new file: {path}: line 1" in result.stderr
    assert path.read_text() == text


def test_an_unwritable_file_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "not" / "there"
    result = CliRunner().invoke(main, ["record", "--to", str(path), "--upstream", "http://127.0.0.1:1"])
    assert result.exit_code == 1
    assert result.stderr == f"Error: {path}: cannot be written: No such file or directory\n"
