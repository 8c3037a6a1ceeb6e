"""The commands `contract` and `calibrate`, in whatever folder they are given."""

import os
import signal
import tomllib
from pathlib import Path

import pytest
from harness import processes

_ODD_INI = "[pytest]\npython_files = check_*.py\npython_functions = check\naddopts = -p no:ccell --no-such-option\n"


def test_pytest_settings_of_the_folder_do_not_affect_the_suite(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text(_ODD_INI, "utf-8")
    (tmp_path / "conftest.py").write_text("raise RuntimeError\n", "utf-8")
    done = processes.run(tmp_path, "contract", "--", "-k", "test_0")
    assert (done.returncode, "1 passed" in done.stdout) == (0, True), done.stdout + done.stderr
    assert "warning" not in done.stdout
    assert {path.name for path in tmp_path.iterdir()} == {"pytest.ini", "conftest.py"}


def test_calibrate_writes_a_profile_and_compares_answers_with_one(tmp_path: Path) -> None:
    profile = tmp_path / "profile.toml"
    chosen = ("--", "-k", "unknown_userid")
    written = processes.run(tmp_path, "calibrate", f"--to={profile}", *chosen)
    assert written.returncode == 0, written.stdout
    assert tomllib.loads(profile.read_text("utf-8"))["Q1"]["answer"] == "1001004"
    assert processes.run(tmp_path, "calibrate", f"--drift={profile}", *chosen).returncode == 0
    profile.write_text('[Q1]\nanswer = "1001003"\n', "utf-8")
    assert processes.run(tmp_path, "calibrate", f"--drift={profile}", *chosen).returncode == 1


def test_calibrate_keeps_the_answers_of_a_profile_that_it_did_not_ask_for(tmp_path: Path) -> None:
    profile = tmp_path / "profile.toml"
    kept = '[Q13]\nanswer = "number"\nevidence = """\n71 characters\ntook 1"""\ndate = 2026-01-02\n'
    profile.write_text(f'{kept}\n[Q1]\nanswer = "1001003"\ndate = 2026-01-02\n', "utf-8")
    done = processes.run(tmp_path, "calibrate", f"--to={profile}", "--", "-k", "unknown_userid")
    assert done.returncode == 0, done.stdout
    assert "1 answer is from this run, 1 is kept from before" in done.stdout
    text = profile.read_text("utf-8")
    entries = tomllib.loads(text)
    assert kept in text
    assert list(entries) == ["Q1", "Q13"]
    assert entries["Q1"]["answer"] == "1001004"
    assert str(entries["Q1"]["date"]) > "2026-01-02"


def test_a_file_that_is_not_a_profile_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "known.toml").write_text("spcode = false\n", "utf-8")
    done = processes.run(tmp_path, "calibrate", "--to=known.toml", "--", "-k", "unknown_userid")
    assert (done.returncode, (tmp_path / "known.toml").read_text("utf-8")) == (2, "spcode = false\n")
    assert "known.toml: spcode" in done.stderr


def test_an_error_of_a_plugin_has_its_own_exit_code(tmp_path: Path) -> None:
    broken = "def pytest_collection_modifyitems():\n    raise RuntimeError\n"
    (tmp_path / "breaking.py").write_text(broken, "utf-8")
    done = processes.run(tmp_path, "contract", "--", "-p", "breaking")
    assert (done.returncode, "RuntimeError" in done.stdout) == (70, True), done.stdout + done.stderr


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("contract", "--phone=13800000000"), "--phone: only for --target=live"),
        (("calibrate", "--to=profile.toml", "--target=live"), "--target=live uses a real account; confirm with --live"),
        (("contract", "--url=nowhere"), "--url: base URL must be"),
        (("contract", "--url=https://127.0.0.1:1", f"--cacert={os.devnull}"), f"--cacert: {os.devnull}: no certif"),
        (("contract", f"--cacert={os.devnull}"), "--cacert: only for --url and for --target=live"),
        (("contract", "--compare=nowhere.json"), "nowhere.json: cannot be read: No such file or directory"),
    ],
)
def test_messages_name_the_options_of_the_command(tmp_path: Path, arguments: tuple[str, ...], named: str) -> None:
    done = processes.run(tmp_path, *arguments)
    assert named in done.stderr
    assert "--ccell" not in done.stdout + done.stderr


def test_a_failed_test_is_named_as_the_command_can_run_it_again(tmp_path: Path) -> None:
    profile = tmp_path / "profile.toml"
    profile.write_text('[Q1]\nanswer = "1001003"\n', "utf-8")
    done = processes.run(tmp_path, "calibrate", f"--drift={profile}", "--", "-k", "unknown_userid")
    assert '-- -k "test_which_code_an_unknown_userid_gets"' in done.stdout
    assert "FAILED" not in done.stdout


@pytest.mark.parametrize("interrupt", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_before_the_first_test_has_the_exit_code_130(tmp_path: Path, interrupt: signal.Signals) -> None:
    # A plugin stops the run while pytest reads its options, where pytest itself handles no interrupt.
    stopping = f"import os\nos.kill(os.getpid(), {int(interrupt)})\n"
    (tmp_path / "stopping.py").write_text(stopping, "utf-8")
    done = processes.run(tmp_path, "contract", "--", "-p", "stopping")
    assert (done.returncode, "Traceback" in done.stderr) == (130, False), done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("calibrate",),
        ("contract", "--target=live"),
        ("contract", "--report=nowhere/run.json"),
        ("contract", "--budget=-1"),
        ("contract", "--patience=nan"),
        ("contract", "--url=nowhere"),
        ("contract", "--", "--no-such-option"),
    ],
)
def test_wrong_usage_has_the_exit_code_2(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = processes.run(tmp_path, *arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
