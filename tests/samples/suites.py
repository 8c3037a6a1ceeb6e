"""The sample clients in `examples`, and how to build and run the tests of each."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from harness.pages import ROOT
from harness.tools import need

EXAMPLES = ROOT / "examples"

_JARS = [
    Path(f"/usr/share/java/{name}.jar")
    for name in (
        "apiguardian-api",
        "gson",
        *(f"junit-jupiter-{part}" for part in ("api", "engine", "params")),
        *(f"junit-platform-{part}" for part in ("commons", "console", "engine", "launcher", "reporting")),
        "opentest4j",
        "opentest4j-reporting-events",
        "picocli",
        "univocity-parsers",
    )
]
_BUILT = shutil.ignore_patterns(".venv", "__pycache__", "bin", "node_modules", "obj", "target", "vendor")
_NUNIT = Path("/usr/lib/cli/nunit.framework-2.6.3/nunit.framework.dll")
_MONO = ("System.Net.Http", "System.Runtime.Serialization", "System.Xml", "System.Xml.Linq")

Command = Sequence[str]
Results = dict[str, bool]
"""Whether each test passed, by its name."""


@dataclass(frozen=True, slots=True)
class Suite:
    """Tests of a sample client.

    Attributes:
        folder: The folder in `examples`.
        tools: What they need: a program or a file, and Debian's package.
        build: The commands that build client and tests in a copy of the folder. They have to succeed.
        test: The command that runs the tests, or only the one with this name.
        read: Reads the results from the copy of the folder and the output of `test`.
    """

    folder: str
    tools: tuple[tuple[str | Path, str], ...]
    build: Callable[[Path], list[Command]]
    test: Callable[[str | None], Command]
    read: Callable[[Path, str], Iterator[tuple[str, bool]]]

    def copy(self, folder: Path) -> Path:
        """Copy the client and its tests into a folder. The test is skipped if the machine cannot run them."""
        for tool, package in self.tools:
            need(tool.exists() if isinstance(tool, Path) else shutil.which(tool), str(tool), package)
        return shutil.copytree(EXAMPLES / self.folder, folder / self.folder, ignore=_BUILT)

    def run(self, copy: Path, url: str, only: str | None = None) -> Results:
        """Build and run the tests in a copy, on an emulator."""
        environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        environment |= {"CCELL_FAKE_URL": url, "GOFLAGS": "", "GOTELEMETRY": "off", "GOTOOLCHAIN": "local"}
        for command in self.build(copy):
            built = _run(command, copy, environment)
            assert built.returncode == 0, built.stdout + built.stderr
        ran = _run(self.test(only), copy, environment)
        results = dict(self.read(copy, ran.stdout))
        assert results, ran.stdout + ran.stderr
        assert (ran.returncode == 0) == all(results.values()), ran.stdout + ran.stderr
        return results


def _run(command: Command, folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, check=False, encoding="utf-8", timeout=240
    )


def javac(*arguments: str | Path) -> Command:
    """Return the command that compiles Java into the folder `classes`. Warnings are errors."""
    options = ("-encoding", "UTF-8", "-Werror", "-Xlint:all,-path,-options", "-d", "classes")
    return ("javac", "-J-XX:TieredStopAtLevel=1", *options, *map(str, arguments))


def _java_build(copy: Path) -> list[Command]:
    return [javac("-cp", _class_path(), *copy.rglob("*.java"))]


def _class_path() -> str:
    return os.pathsep.join(["classes", *map(str, _JARS)])


def _java_test(only: str | None) -> Command:
    launcher = "org.junit.platform.console.ConsoleLauncher"
    selected = ("-p", "ccell") if only is None else ("-m", f"ccell.{only}")
    java = ("java", "-XX:TieredStopAtLevel=1", "-Dfile.encoding=UTF-8", "-cp", _class_path())
    return (*java, launcher, "--disable-banner", "--reports-dir", "reports", *selected)


def _csharp_build(copy: Path) -> list[Command]:
    references = [f"-r:{name}" for name in (*_MONO, _NUNIT)]
    sources = sorted(source.name for source in copy.glob("*.cs"))
    return [("mcs", "-langversion:7", "-warnaserror", "-target:library", "-out:tests.dll", *references, *sources)]


def _csharp_test(only: str | None) -> Command:
    selected = () if only is None else (f"-run:Ccell.CcellClientTests.{only}",)
    return ("nunit-console", "-nologo", "-noshadow", "-domain:None", "-process:Single", *selected, "tests.dll")


def _junit_xml(copy: Path, _output: str) -> Iterator[tuple[str, bool]]:
    for report in [*copy.glob("results.xml"), *copy.glob("reports/*.xml")]:
        for case in ET.parse(report).iter("testcase"):  # noqa: S314 - its own files
            assert case.find("skipped") is None, ET.tostring(case, "unicode")
            name = f"{case.get('classname', '').rpartition('.')[2]}#{case.get('name')}"
            yield name, case.find("failure") is None and case.find("error") is None


def _nunit_xml(copy: Path, _output: str) -> Iterator[tuple[str, bool]]:
    for case in ET.parse(copy / "TestResult.xml").iter("test-case"):  # noqa: S314 - its own files
        assert case.get("executed") == "True", case.attrib
        yield case.get("name", ""), case.get("success") == "True"


def _go_json(_copy: Path, output: str) -> Iterator[tuple[str, bool]]:
    for line in output.splitlines():
        event = json.loads(line)
        assert event["Action"] != "skip", event
        if "Test" in event and event["Action"] in {"pass", "fail"}:
            yield event["Test"], event["Action"] == "pass"


def _tap(_copy: Path, output: str) -> Iterator[tuple[str, bool]]:
    for failed, name, directive in re.findall(r"^(not )?ok \d+ - (.*?)( # \w+.*)?$", output, re.MULTILINE):
        # A test that a name pattern leaves out is listed as skipped.
        if not directive:
            yield name, not failed


def _only(option: str, only: str | None) -> tuple[str, ...]:
    return () if only is None else (option, only)


SUITES = {
    suite.folder: suite
    for suite in (
        Suite(
            "csharp",
            (("mcs", "mono-mcs"), ("nunit-console", "nunit-console"), (_NUNIT, "libnunit-framework2.6.3-cil")),
            _csharp_build,
            _csharp_test,
            _nunit_xml,
        ),
        Suite(
            "go",
            (("go", "golang-go"),),
            lambda _copy: [("go", "vet", "./...")],
            lambda only: ("go", "test", "-count=1", "-json", *_only("-run", only), "./..."),
            _go_json,
        ),
        Suite(
            "java",
            (("javac", "default-jdk-headless"), *((jar, "junit5 or libgoogle-gson-java") for jar in _JARS)),
            _java_build,
            _java_test,
            _junit_xml,
        ),
        Suite(
            "node",
            (("node", "nodejs"),),
            lambda _copy: [],
            lambda only: ("node", "--test-reporter=tap", *_only("--test-name-pattern", only), "ccell.test.js"),
            _tap,
        ),
        Suite(
            "php",
            (("php", "php-cli"), ("phpunit", "phpunit")),
            lambda _copy: [],
            lambda only: ("phpunit", "--log-junit", "results.xml", *_only("--filter", only)),
            _junit_xml,
        ),
        Suite(
            "python",
            (),
            lambda _copy: [],
            lambda only: (sys.executable, "-m", "pytest", "--junitxml=results.xml", *_only("-k", only)),
            _junit_xml,
        ),
    )
}
"""The suites by their folder."""
