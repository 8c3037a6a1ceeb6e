"""Run pytest or the command `ccell-fake` in a process of its own that starts at once.

A server process imports the slow libraries once, and forks for each run. Nothing else is shared between runs.
"""

import atexit
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from multiprocessing import forkserver
from pathlib import Path
from tempfile import TemporaryDirectory

PRELOADED = (
    *(
        "pytest",
        "hypothesis.stateful",
        "xdist.plugin",
        "pytest_asyncio.plugin",
        "pytest_timeout",
        "schemathesis.pytest.plugin",
    ),
    *("flask", "cheroot.wsgi", "httpx2", "pydantic", "rich.table", "faker", "trustme"),
)
"""Libraries that take long to import. None is of this project: a run imports the project itself."""

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(list(PRELOADED))


def run(
    program: str, arguments: Sequence[str], folder: Path, environment: Mapping[str, str], seconds: float = 280
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end.

    Args:
        program: `pytest` or `ccell-fake`.
        arguments: The command line after the program.
        folder: The current folder.
        environment: All environment variables.
        seconds: Kill the process after this time.

    Raises:
        TimeoutExpired: The process was killed.
    """
    _start_server()
    with TemporaryDirectory() as outputs:
        paths = [Path(outputs) / name for name in ("stdout", "stderr")]
        process = _CONTEXT.Process(target=_child, args=(program, list(arguments), folder, dict(environment), *paths))
        process.start()
        process.join(seconds)
        if process.is_alive():
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired([program, *arguments], seconds)
        stdout, stderr = (path.read_text("utf-8", "replace") if path.exists() else "" for path in paths)
    return subprocess.CompletedProcess([program, *arguments], process.exitcode or 0, stdout, stderr)


def _start_server() -> None:
    """Start the server without the variables that change what a library does when it is imported."""
    kept = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith(("CI", "PYTEST_"))}
    try:
        forkserver.ensure_running()
    finally:
        os.environ.update(kept)


def _child(
    program: str, arguments: list[str], folder: Path, environment: dict[str, str], stdout: Path, stderr: Path
) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.path[:0] = ["", *filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))]
    sys.argv = [program, *arguments]
    # xdist keeps the path that it was imported with, so it is imported again.
    for name in [name for name in sys.modules if name.partition(".")[0] == "xdist"]:
        del sys.modules[name]
    for path, descriptor in ((stdout, 1), (stderr, 2)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND), descriptor)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    try:
        sys.exit(_main(program))
    finally:
        sys.stdout.flush()
        atexit._run_exitfuncs()  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - multiprocessing does not call them


def _main(program: str) -> int:
    if program == "pytest":
        import pytest  # noqa: PLC0415 - only the child runs it

        return int(pytest.main())
    from ccell_mock_server.cli import main  # noqa: PLC0415 - likewise

    main(prog_name=program)
    return 0
