"""Reports of a run: as JSON to be held against later, as Markdown and HTML to be read."""

import json
from collections.abc import Callable
from pathlib import Path

from ccell_fake.contract.report import pages
from ccell_fake.contract.results import ContractRun


def _as_json(run: ContractRun, _earlier: ContractRun | None) -> str:
    return json.dumps(run.to_json(), ensure_ascii=False, indent=1) + "\n"


FORMATS: dict[str, Callable[[ContractRun, ContractRun | None], str]] = {
    ".json": _as_json,
    ".md": pages.markdown,
    ".html": pages.html,
}
"""What writes a report, by the ending of the file's name."""


def check(path: Path) -> None:
    """Refuse a file of another format.

    Raises:
        ValueError: Its name has another ending.
    """
    if path.suffix not in FORMATS:
        message = f"{path}: a report is one of {', '.join(FORMATS)}"
        raise ValueError(message)


def write(path: Path, run: ContractRun, earlier: ContractRun | None = None) -> None:
    """Write a report.

    Args:
        path: Where to; its ending decides the format.
        run: What of.
        earlier: What to hold it against.
    """
    check(path)
    path.write_text(FORMATS[path.suffix](run, earlier), "utf-8")


def read(path: Path) -> ContractRun:
    """A run that was written as JSON.

    Raises:
        ValueError: There is none.
    """
    try:
        return ContractRun.from_json(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError) as error:
        message = f"{path}: {error}"
        raise ValueError(message) from error
