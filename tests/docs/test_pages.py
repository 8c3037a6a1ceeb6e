"""Pages agree with the data and the code: generated pages, links, quoted paths, and the names in tables."""

import re
from collections.abc import Callable, Iterable
from dataclasses import fields
from inspect import signature
from pathlib import Path
from typing import Any, get_args

import click
import generate
import pytest
from harness.emulators import DOCUMENT_DAY
from harness.pages import CHINESE, ENGLISH, ROOT, blocks, english
from hypothesis import Phase, find
from hypothesis import settings as st_settings
from hypothesis import strategies as st

from ccell_fake import codes, faults, model, settings, stateful, strategies
from ccell_fake.contract.checks import KINDS
from ccell_fake.faults import FAULT_KINDS
from ccell_fake.transcripts import Ending, Exchange
from ccell_mock_server.commands import client, output
from ccell_mock_server.commands.contract import calibrate, contract
from ccell_mock_server.commands.record import record
from ccell_mock_server.live import live_target

ALL = [*ENGLISH, *CHINESE]
PACKAGES = ("ccell_fake", "fixtures", "mock_server", "pytest_plugin")
_PATH = re.compile(r"`((?:ccell_\w+|pytest_\w+|docs|tests|fixtures|mock_server|\.ci)(?:/[\w.*]+)+|\w+/\w+\.py)`")
_ROW = re.compile(r"^\| `(.+?)` \| .* \| `(.+)` \|$", re.MULTILINE)
_NAMES: dict[str, Any] = {
    **vars(codes),
    **vars(faults),
    **vars(model),
    **vars(settings),
    **vars(strategies),
    "st": st,
    "now": DOCUMENT_DAY,
    "request": model.Request("200001", "123456"),
}


_SHRINKING = st_settings(phases=[Phase.generate, Phase.shrink], database=None)


def _pages(*names: str) -> list[Path]:
    """Pages and their translations."""
    return [page for page in ALL if english(page).name in names]


def _with_translations(*names: str) -> list[Any]:
    return [pytest.param(page, id=_id(page)) for page in _pages(*names)]


def _id(page: Path) -> str:
    return str(page.relative_to(ROOT).with_suffix(""))


@pytest.mark.parametrize("name", generate.PAGES)
def test_a_generated_page_agrees_with_the_data(name: str) -> None:
    assert (ROOT / "docs" / name).read_text("utf-8") == generate.PAGES[name]()


@pytest.mark.parametrize("page", ALL, ids=_id)
def test_every_linked_file_exists(page: Path) -> None:
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", CHINESE, ids=_id)
def test_a_chinese_page_keeps_in_step_with_the_english_page(page: Path) -> None:
    def outline(one: Path) -> object:
        prose = re.sub(r"```.*?```", "", one.read_text("utf-8"), flags=re.DOTALL)
        targets = (link.partition("#") for link in re.findall(r"\]\(([^)]+)\)", prose))
        links = [(Path(file).name, mark) for file, mark, _ in targets]
        return re.findall(r"^#+(?= )", prose, re.MULTILINE), links[1:] if one.parent == ROOT else links

    assert blocks(page) == blocks(english(page))
    assert outline(page) == outline(english(page))


@pytest.mark.parametrize("page", [page for page in CHINESE if page.name != "api.md"], ids=_id)
def test_chinese_prose_uses_full_width_punctuation(page: Path) -> None:
    prose = re.sub(r"^```.*?^```$|`[^`\n]*`|\]\([^)]*\)", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    assert re.findall(r"[\u4e00-\u9fff] ?[,;:()?!]|[,;:()?!] ?[\u4e00-\u9fff]", prose) == []


@pytest.mark.parametrize("page", [ROOT / "CONTRIBUTING.md", *_with_translations("architecture.md")], ids=str)
def test_every_path_that_is_named_exists(page: Path) -> None:
    paths = _PATH.findall(page.read_text("utf-8"))
    assert paths
    roots = [ROOT, *(ROOT / package for package in PACKAGES), ROOT / "ccell_fake" / "ccell_fake"]
    roots += [ROOT / "mock_server" / "ccell_mock_server"]
    assert [path for path in paths if not any(list(root.glob(path)) for root in roots)] == []


@pytest.mark.parametrize("page", _with_translations("architecture.md"))
def test_every_folder_of_the_packages_is_described(page: Path) -> None:
    text = page.read_text("utf-8")
    folders = (
        f"{package.name}/{folder.parent.name}"
        for package in (ROOT / "ccell_fake" / "ccell_fake", ROOT / "mock_server" / "ccell_mock_server")
        for folder in package.glob("*/__init__.py")
    )
    assert [folder for folder in folders if f"| `{folder}` |" not in text] == []


def _options(commands: Iterable[click.Command]) -> list[str]:
    parameters = (one for command in commands for one in command.params if isinstance(one, click.Option))
    return [one.opts[0] for one in parameters if one.name != "contents"]


_TABLES: dict[str, Callable[[], Iterable[object]]] = {
    "contract.md": lambda: [*_options([contract, calibrate]), *KINDS],
    "transcripts.md": lambda: [*_options([record]), *(one.name for one in fields(Exchange)), *Ending],
    "stateful.md": lambda: [
        *(name for name in vars(stateful.CcellMachine) if not name.startswith("_")),
        *(one.__name__ for one in stateful.Finding.__subclasses__()),
        *(one.__name__ for one in get_args(stateful.Step)),
        *{type(one).__name__ for one in stateful.FAULTS},
        *stateful.Fate,
        *(set(signature(live_target).parameters) - {"url", "userid", "password"}),
    ],
    "pytest.md": lambda: [f"{kind}=" for kind in FAULT_KINDS],
}


@pytest.mark.parametrize("page", _with_translations(*_TABLES))
def test_every_name_of_the_code_is_on_its_page(page: Path) -> None:
    rows = "".join(re.findall(r"^\|.*\n", page.read_text("utf-8"), re.MULTILINE))
    assert [name for name in _TABLES[page.name]() if f"`{name}" not in rows] == []


@pytest.mark.parametrize("page", _with_translations("client.md"))
def test_every_exit_code_of_the_client_is_on_its_page(page: Path) -> None:
    named = re.findall(r"^\| (\d+) \|", page.read_text("utf-8"), re.MULTILINE)
    assert {int(code) for code in named} == {
        0,
        2,
        client.REFUSED,
        client.NOT_SENT,
        client.UNKNOWN,
        *(output.UNWRITTEN, output.BROKEN, output.INTERRUPTED),
    }


def test_exactly_the_fixtures_and_options_are_on_the_page(pytester: pytest.Pytester) -> None:
    no_plugins = [f"-p no:{name}" for name in ("schemathesis", "faker", "pytest_httpserver")]
    listed = pytester.runpytest_subprocess("--fixtures", *no_plugins).stdout.str()
    printed = pytester.runpytest_subprocess("--help", *no_plugins).stdout.str()
    group = printed.partition("fake of the CCell SMS gateway:")[2].partition("the contract suite")[0]
    fixtures = set(re.findall(r"^(ccell\w*)(?= )", listed, re.MULTILINE))
    options = {"--ccell-profile", *re.findall(r"--ccell-[\w-]+", group)}
    assert fixtures
    for page in _pages("pytest.md"):
        text = page.read_text("utf-8")
        assert fixtures == set(re.findall(r"^\| `(ccell\w*)` \|", text, re.MULTILINE))
        assert options == set(re.findall(r"^\| `(--ccell-[\w-]+)[ `]", text, re.MULTILINE))


def test_a_strategy_shrinks_to_the_example_in_the_table() -> None:
    (rows,) = {tuple(_ROW.findall(page.read_text("utf-8"))) for page in _pages("strategies.md")}
    for call, simplest in rows:
        strategy = eval(call, _NAMES)  # noqa: S307 - the page is our own
        assert find(strategy, lambda _: True, settings=_SHRINKING) == eval(simplest, _NAMES)  # noqa: S307
    named = {call.partition("(")[0] for call, _ in rows}
    assert named == {name for name in strategies.__all__ if name.islower()}
