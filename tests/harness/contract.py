"""The contract suite as a user runs it: a process of its own, with its report."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from ccell_fake.contract import report
from ccell_fake.contract.results import CheckOutcome, ContractRun, Result
from harness import forked

PASSWORD = "secret-of-the-account"
OWN = ("13900000001", "13900000002", "13900009999")
_INI = "[pytest]\nasyncio_default_fixture_loop_scope = function\n"


@dataclass(frozen=True, slots=True)
class Asked:
    """A run that is over: its exit code, what it printed, and its report."""

    code: int
    printed: str
    folder: Path

    @property
    def run(self) -> ContractRun:
        return report.read(self.folder / "run.json")

    def results(self, outcome: CheckOutcome) -> list[Result]:
        return [result for result in self.run.results if result.outcome is outcome]

    @property
    def answers(self) -> dict[str, object]:
        return {one.id: one.answer for one in self.run.results if one.answer is not None}


def arguments(folder: Path, *options: str) -> list[str]:
    """The command line of a run."""
    ini = folder / "pytest.ini"
    ini.write_text(_INI, "utf-8")
    own = ["-m", "pytest", "-c", str(ini), "-p", "no:cacheprovider", "-q", f"--ccell-report={folder / 'run.json'}"]
    return [sys.executable, *own, "--pyargs", "ccell_fake.contract", *options]


def environment(url: str = "", userid: str = "200001", password: str = PASSWORD) -> dict[str, str]:
    """The environment that names a live target; nothing else says where it is."""
    live = {"CCELL_FAKE_URL": url, "CCELL_FAKE_USERID": userid, "CCELL_FAKE_PASSWORD": password} if url else {}
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("CCELL_", "PYTEST_", "CI"))}
    return {**plain, "PYTHONPATH": str(Path(__file__).parents[1]), **live}


def ask(folder: Path, *options: str, url: str = "", **credential: str) -> Asked:
    """Run the suite to its end."""
    done = forked.run("pytest", arguments(folder, *options)[3:], folder, environment(url, **credential))
    return Asked(done.returncode, done.stdout + done.stderr, folder)


def live(*options: str) -> tuple[str, ...]:
    """The options of a live run that may do everything with the numbers of one's own."""
    phones = (f"--ccell-phone={phone}" for phone in OWN)
    allowed = ("--ccell-target=live", "--ccell-live", "--ccell-allow=sms,drain,risk", "--ccell-patience=2")
    return (*allowed, *phones, *options)
