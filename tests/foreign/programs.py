"""Compile and run the programs in `clients`, which call the gateway with other languages and HTTP libraries."""

import functools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from harness.tools import need

from ccell_fake.testing import Ccell

CLIENTS = Path(__file__).with_name("clients")
PROGRAMS = (
    "CommonsHttpClient.java",
    "NetHttp.java",
    "UrlConnection.java",
    "curl.php",
    "fetch.mjs",
    "http.mjs",
    "net_http.go",
    "urllib_client.py",
)
"""The programs, one for each HTTP library. Each has at least the scenarios `post` and `get`."""

CONTENT = "验证码为1234。【签名】"
PHONES = ("13800000000", "13900000001")
"""Every program sends this content to these numbers."""

_JARS = [Path(f"/usr/share/java/commons-{name}.jar") for name in ("httpclient", "codec", "logging")]
_TOOLS = {
    ".go": ("go", "golang-go"),
    ".java": ("javac", "default-jdk-headless"),
    ".mjs": ("node", "nodejs"),
    ".php": ("php", "php-cli"),
}
_QUICK_START = "-XX:TieredStopAtLevel=1"


class Programs:
    """The programs in `clients`. Each is compiled when a test first runs it.

    Attributes:
        environment: The environment of the programs, without proxies.
    """

    def __init__(self, folder: Path, cache: Path) -> None:
        """Compile into `folder`. The compiler of Go keeps its cache in `cache`."""
        self._folder = folder
        self.environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        self.environment |= {"GO111MODULE": "off", "GOFLAGS": "", "GOTELEMETRY": "off", "GOCACHE": str(cache)}

    def run(self, program: str, url: str, ccell: Ccell, scenario: str, password: str | None = None) -> Any:
        """Run a scenario of a program, and return the JSON that it prints. The password is the account's by default.

        The test is skipped if the machine cannot run the program.
        """
        path = CLIENTS / program
        self.require(path)
        return json.loads(self._execute(*self._command(path), url, ccell.userid, password or ccell.password, scenario))

    def require(self, path: Path) -> None:
        """Skip the test if the machine cannot run a program."""
        if path.suffix in _TOOLS:
            tool, package = _TOOLS[path.suffix]
            need(shutil.which(tool), tool, package)
        if path.suffix == ".php":
            need("curl" in self._php_extensions, "curl for PHP", "php-curl")

    def _command(self, path: Path) -> tuple[str, ...]:
        match path.suffix:
            case ".go":
                return (self.compiled_go(path),)
            case ".java":
                return ("java", _QUICK_START, "-cp", self._java, path.stem)
            case ".mjs":
                return ("node", str(path))
            case ".php":
                return ("php", str(path))
            case _:
                return (sys.executable, str(path))

    @functools.cached_property
    def _java(self) -> str:
        """The class path of the compiled Java programs."""
        need(all(jar.exists() for jar in _JARS), "Commons HttpClient", "libcommons-httpclient-java")
        folder, sources = self._folder / "java", map(str, CLIENTS.glob("*.java"))
        class_path = os.pathsep.join(map(str, [folder, *_JARS]))
        self._execute(
            "javac", f"-J{_QUICK_START}", "-encoding", "UTF-8", "-cp", class_path, "-d", str(folder), *sources
        )
        return class_path

    @functools.cached_property
    def _php_extensions(self) -> list[str]:
        return self._execute("php", "-m").split()

    @functools.cache  # noqa: B019 - a session has one object
    def compiled_go(self, source: Path) -> str:
        """Compile a program in Go, and return the path of the result."""
        self._execute("go", "build", "-o", str(self._folder / source.stem), str(source))
        return str(self._folder / source.stem)

    def _execute(self, *command: str) -> str:
        done = subprocess.run(command, env=self.environment, capture_output=True, check=False, timeout=240)
        assert done.returncode == 0, done.stderr.decode(errors="replace")
        return done.stdout.decode()
