"""Figures of `probe.py`, each in a process of its own: of this version, and as ratios taken in turn."""

import statistics
import subprocess
import sys
from pathlib import Path

_PROBE = Path(__file__).with_name("probe.py")


def _figure(python: str, name: str) -> float:
    # Run elsewhere, so that the version is the interpreter's own.
    done = subprocess.run(
        [python, _PROBE, name], cwd="/", capture_output=True, text=True, check=True, env={"PATH": "/usr/bin:/bin"}
    )
    return float(done.stdout.split()[-1])


def milliseconds(name: str, rounds: int) -> float:
    """Return the median of a figure of this version."""
    return statistics.median(_figure(sys.executable, name) for _ in range(rounds))


def versions(name: str, baseline: str, rounds: int) -> list[float]:
    """Return a figure of `probe.py` over that of the interpreter of another version, for each round."""
    return [_figure(sys.executable, name) / _figure(baseline, name) for _ in range(rounds)]


def commands(name: str, other: str, rounds: int) -> list[float]:
    """Return a figure of `probe.py` over another figure, for each round."""
    return [_figure(sys.executable, name) / _figure(sys.executable, other) for _ in range(rounds)]
