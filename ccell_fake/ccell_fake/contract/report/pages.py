"""A run as a page, in Markdown or HTML."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from ccell_fake.contract.results import ContractRun, Result

_ENVIRONMENT = Environment(
    loader=PackageLoader("ccell_fake.contract.report"),
    autoescape=select_autoescape(("html",)),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


def markdown(run: ContractRun, earlier: ContractRun | None = None) -> str:
    """The run as Markdown."""
    return _rendered("run.md", run, earlier)


def html(run: ContractRun, earlier: ContractRun | None = None) -> str:
    """The run as one HTML page, with the exchanges folded away."""
    return _rendered("run.html", run, earlier)


def _rendered(template: str, run: ContractRun, earlier: ContractRun | None) -> str:
    return _ENVIRONMENT.get_template(template).render(
        run=run,
        earlier=earlier,
        changes=run.changes(earlier) if earlier else (),
        counts={outcome.value: count for outcome, count in run.counts.items()},
        lines=_lines,
        cell=_cell,
    )


def _lines(result: Result) -> list[str]:
    """The evidence of a result, two lines an exchange."""
    lines: list[str] = []
    for exchange in result.evidence:
        asked = _text(exchange.get("body")) or _text(exchange.get("query"))
        lines.append(f"> {exchange['method']} {exchange['path']} {asked}".rstrip())
        answered = _text(exchange.get("answer"))
        lines.append(f"< {exchange.get('status', exchange['ending'])} {answered}".rstrip())
    return lines


def _text(held: Any) -> str:  # noqa: ANN401 - as JSON has it
    return str(held or "").replace("\n", " ")


def _cell(text: str) -> str:
    """A text as a cell of a Markdown table."""
    escaped = text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
    return "<br>".join(escaped.splitlines())
