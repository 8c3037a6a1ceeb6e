"""What is shown of a run once it is over, by sections: its results, its profile, what changed, and what differs."""

from collections.abc import Mapping

from ccell_fake.contract import profiles
from ccell_fake.contract.checks import Given
from ccell_fake.contract.results import ContractRun
from pytest_ccell.contract import table

Section = tuple[str, str]
"""A title, and the lines below it."""


def of_results(run: ContractRun, width: int) -> Section:
    """The table, so many columns wide."""
    return f"ccell contract: {run.target}", table.rendered(run.results, width)


def of_profile(path: str, found: int, kept: int | None) -> Section:
    """What became of a profile.

    Args:
        path: Where it is.
        found: How many answers the run has for it.
        kept: How many stand there from before; None where it was not written.
    """
    if kept is None:
        return "no profile was written", f"{path}: the run has no answers, or did not come to its end"
    return "profile", f"{path}: {found} of its answers are this run's, {kept} were there before and are kept"


def of_changes(run: ContractRun, earlier: ContractRun) -> Section:
    """What changed since an earlier run."""
    changes = [f"{name}: {then} -> {now}" for name, then, now in run.changes(earlier)]
    return f"changed since {earlier.at:%Y-%m-%d %H:%M}", "\n".join(changes) or "nothing"


def of_differences(expected: Mapping[str, Given], found: Mapping[str, Given]) -> Section:
    """What differs from a profile."""
    differing = profiles.differences(expected, found)
    return "differing from the profile", "\n".join(differing) or ("nothing" if found else "nothing of it was asked")
