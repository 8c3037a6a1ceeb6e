"""The commands `contract` and `calibrate`, in whatever folder they are given."""

import tomllib
from pathlib import Path

import pytest
from testing import processes

_ODD_INI = "[pytest]\npython_files = check_*.py\npython_functions = check\naddopts = -p no:ccell --no-such-option\n"


def test_what_a_folder_sets_for_its_own_tests_is_nothing_to_the_suite(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text(_ODD_INI, "utf-8")
    (tmp_path / "conftest.py").write_text("raise RuntimeError\n", "utf-8")
    done = processes.run(tmp_path, "contract", "--", "-k", "test_0")
    assert (done.returncode, "1 passed" in done.stdout) == (0, True), done.stdout + done.stderr
    assert "warning" not in done.stdout
    assert {path.name for path in tmp_path.iterdir()} == {"pytest.ini", "conftest.py"}


def test_calibrate_writes_a_profile_and_holds_one_against_the_answers(tmp_path: Path) -> None:
    profile = tmp_path / "profile.toml"
    chosen = ("--", "-k", "unknown_userid")
    written = processes.run(tmp_path, "calibrate", f"--to={profile}", *chosen)
    assert written.returncode == 0, written.stdout
    assert tomllib.loads(profile.read_text("utf-8"))["Q1"]["answer"] == "1001004"
    assert processes.run(tmp_path, "calibrate", f"--drift={profile}", *chosen).returncode == 0
    profile.write_text('[Q1]\nanswer = "1001003"\n', "utf-8")
    assert processes.run(tmp_path, "calibrate", f"--drift={profile}", *chosen).returncode == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("calibrate",),
        ("contract", "--target=live"),
        ("contract", "--report=nowhere/run.json"),
        ("contract", "--budget=-1"),
        ("contract", "--", "--no-such-option"),
    ],
)
def test_wrong_usage_has_the_exit_code_2(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = processes.run(tmp_path, *arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
