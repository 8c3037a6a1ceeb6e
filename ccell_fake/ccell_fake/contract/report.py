"""Reports of a run: JSON to compare later runs with, Markdown and HTML to read."""

import json
from collections.abc import Callable
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from ccell_fake.contract.results import ContractRun, Result

_ENVIRONMENT = Environment(
    loader=PackageLoader("ccell_fake.contract"),
    autoescape=select_autoescape(("html",)),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


def to_json(run: ContractRun, earlier: ContractRun | None = None) -> str:  # noqa: ARG001 - pages show the changes
    """Render a run as JSON."""
    return json.dumps(run.to_json(), ensure_ascii=False, indent=1) + "\n"


def markdown(run: ContractRun, earlier: ContractRun | None = None) -> str:
    """Render a run as Markdown, with the changes since an earlier one."""
    return _render("run.md", run, earlier)


def html(run: ContractRun, earlier: ContractRun | None = None) -> str:
    """Render a run as one HTML page with collapsible exchanges, and the changes since an earlier run."""
    return _render("run.html", run, earlier)


FORMATS: dict[str, Callable[[ContractRun, ContractRun | None], str]] = {
    ".json": to_json,
    ".md": markdown,
    ".html": html,
}
"""Renderers, by the suffix of the file name."""


def check_format(path: Path) -> None:
    """Check that reports can have this file's format.

    Raises:
        ValueError: The suffix is unknown.
    """
    if path.suffix not in FORMATS:
        message = f"{path}: the suffix of a report must be one of {', '.join(FORMATS)}"
        raise ValueError(message)


def write(path: Path, run: ContractRun, earlier: ContractRun | None = None) -> None:
    """Write a report in the format of the file's suffix, with the changes since an earlier run."""
    check_format(path)
    path.write_text(FORMATS[path.suffix](run, earlier), "utf-8")


def read(path: Path) -> ContractRun:
    """Read a run from a JSON report.

    Raises:
        ValueError: The file is missing or not such a report.
    """
    try:
        return ContractRun.from_json(json.loads(path.read_text("utf-8")))
    except OSError as error:
        message = f"{path}: cannot be read: {error.strerror}"
        raise ValueError(message) from error
    except ValueError as error:
        message = f"{path}: {error}"
        raise ValueError(message) from error


def _render(template: str, run: ContractRun, earlier: ContractRun | None) -> str:
    return _ENVIRONMENT.get_template(template).render(
        run=run,
        earlier=earlier,
        changes=run.changes(earlier) if earlier else (),
        counts={outcome.value: count for outcome, count in run.counts.items()},
        lines=_evidence_lines,
        cell=_cell,
    )


def _evidence_lines(result: Result) -> list[str]:
    """The evidence of a result, two lines for each exchange."""
    lines: list[str] = []
    for exchange in result.evidence:
        request = _one_line(exchange.get("body")) or _one_line(exchange.get("query"))
        lines.append(f"> {exchange['method']} {exchange['path']} {request}".rstrip())
        answer = _one_line(exchange.get("answer"))
        lines.append(f"< {exchange.get('status', exchange['ending'])} {answer}".rstrip())
    return lines


def _one_line(value: object) -> str:
    return str(value or "").replace("\n", " ")


def _cell(text: str) -> str:
    """Escape a text for a cell of a Markdown table."""
    escaped = text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
    return "<br>".join(escaped.splitlines())
