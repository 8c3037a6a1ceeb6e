"""Profiles: the emulator goes by what a live service answered, and says that it was observed."""

from pathlib import Path

import pytest
from harness import http, processes
from harness.emulators import emulator

from ccell_fake.model import Operation
from ccell_mock_server.config.profile import load
from ccell_mock_server.config.toml import ConfigError

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


def test_the_emulator_goes_by_a_profile_and_says_so(path: Path) -> None:
    with emulator(server={"profile": str(path)}) as served:
        answer = http.post(served.url, Operation.INFO.path, STRANGER)
    assert b'return="1001003"' in answer.body
    assert answer.headers["x-ccell-basis"] == "observed Q1"


def test_an_assumption_of_the_configuration_wins_over_a_profile(path: Path) -> None:
    with emulator(server={"profile": str(path)}, assumptions={"Q1": "1001001"}) as served:
        answer = http.post(served.url, Operation.INFO.path, STRANGER)
    assert b'return="1001001"' in answer.body
    assert answer.headers["x-ccell-basis"] == "assumed Q1"


def test_serve_takes_a_profile(path: Path) -> None:
    with processes.serving(path.parent, "--profile", "profile.toml") as (_, url):
        assert b'return="1001003"' in http.post(url, Operation.INFO.path, STRANGER).body


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[Q99]\nanswer = 'x'", "there is no question 'Q99'"),
        ("[Q1]\nanswer = 'x'", "'x' is no answer to Q1"),
        ("[Q1]\nanswr = 'x'", "Q1: it takes a table with answer"),
        ("Q1 = 'x'", "Q1: it takes a table with answer"),
        ("[Q1", "is not TOML"),
    ],
)
def test_a_profile_that_cannot_be_used_is_named_with_what_is_allowed(path: Path, text: str, said: str) -> None:
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert said in str(caught.value)
    answer = processes.run(path.parent, "serve", "--profile", "profile.toml")
    assert answer.returncode == 2
    assert "server.profile: profile.toml: " in answer.stderr


def test_a_profile_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        load(tmp_path / "none.toml")
