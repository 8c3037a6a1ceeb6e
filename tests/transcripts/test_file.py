"""Transcripts are only appended to, line by line, and survive a kill of the writer."""

import subprocess
import sys
import threading
from datetime import datetime
from pathlib import Path

import pytest

from ccell_fake.clock import SHANGHAI
from ccell_fake.transcripts import Exchange, UnreadableTranscript, Writer, read

AT = datetime(2026, 11, 23, 8, tzinfo=SHANGHAI)
WRITING = """
import sys
from datetime import datetime
from pathlib import Path
from ccell_fake.clock import SHANGHAI
from ccell_fake.transcripts import Exchange, Writer
at = datetime(2026, 11, 23, 8, tzinfo=SHANGHAI)
with Writer(Path(sys.argv[1]), at) as writer:
    for number in range(1, int(sys.argv[2]) + 1):
        writer.write(Exchange(number, at, "POST", "/x", body=b"x" * 20_000))
        print(number, flush=True)
"""


def _exchange(number: int) -> Exchange:
    return Exchange(number, AT, "POST", "/x", body="您好".encode() * number, answer=b"\xff")


def test_exchanges_are_read_in_the_order_of_requests(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    with Writer(path, AT) as writer:
        for number in (2, 3, 1):
            writer.write(_exchange(number))
    transcript = read(path)
    (run,) = transcript.runs
    assert run.exchanges == (_exchange(1), _exchange(2), _exchange(3))
    assert (run.started, run.missing, transcript.incomplete) == (AT, (), ())
    assert path.stat().st_mode & 0o077 == 0


def test_requests_without_a_written_answer_are_missing(tmp_path: Path) -> None:
    with Writer(tmp_path / "t", AT) as writer:
        writer.write(_exchange(1))
        writer.write(_exchange(4))
    assert read(tmp_path / "t").runs[0].missing == (2, 3)


def test_an_incomplete_line_is_skipped_and_reported(tmp_path: Path) -> None:
    path = tmp_path / "t"
    with Writer(path, AT) as writer:
        writer.write(_exchange(1))
        whole = path.read_bytes()
        writer.write(_exchange(2))
    longer = path.read_bytes()
    for length in range(len(whole) + 1, len(longer) - 1, 7):
        path.write_bytes(longer[:length])
        transcript = read(path)
        assert transcript.incomplete == (3,)
        assert transcript.runs[0].exchanges == (_exchange(1),)


def test_a_run_after_an_incomplete_line_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "t"
    with Writer(path, AT) as writer:
        writer.write(_exchange(1))
    path.write_bytes(path.read_bytes()[:-20])
    with Writer(path, AT) as writer:
        writer.write(_exchange(2))
    transcript = read(path)
    assert [run.exchanges for run in transcript.runs] == [(), (_exchange(2),)]
    assert transcript.incomplete == (2,)


def test_existing_lines_are_never_changed(tmp_path: Path) -> None:
    path = tmp_path / "t"
    for _ in range(2):
        before = path.read_bytes() if path.exists() else b""
        with Writer(path, AT) as writer:
            writer.write(_exchange(1))
        assert path.read_bytes().startswith(before)


def test_concurrent_writers_do_not_mix_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "t"
    each, count = 20, 4

    def write(writer: Writer, first: int) -> None:
        for number in range(first, first + each):
            writer.write(Exchange(number, AT, "POST", "/x", body=b"x" * 20_000))

    with Writer(path, AT) as one, Writer(path, AT) as other:
        threads = [
            threading.Thread(target=write, args=(writer, 1 + each * place))
            for place in range(count)
            for writer in (one, other)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    numbers = list(range(1, each * count + 1))
    assert [[one.number for one in run.exchanges] for run in read(path).runs] == [numbers, numbers]


def test_a_killed_process_loses_at_most_one_line(tmp_path: Path) -> None:
    path = tmp_path / "t"
    command = [sys.executable, "-c", WRITING, str(path)]
    with (
        subprocess.Popen([*command, "100"], stdout=subprocess.DEVNULL) as lasting,
        subprocess.Popen([*command, "1000000"], stdout=subprocess.PIPE) as killed,
    ):
        assert killed.stdout
        written = [int(killed.stdout.readline()) for _ in range(30)]
        killed.kill()
        lasting.wait(120)
    transcript = read(path)
    runs = transcript.runs
    assert len(transcript.incomplete) <= 1
    assert any([one.number for one in run.exchanges] == list(range(1, 101)) for run in runs)
    assert any({one.number for one in run.exchanges} >= set(written) for run in runs)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "not a transcript"),
        ("x", "line 1"),
        ('{"ccell_transcript": 2, "run": "a", "started": "2026-11-23T08:00:00+08:00"}\n', "format must be 1, got 2"),
        ('{"ccell_transcript": 1, "run": "a"}\n', "started"),
        ('{"run": "a", "number": 1}\n', "'a'"),
        ('{"ccell_transcript": 1, "run": "a", "started": "2026-11-23T08:00:00+08:00"}\nx\n{"run": "a"}\n', "line 2"),
    ],
)
def test_a_file_that_is_not_a_transcript_is_refused(tmp_path: Path, text: str, what: str) -> None:
    (tmp_path / "t").write_text(text)
    with pytest.raises(UnreadableTranscript, match=what):
        read(tmp_path / "t")


def test_only_a_transcript_is_appended_to(tmp_path: Path) -> None:
    path = tmp_path / "t"
    with Writer(path, AT) as writer:
        writer.write(_exchange(1))
    whole = path.read_bytes()
    for data in (b"hello", whole + b"hello\n", b"\x00\xff" * 50):
        path.write_bytes(data)
        with pytest.raises(UnreadableTranscript, match="line"):
            Writer(path, AT)
        assert path.read_bytes() == data
    # A kill may have left only a part of the header.
    for data in (b"", whole[:20]):
        path.write_bytes(data)
        with Writer(path, AT) as writer:
            writer.write(_exchange(1))
        assert len(read(path).runs) == 1


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableTranscript, match="No such file"):
        read(tmp_path / "t")
