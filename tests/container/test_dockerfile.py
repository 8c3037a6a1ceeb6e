"""The image: each instruction of the Dockerfile is carried out in a folder, and its commands are run there."""

import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from container.image import Image, build, ignored, instructions
from harness import http, processes

from ccell_fake import ControlClient
from ccell_mock_server.http.paths import DEFAULT_PORT

PYTHON = Path(sys.executable)
# The first test installs the package with its dependencies.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    """The image, built without extras, as they would only take time. Any user may look into it."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield build(Path(folder, "root"), PYTHON, EXTRAS="")


def _as_user(uid: int) -> int | None:
    """Return the uid, or None if processes cannot change to it, or if it cannot run Python here."""
    try:
        subprocess.run([PYTHON.resolve(), "-c", ""], check=True, timeout=60, user=uid, group=uid, extra_groups=[])
    except PermissionError:
        return None
    return uid


@contextmanager
def _running(image: Image, port: int, uid: int, **variables: str) -> Generator[subprocess.Popen[str]]:
    """Run the container's command, with nothing but the variables of the image."""
    command = [*image.argv("ENTRYPOINT"), *image.instructions["CMD"].argv()]
    environment = {**image.environment, "CCELL_FAKE_PORT": str(port), **variables}
    user = _as_user(uid)
    with subprocess.Popen(
        command,
        cwd=image.folder,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        user=user,
        group=user,
        extra_groups=None if user is None else [],
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _check_health(image: Image, port: int) -> subprocess.CompletedProcess[str]:
    environment = {**image.environment, "CCELL_FAKE_PORT": str(port)}
    command = image.argv("HEALTHCHECK")
    return subprocess.run(
        command, cwd=image.folder, env=environment, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize("uid", [None, 65534])
def test_a_container_answers_is_healthy_and_stops_at_sigterm(image: Image, uid: int | None) -> None:
    port = processes.free_port()
    with _running(image, port, uid or image.uid) as process:
        assert process.stdout
        url = process.stdout.readline().split()[-1]
        assert url == f"http://127.0.0.1:{port}"
        token = next(line for line in process.stdout if line.startswith("  token ")).split()[-1]
        healthy = _check_health(image, port)
        assert (healthy.returncode, healthy.stdout) == (0, f"{url} is ready\n"), healthy.stderr
        assert http.get(url, b"/_ccell/v1/accounts").status == 401
        with ControlClient(url, token) as control:
            assert control.account("200001").status().left
        process.send_signal(signal.SIGTERM)
        assert process.stdout.read().endswith("stopping\n")
        assert process.wait(60) == 0
    assert list(image.folder.iterdir()) == []


def test_a_container_without_an_emulator_is_unhealthy(image: Image) -> None:
    assert _check_health(image, processes.free_port()).returncode == 1


def test_the_folder_of_the_image_keeps_a_store(image: Image) -> None:
    port, store = processes.free_port(), image.folder / "ccell.sqlite"
    try:
        left = 0
        for _ in range(2):
            with _running(image, port, image.uid, CCELL_FAKE_STORE=str(store), CCELL_FAKE_CONTROL_TOKEN="x") as process:
                assert process.stdout
                with ControlClient(process.stdout.readline().split()[-1], "x") as control:
                    account = control.account("200001")
                    left = account.status().left
                    account.change(balance=5)
                process.terminate()
                assert process.wait(60) == 0
        assert left == 5
    finally:
        for path in image.folder.iterdir():
            path.unlink()


def test_the_image_holds_nothing_of_the_checkout_but_the_installed_package(image: Image) -> None:
    assert {path.name for path in image.root.iterdir()} == {"opt", "data"}
    assert shutil.which("ccell-fake", path=image.environment["PATH"].partition(":")[0])


def test_the_build_sees_only_what_the_dockerfile_copies() -> None:
    first, *others = ignored()
    assert first == "*"
    sources = {
        name for one in instructions() if one.name == "COPY" and not one.flag("from") for name in one.words()[:-1]
    }
    assert {pattern.removeprefix("!") for pattern in others if pattern.startswith("!")} == sources


def test_the_container_needs_no_shell_and_is_not_root() -> None:
    last = {one.name: one for one in instructions()}
    for name in ("ENTRYPOINT", "CMD", "HEALTHCHECK"):
        assert last[name].argv()
    user, _, group = last["USER"].value.partition(":")
    assert (int(user) > 0, int(group) > 0) == (True, True)
    assert last["EXPOSE"].value == str(DEFAULT_PORT)


def test_each_base_image_has_a_minor_version() -> None:
    arguments = dict(one.value.split("=") for one in instructions() if one.name == "ARG")
    bases = {one.words()[0] for one in instructions() if one.name == "FROM"}
    assert bases == {"python:${PYTHON}-slim"}
    major, minor = map(int, arguments["PYTHON"].split("."))
    assert (major, minor) >= (3, 11)
