"""Write the pages of the Python API, one for each module: the public names, their signatures and their docstrings."""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import griffe

PACKAGES = (
    "ccell_fake",
    "ccell_mock_server",
    "ccell_fake.client",
    "ccell_fake.testing",
    "ccell_fake.control.client",
    "ccell_fake.control.queries",
    "ccell_fake.inspection",
    "ccell_fake.coverage",
    "ccell_fake.faults",
    "ccell_fake.settings",
    "ccell_fake.strategies",
    "ccell_fake.stateful",
    "ccell_mock_server.live",
)
"""The modules for users, in the order of the navigation."""

_WIDTH = 100
_OPENING, _CLOSING = "([{", ")]}"


@cache
def pages() -> dict[str, str]:
    """The page of each module, by its name."""
    loader = griffe.GriffeLoader(docstring_parser=griffe.Parser.google)
    for name in {package.partition(".")[0] for package in PACKAGES}:
        loader.load(name)
    loader.resolve_aliases(external=False)
    described: dict[str, str] = {}
    return {package: "\n\n".join(_module(loader.modules_collection[package], described)) + "\n" for package in PACKAGES}


def contents(folder: str) -> str:
    """A list of the modules, with links to their pages in a folder.

    Args:
        folder: The folder of the pages, as the page of the list links to it.
    """
    firsts = {name: _line(page.split("\n\n")[1]) for name, page in pages().items()}
    return "\n".join(f"- [`{name}`]({folder}/{name}.md): {first}" for name, first in firsts.items()) + "\n"


def _module(module: griffe.Module, described: dict[str, str]) -> Iterator[str]:
    """A module's docstring and its exports. A name that was described before is a link."""
    yield f"# {module.path}"
    yield from _docstring(module)
    for export in module.exports or ():
        name = str(export)
        # A function may have the name of the module that it stands in.
        member = module.modules_collection[module.imports[name]] if name in module.imports else module[name]
        target = member.final_target if isinstance(member, griffe.Alias) else member
        if target.path in described:
            yield f"- `{name}`: see {described[target.path]}."
        elif not name.startswith("__"):
            described[target.path] = f"[{name}]({module.path}.md#{name.lower()})"
            yield from _member(name, target)


def _member(name: str, target: Any) -> Iterator[str]:  # noqa: ANN401 - griffe's classes, functions and attributes
    yield f"## {name}"
    yield from _callable(name, target)
    if not target.is_class:
        return
    constructor = target.members.get("__init__")
    if constructor is not None and constructor.docstring is not None:
        yield from list(_docstring(constructor))[1:]
    for method in target.all_members.values():
        if method.is_function and not method.name.startswith("_"):
            yield f"### {name}.{method.name}"
            yield from _callable(method.name, method)


def _callable(name: str, target: Any) -> Iterator[str]:  # noqa: ANN401 - likewise
    if target.is_class or target.is_function:
        # A class has its methods' overloads, by their names.
        overloads: list[Any] = [] if target.is_class else target.overloads
        signatures = overloads or [target]
        lines = "\n".join(_wrapped(one.signature().replace(one.name, name, 1)) for one in signatures)
        yield f"```python\n{lines}\n```"
    elif target.value is not None and target.docstring is None:
        yield f"`{name} = {target.value}`"
    yield from _docstring(target)


def _docstring(target: Any) -> Iterator[str]:  # noqa: ANN401 - likewise
    for section in target.docstring.parsed if target.docstring else ():
        match section.kind:
            case griffe.DocstringSectionKind.text:
                yield section.value
            case griffe.DocstringSectionKind.attributes | griffe.DocstringSectionKind.parameters:
                yield "\n".join(f"- `{item.name}`: {_line(item.description)}" for item in section.value)
            case griffe.DocstringSectionKind.raises:
                yield "\n".join(f"- raises `{item.annotation}`: {_line(item.description)}" for item in section.value)
            case griffe.DocstringSectionKind.returns | griffe.DocstringSectionKind.yields:
                yield "\n".join(f"- {section.kind.value}: {_line(item.description)}" for item in section.value)
            case _:
                message = f"{target.path}: the page has no form for the docstring section {section.kind}"
                raise ValueError(message)


def _line(text: str) -> str:
    return " ".join(text.split())


def _wrapped(signature: str) -> str:
    """The signature on one line if it fits, else with one argument a line."""
    if len(signature) <= _WIDTH:
        return signature
    name, _, rest = signature.partition("(")
    arguments, _, returned = rest.rpartition(")")
    return "\n".join([f"{name}(", *(f"    {one}," for one in _arguments(arguments)), f"){returned}"])


def _arguments(text: str) -> Iterable[str]:
    """The arguments of a signature: commas within brackets do not divide them."""
    depth, start = 0, 0
    for place, character in enumerate(text):
        depth += (character in _OPENING) - (character in _CLOSING)
        if character == "," and depth == 0:
            yield text[start:place].strip()
            start = place + 1
    yield text[start:].strip()
