"""YAML files and other files that services read obey their published schemas."""

import fnmatch
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

SCHEMAS = {
    ".github/ISSUE_TEMPLATE/config.yml": "vendor.github-issue-config",
    ".github/ISSUE_TEMPLATE/*.yml": "vendor.github-issue-forms",
    ".github/workflows/*.yml": "vendor.github-workflows",
    "CITATION.cff": "vendor.citation-file-format",
    "action.yml": "vendor.github-actions",
    "compose.yaml": "vendor.compose-spec",
    "deploy/postgresql/compose.yaml": "vendor.compose-spec",
}
"""Patterns of paths, and the names of their schemas in check-jsonschema. The first pattern that matches counts."""

_SUFFIXES = (".cff", ".yaml", ".yml")


def _files() -> list[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    # check-jsonschema has no schema of Kubernetes. Other tests check the manifests. MkDocs checks its own files.
    elsewhere = ("kubernetes.", "mkdocs.")
    names = [path for path in listed.splitlines() if path.endswith(_SUFFIXES)]
    return [path for path in names if not path.rpartition("/")[2].startswith(elsewhere)]


def _schema(path: str) -> str | None:
    return next((schema for pattern, schema in SCHEMAS.items() if fnmatch.fnmatchcase(path, pattern)), None)


@pytest.mark.parametrize("path", _files())
def test_a_file_obeys_its_schema(path: str) -> None:
    schema = _schema(path)
    assert schema, f"No pattern in SCHEMAS matches {path}."
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, "--verbose", path]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("pattern", SCHEMAS)
def test_a_pattern_has_a_file(pattern: str) -> None:
    assert fnmatch.filter(_files(), pattern)
