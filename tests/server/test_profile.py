"""Profiles: an emulator answers as a live service was observed to answer."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from harness import http
from harness.emulators import emulator

from ccell_fake.model import Operation
from ccell_mock_server.cli import main
from ccell_mock_server.config.errors import ConfigError
from ccell_mock_server.config.toml import read_profile

PROFILE = """
[Q1]
answer = "1001003"
evidence = "info with userid 999999 was answered 1001003"
date = 2026-11-01

[Q6]
answer = ["account", "parse", "ip", "password", "frozen", "concurrency", "completeness", "limits", "closing_phrase",
    "balance"]
"""
STRANGER = b'<root userid="999999" password="x"/>'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "profile.toml"
    file.write_text(PROFILE)
    return file


def test_the_emulator_uses_the_answers_of_a_profile_and_calls_them_observed(path: Path) -> None:
    with emulator(server={"profile": str(path)}) as served:
        answer = http.post(served.url, Operation.INFO.path, STRANGER)
    assert b'return="1001003"' in answer.body
    assert answer.headers["x-ccell-basis"] == "observed Q1"


def test_an_assumption_of_the_configuration_overrides_a_profile(path: Path) -> None:
    with emulator(server={"profile": str(path)}, assumptions={"Q1": "1001001"}) as served:
        answer = http.post(served.url, Operation.INFO.path, STRANGER)
    assert b'return="1001001"' in answer.body
    assert answer.headers["x-ccell-basis"] == "assumed Q1"


def test_serve_takes_the_path_of_a_profile(path: Path) -> None:
    result = CliRunner().invoke(main, ["serve", "--profile", str(path), "--print-config"])
    assert (result.exit_code, f'profile = "{path}"' in result.output) == (0, True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[Q99]\nanswer = 'x'", "'Q99'"),
        ("[Q1]\nanswer = 'x'", "'x' "),
        ("[Q1]\nanswr = 'x'", "Q1 must be a table with answer"),
        ("Q1 = 'x'", "Q1 must be a table with answer"),
        ("[Q1", "is not TOML"),
    ],
)
def test_an_invalid_profile_is_named_with_what_is_allowed(path: Path, text: str, message: str) -> None:
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_profile(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)
    result = CliRunner().invoke(main, ["serve", "--profile", str(path)])
    assert result.exit_code == 2
    assert f"server.profile: {path}: " in result.stderr


def test_a_missing_profile_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        read_profile(tmp_path / "none.toml")
