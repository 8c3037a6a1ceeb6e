"""The options of the contract suite, `pytest --pyargs ccell_fake.contract`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

PACKAGE = "ccell_fake.contract"


def add(parser: pytest.Parser) -> None:
    """Say what can be set."""
    group = parser.getgroup("ccell contract", "the contract suite of the CCell SMS gateway")
    group.addoption(
        "--ccell-target",
        choices=("emulator", "live"),
        help="Whom to ask: the emulator, or the gateway of CCELL_BASE_URL, CCELL_USERID and CCELL_PASSWORD.",
    )
    group.addoption(
        "--ccell-road",
        choices=("http", "tls", "in-process"),
        default="http",
        help="How to reach an emulator that is started for the run.",
    )
    group.addoption(
        "--ccell-profile",
        metavar="FILE",
        help="A profile: an emulator that is started for the run goes by it, and its answers are expected.",
    )
    group.addoption(
        "--ccell-live", action="store_true", help="Needed for --ccell-target=live: yes, ask with a real account."
    )
    group.addoption(
        "--ccell-allow",
        metavar="KINDS",
        default="",
        help="Live: what may be done beside what is free, of sms, drain and risk, with commas between them.",
    )
    group.addoption(
        "--ccell-phone",
        metavar="NUMBER",
        action="append",
        default=[],
        help="Live: a number of your own; messages are sent to no others. May be given again.",
    )
    group.addoption(
        "--ccell-budget", metavar="N", type=int, default=0, help="Live: how many messages may be sent at most."
    )
    group.addoption(
        "--ccell-account",
        metavar="FILE",
        help="Live: a TOML file with what is known of the account, by the names of the account settings.",
    )
    group.addoption(
        "--ccell-patience",
        metavar="SECONDS",
        type=float,
        default=60.0,
        help="Live: how long to wait for a report or an upstream message.",
    )
    group.addoption("--ccell-cacert", metavar="FILE", help="Live: certificates to trust instead of the host's.")
    group.addoption(
        "--ccell-report",
        metavar="FILE",
        action="append",
        default=[],
        help="Write a report: .json, .md or .html. May be given again.",
    )
    group.addoption("--ccell-compare", metavar="FILE", help="An earlier report, .json; reports say what changed since.")
    group.addoption(
        "--ccell-calibrate", metavar="FILE", help="Ask the questions alone, and write their answers as a profile."
    )
    group.addoption(
        "--ccell-drift", metavar="FILE", help="Ask the questions alone, and fail where one differs from a profile."
    )


def is_wanted(config: pytest.Config) -> bool:
    """Whether the suite is going to be asked."""
    names = (PACKAGE, PACKAGE.replace(".", "/"))
    return config.getoption("--ccell-target") is not None or any(name in arg for arg in config.args for name in names)
