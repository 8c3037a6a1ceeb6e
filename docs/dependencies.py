"""The packages that an installation brings: who needs each, and what for."""

import re
import tomllib
from collections import defaultdict
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"
EXTRAS = ("tls", "postgresql", "hypothesis", "contract", "demo")
"""The extras for users."""

_PROJECT: dict[str, Any] = tomllib.loads(PYPROJECT.read_text("utf-8"))["project"]
# The packages are those of the oldest Python, on Linux.
_MARKERS = {
    "implementation_name": "cpython",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_system": "Linux",
    "python_full_version": "3.11.0",
    "python_version": "3.11",
    "sys_platform": "linux",
}


def brought(extra: str = "") -> dict[str, set[str]]:
    """Return the packages that an installation with an extra brings, and those that need each.

    The packages have to be installed, because their own metadata says what they need.
    """
    needed_by = defaultdict[str, set[str]](set)
    pending, seen = [(_PROJECT["name"], extra)], set[tuple[str, str]]()
    while pending:
        seen.add(pending[-1])
        name, extra = pending.pop()
        for requirement in _requirements(name, extra):
            needed = canonicalize_name(requirement.name)
            needed_by[needed].add(name)
            pending += {(needed, one) for one in ("", *requirement.extras)} - seen
    needed_by.pop(_PROJECT["name"], None)
    return dict(sorted(needed_by.items()))


def uses() -> dict[str, str]:
    """Return what each dependency is used for, as the comments in `pyproject.toml` say."""
    return dict(re.findall(r'^    "([\w-]+)[^"]*", # (.+)$', PYPROJECT.read_text("utf-8"), re.MULTILINE))


def _requirements(name: str, extra: str) -> list[Requirement]:
    """Return the requirements of a package, or those that an extra adds."""
    if name == _PROJECT["name"]:
        lines = [*_PROJECT["dependencies"], *(_PROJECT["optional-dependencies"][extra] if extra else ())]
        return [one for one in map(Requirement, lines) if _applies(one, "")]
    return [one for one in map(Requirement, metadata.requires(name) or ()) if _applies(one, extra)]


def _applies(requirement: Requirement, extra: str) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({**_MARKERS, "extra": extra})
