"""The metadata of the distribution, which people and PyPI read."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from ruamel.yaml import YAML
from trove_classifiers import classifiers

import ccell_fake

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    """The table `project` of `pyproject.toml`."""
    table: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return table


def test_each_classifier_is_known_to_pypi_and_stands_once_in_order(project: dict[str, Any]) -> None:
    assert set(project["classifiers"]) <= classifiers
    assert project["classifiers"] == sorted(set(project["classifiers"]))


def test_each_supported_python_has_a_classifier(project: dict[str, Any]) -> None:
    prefix = "Programming Language :: Python :: 3."
    named = {one.removeprefix(prefix) for one in project["classifiers"] if one.startswith(prefix)}
    supported = SpecifierSet(project["requires-python"])
    assert named == {str(minor) for minor in range(15) if f"3.{minor}" in supported}


def test_each_dependency_has_a_lower_bound_or_limits_one(project: dict[str, Any]) -> None:
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    requirements = [Requirement(line) for group in groups for line in group]
    unbounded = [one.name for one in requirements if not one.specifier and one.name != project["name"]]
    assert unbounded == []


def test_the_citation_names_this_version_and_licence(project: dict[str, Any]) -> None:
    citation = YAML(typ="safe").load(ROOT / "CITATION.cff")  # pyright: ignore[reportUnknownMemberType] - untyped
    assert citation["version"] == ccell_fake.__version__
    assert citation["license"] == project["license"]
    assert citation["title"] == project["name"]
    assert citation["authors"] == project["authors"]
