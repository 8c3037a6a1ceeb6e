"""Run the whole suite against a gateway elsewhere, and check that it holds, as an emulator or as a live service."""

from pathlib import Path

from harness import contract
from harness.contract import OWN, PASSWORD

from ccell_fake.contract.results import CheckOutcome
from ccell_fixtures.registries import ASSUMPTIONS

CONFIG = "".join(
    f"""
[[accounts]]
userid = "{userid}"
password = "{PASSWORD}"
processing_time = {seconds}
max_concurrency = 3
outcomes = [{{ phone = "{OWN[2]}", stat = "UNDELIV" }}]
personas = [{{ phone = "{OWN[1]}", echo = true }}]
"""
    for userid, seconds in (("200001", 0.0), ("200002", 0.3))
)
"""The accounts of an emulator that is tested as a live service."""

_KNOWN = f"""
spcode = false
max_concurrency = 3
require_signature = true
dead = ["{OWN[2]}"]
answering = ["{OWN[1]}"]
"""
# These need requests in progress at the same time, so the account that takes its time is there for them.
_HELD = (CheckOutcome.PASSED, CheckOutcome.ANSWERED)
_SLOW = ("--ccell-account=slow.toml", "-k", "K1 or K2 or K3 or Q21 or Q22 or 1001006")


def check_as_emulator(folder: Path, url: str) -> None:
    """Run every check, with the accounts and settings that it needs."""
    done = contract.ask(folder, "--ccell-target=emulator", f"--ccell-url={url}", "-n", "2")
    assert done.code == 0, done.printed
    assert done.run.counts[CheckOutcome.NOT_ASKED] == 0


def check_as_live(folder: Path, url: str) -> None:
    """Run what an address and a credential allow, on the accounts of CONFIG. Every other check names its need."""
    (folder / "known.toml").write_text(_KNOWN, "utf-8")
    (folder / "slow.toml").write_text(f"{_KNOWN}processing_time = 0.3\n", "utf-8")
    slow = contract.ask(folder, *contract.live("--ccell-budget=200", *_SLOW), url=url, userid="200002")
    assert slow.code == 0, slow.printed
    held = {one.name for outcome in _HELD for one in slow.results(outcome)}
    assert slow.run.counts[CheckOutcome.FAILED] == 0
    options = ("--ccell-budget=700", "--ccell-account=known.toml")
    done = contract.ask(folder, *contract.live(*options), url=url)
    assert done.code == 0, done.printed
    assert done.run.counts[CheckOutcome.FAILED] == 0
    held |= {one.name for outcome in _HELD for one in done.results(outcome)}
    assert len(held) > 60
    assert {"K1", "K2", "Q21", "C1 1001006"} <= held
    unasked = done.results(CheckOutcome.NOT_ASKED)
    assert [one for one in unasked if not one.note.startswith(("needs ", "costs "))] == []
    # Only what was asked has an answer, and it is the emulator's.
    assert {id_: ASSUMPTIONS[id_].default for id_ in done.answers} == done.answers
