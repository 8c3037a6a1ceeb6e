"""No regular expression takes more than linear time, whatever it is given. Steps are counted, not seconds."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from harness.backtracking import Counter

import ccell_fake
import ccell_mock_server
import pytest_ccell

METHODS = {"match", "fullmatch", "search", "sub", "findall", "finditer", "split"}
SIZE = 64
# Twice the text takes twice the steps, or four times if they grow with its square.
MOST_GROWTH = 3.4
MOST_STEPS = 200


def _files() -> Iterator[tuple[str, Path]]:
    for package in (ccell_fake, ccell_mock_server, pytest_ccell):
        folder = Path(package.__file__ or "").parent
        for path in sorted(folder.rglob("*.py")):
            # Tests of the contract suite are read, not imported.
            if "contract" not in path.parts or "tests" not in path.parts:
                yield ".".join((package.__name__, *path.relative_to(folder).with_suffix("").parts)), path


def _calls(trees: dict[str, ast.Module]) -> Iterator[tuple[str, str, str, ast.expr | None]]:
    """Find the calls of methods of patterns: the module, the name of the object, the method and its first argument."""
    for module, tree in trees.items():
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in METHODS:
                owner = call.func.value
                name = str(getattr(owner, "id", getattr(owner, "attr", "")))
                yield module, name, call.func.attr, call.args[0] if call.args else None


def _uses() -> Iterator[tuple[str, re.Pattern[Any], str]]:
    """Find the patterns of all modules, and the methods that are called on them."""
    trees = {name: ast.parse(path.read_text("utf-8")) for name, path in _files()}
    methods: dict[tuple[str, str], set[str]] = {}
    for module, name, method, argument in _calls(trees):
        methods.setdefault((module if name.startswith("_") else "", name), set()).add(method)
        if name == "re" and isinstance(argument, ast.Constant):
            source: Any = argument.value
            yield f"{module} {source}", re.compile(source), method
    for module in [
        name for name, tree in trees.items() if "compile" in {getattr(n, "attr", "") for n in ast.walk(tree)}
    ]:
        for name, pattern in vars(importlib.import_module(module.removesuffix(".__init__"))).items():
            if isinstance(pattern, re.Pattern):
                for method in sorted(methods.get((module if name.startswith("_") else "", name), {"search"})):
                    yield f"{module}.{name}", pattern, method


USES = [*_uses()]


def _worst(pattern: re.Pattern[Any], method: str, size: int = SIZE) -> tuple[float, int, str]:
    """Return the growth of the steps, the steps and the text of the worst attack."""
    counter = Counter(pattern)
    worst = (0.0, 0, "")
    for small, large in zip(counter.attacks(size), counter.attacks(2 * size), strict=True):
        few = counter.run(small, method)
        many = counter.run(large, method, int(MOST_GROWTH * few) + MOST_STEPS)
        if many > MOST_STEPS:
            worst = max(worst, (many / few, many, large[:40]))
    return worst


def test_the_patterns_of_all_modules_are_found() -> None:
    names = {name.rpartition(".")[2] for name, _, _ in USES}
    assert {"_VERSION", "_DECLARED", "_VALUE", "_EMAIL", "_AT_END", "DIGIT_GROUPS"} <= names


@pytest.mark.parametrize(("name", "pattern", "method"), USES, ids=[f"{name} {method}" for name, _, method in USES])
def test_no_pattern_grows_faster_than_its_text(name: str, pattern: re.Pattern[Any], method: str) -> None:
    growth, _, text = _worst(pattern, method)
    assert growth < MOST_GROWTH, f"{name} takes too many steps for {text!r}"


@pytest.mark.parametrize(
    ("pattern", "method"),
    [
        (r"(a+)+b", "match"),
        (r"[A-Z]+ +(.+?) +HTTP", "fullmatch"),
        (r"<ID>\s*([^<]+?)\s*</", "finditer"),
        (r">([^<]*[^<\s][^<]*)<", "sub"),
        (r"a*b", "search"),
    ],
)
def test_the_counter_finds_patterns_that_grow_faster(pattern: str, method: str) -> None:
    assert _worst(re.compile(pattern), method, 16)[0] > MOST_GROWTH


@pytest.mark.parametrize("text", ["", "a", "aab", "<ID> x </ID>", "a\nb", "AbC", "12-34", "'a' b'"])
@pytest.mark.parametrize(
    "pattern", [r"a*?b", r"(?i)<(id)>\s*([^<]+?)\s*</\1", r"(?>a*)b|[^a-c]+", r"\b\w+\b", r"(?<!\d)\d{2,}", r"'[^']*+'"]
)
def test_the_counter_matches_as_re_does(pattern: str, text: str) -> None:
    compiled = re.compile(pattern)
    counter = Counter(compiled)
    counter.run(text, "fullmatch")
    assert counter.is_match is (compiled.fullmatch(text) is not None)
