"""HAProxy and nginx before emulators, with the configurations of `deploy/postgresql`."""

import os
import shutil
import socket
import subprocess
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from harness.emulators import until
from harness.processes import free_port
from harness.tools import need

FOLDER = Path(__file__).parents[2] / "deploy" / "postgresql"
# Debian installs both where only root looks.
_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"])


@contextmanager
def haproxy(one: str, two: str) -> Generator[str]:
    """Run HAProxy before two emulators, by their URLs. Yields its own URL. The test is skipped without HAProxy."""
    program = shutil.which("haproxy", path=_PATH)
    need(program, "haproxy", "haproxy")
    port = free_port()
    addresses = {"LISTEN": f"127.0.0.1:{port}", "ONE": urlsplit(one).netloc, "TWO": urlsplit(two).netloc}
    command = [str(program), "-db", "-f", str(FOLDER / "haproxy.cfg")]
    with _running(command, port, {**os.environ, **addresses}) as url:
        yield url


@contextmanager
def nginx(one: str, two: str, folder: Path) -> Generator[str]:
    """Run nginx before two emulators likewise. It keeps its files in a folder."""
    program = shutil.which("nginx", path=_PATH)
    need(program, "nginx", "nginx-light")
    port = free_port()
    text = (FOLDER / "nginx.conf").read_text("utf-8")
    for before, after in (
        ("emulator-one:8026", urlsplit(one).netloc),
        ("emulator-two:8026", urlsplit(two).netloc),
        ("listen 8026", f"listen 127.0.0.1:{port}"),
    ):
        assert before in text
        text = text.replace(before, after)
    configuration = folder / "nginx.conf"
    configuration.write_text(text, "utf-8")
    # Its own files, elsewhere than in the folders of an installation.
    paths = "".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    configuration.write_text(text.replace("http {", f"http {{ {paths}", 1), "utf-8")
    own = f"daemon off; pid {folder}/pid; error_log stderr;"
    with _running([str(program), "-e", "stderr", "-c", str(configuration), "-g", own], port, dict(os.environ)) as url:
        yield url


@contextmanager
def _running(command: list[str], port: int, environment: dict[str, str]) -> Generator[str]:
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            until(lambda: process.poll() is not None or _listens(port))
            if process.poll() is not None:
                assert process.stderr
                raise AssertionError(process.stderr.read())
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False
