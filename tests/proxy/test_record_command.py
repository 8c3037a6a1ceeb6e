"""`ccell-fake record` as a process: it writes what passes, and what it wrote survives its being killed."""

import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from harness import http, processes
from harness.emulators import emulator

from ccell_fake.model import Operation
from ccell_fake.transcripts import read

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


def test_it_records_until_it_is_told_to_stop(tmp_path: Path) -> None:
    with emulator() as served, _recording(tmp_path / "t", "--upstream", served.url) as (process, url):
        assert http.post(url, Operation.INFO.path, INFO).status == 200
        process.terminate()
        assert process.wait(60) == 0
    (run,) = read(tmp_path / "t").runs
    assert [one.operation for one in run.exchanges] == [Operation.INFO]


def test_what_was_answered_is_written_though_it_is_killed(tmp_path: Path) -> None:
    for _ in range(2):
        with emulator() as served, _recording(tmp_path / "t", "--upstream", served.url) as (process, url):
            for _ in range(5):
                http.post(url, Operation.INFO.path, INFO)
            process.kill()
            process.wait(60)
    transcript = read(tmp_path / "t")
    assert [len(run.exchanges) for run in transcript.runs] == [5, 5]
    assert transcript.unfinished == ()


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (["--upstream", "http://sms.example.com"], "--allow-host sms.example.com"),
        (["--upstream", "http://127.0.0.1:1", "--host", "0.0.0.0"], "must be a loopback address"),  # noqa: S104 - it is refused
        (["--upstream", "x"], "no address"),
        ([], "--upstream"),
    ],
)
def test_what_is_not_allowed_is_refused_before_anything_is_written(
    tmp_path: Path, options: list[str], what: str
) -> None:
    done = processes.run(tmp_path, "record", "--to", "t", *options)
    assert done.returncode == 2
    assert what in done.stderr
    assert not (tmp_path / "t").exists()


def test_a_file_that_cannot_be_written_is_told_of(tmp_path: Path) -> None:
    done = processes.run(tmp_path, "record", "--to", "not/there", "--upstream", "http://127.0.0.1:1")
    assert done.returncode == 1
    assert "not/there" in done.stderr
