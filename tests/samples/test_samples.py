"""The sample clients in `examples`: their tests pass, and fail if the client is wrong."""

import shutil
import subprocess
from pathlib import Path

import pytest
from harness.tools import need
from samples.mutants import MUTANTS, Mutant
from samples.suites import EXAMPLES, SUITES, javac

LEAST = 25
"""Each suite has at least this number of tests."""


@pytest.mark.parametrize("folder", SUITES)
def test_the_tests_of_a_sample_pass(folder: str, url: str, tmp_path: Path) -> None:
    suite = SUITES[folder]
    results = suite.run(suite.copy(tmp_path), url)
    assert [name for name, passed in results.items() if not passed] == []
    assert len(results) >= LEAST, results


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_the_tests_of_a_sample_find_a_wrong_client(mutant: Mutant, url: str, tmp_path: Path) -> None:
    suite = SUITES[mutant.folder]
    copy = suite.copy(tmp_path)
    mutant.change(copy)
    results = suite.run(copy, url, mutant.test)
    assert not all(results.values()), results


def test_the_java_client_with_http_url_connection_compiles_for_java_8(tmp_path: Path) -> None:
    need(shutil.which("javac"), "javac", "default-jdk-headless")
    main = EXAMPLES / "java" / "src" / "main"
    sources = [path for path in main.rglob("*.java") if path.stem != "HttpClientTransport"]
    done = subprocess.run(javac("--release", "8", *sources), cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "classes" / "ccell" / "UrlConnectionTransport.class").exists()
