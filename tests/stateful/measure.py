"""Measure how often the machine finds each wrong program, and that it accuses no right one.

Usage: PYTHONPATH=tests python tests/stateful/measure.py [--runs N] [--right N] [--processes N] [--to FILE] [NAME…]

Each run has default settings and a seed of its own. Results go to FILE, as JSON.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from hypothesis import settings
from stateful.right.machines import RIGHT
from stateful.wrong import WRONG

from ccell_fake.clock import elapsed
from ccell_fake.stateful import SETTINGS, CcellMachine, Finding, run
from ccell_mock_server.fake import FakeCcell


@dataclass(frozen=True)
class Run:
    """One run of the machine.

    Attributes:
        finding: Name of what was found; empty for nothing.
        steps: Steps of the story.
        seconds: From the start to the shortest story.
    """

    finding: str
    steps: int
    seconds: float


@dataclass(frozen=True)
class Result:
    """The runs of one program.

    Attributes:
        program: Its name.
        says: What is wrong with it, or what a right program does.
        is_right: Whether nothing is wrong with it.
        runs: How many runs there were.
        found: How many found what is wrong; for a right program, how many found anything.
        findings: What they found.
        shortest: Steps of the shortest story known.
        steps: The longest story, in steps.
        seconds: The median of the runs.
    """

    program: str
    says: str
    is_right: bool
    runs: int
    found: int
    findings: list[str]
    shortest: int
    steps: int
    seconds: float


def try_once(machine: type[CcellMachine], number: int) -> Run:
    """Run a machine with a seed."""
    begun = elapsed()
    finding, steps = "", 0
    with FakeCcell() as fake:
        try:
            run(machine, fake.url, settings=settings(SETTINGS, max_examples=100, database=None), seed=number)
        except Finding as error:
            finding, steps = type(error).__name__, len(error.plan.steps)
        except Exception as error:  # noqa: BLE001 - a program that raises is a result, too
            finding = f"{type(error).__name__}: {error}"
    return Run(finding, steps, elapsed() - begun)


def measure_wrong(name: str, numbers: Sequence[int]) -> Result:
    """Run the machine on a wrong program, once for each seed."""
    (one,) = (one for one in WRONG if one.program.__name__ == name)
    wanted = {finding.__name__ for finding in one.findings}
    runs = [try_once(one.machine, number) for number in numbers]
    found = [run for run in runs if run.finding in wanted]
    return _summarize(one.program, runs, len(found), one.steps)


def measure_right(name: str, numbers: Sequence[int]) -> Result:
    """Run the machine on a right program, once for each seed."""
    (machine,) = (one for one in RIGHT if one.program.__name__ == name)
    runs = [try_once(machine, number) for number in numbers]
    return _summarize(machine.program, runs, sum(1 for one in runs if one.finding), 0)


def _summarize(program: type, runs: Sequence[Run], found: int, shortest: int) -> Result:
    return Result(
        program=program.__name__,
        says=" ".join((program.__doc__ or "").split("\n\n")[0].split()),
        is_right=not shortest,
        runs=len(runs),
        found=found,
        findings=sorted({one.finding or "nothing" for one in runs}),
        shortest=shortest,
        steps=max(one.steps for one in runs),
        seconds=round(median(one.seconds for one in runs), 2),
    )


def main() -> None:
    """Measure what the command line names, and everything if it names nothing."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=20, help="runs of each wrong program")
    parser.add_argument("--right", type=int, default=100, help="runs of each right program")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--to", type=Path, default=Path(__file__).with_name("rates.json"))
    parser.add_argument("names", nargs="*", metavar="NAME")
    options = parser.parse_args()
    wrong = [one.program.__name__ for one in WRONG]
    right = [one.program.__name__ for one in RIGHT]
    results: list[Result] = []
    with ProcessPoolExecutor(options.processes) as pool:
        futures = [
            pool.submit(
                measure_wrong if name in wrong else measure_right,
                name,
                range(options.runs if name in wrong else options.right),
            )
            for name in options.names or wrong + right
            if name in wrong or options.right
        ]
        for future in futures:
            results.append(future.result())
            sys.stderr.write(f"{results[-1]}\n")
    text = json.dumps([asdict(one) for one in results], ensure_ascii=False, indent=1) + "\n"
    options.to.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
