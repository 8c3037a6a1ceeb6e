"""Internal. Emulators and accounts for the fixtures."""

import os
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Never

import pytest

from ccell_fake.control.client import ControlError
from ccell_fake.errors import CcellError
from ccell_fake.proxies import exempted
from ccell_fake.testing import Ccell, LimitsBroken, Server, registry
from pytest_ccell import journals

_MARKER = "ccell"
_WORKER = "PYTEST_XDIST_WORKER"


def _fail(message: str) -> Never:
    """Fail the test with a message only, also while another error is handled."""
    raise pytest.fail.Exception(message, pytrace=False) from None


@contextmanager
def server(request: pytest.FixtureRequest) -> Generator[Server]:
    """The emulator of `--ccell-url`, or one that is started from `ccell_config`."""
    url: str | None = request.config.getoption("--ccell-url")
    is_strict = bool(request.config.getini("ccell_strict"))
    if url:
        option = request.config.option
        with _connect(url, option.ccell_token or "", option.ccell_cacert, is_strict=is_strict) as connected:
            yield connected
        return
    # A running emulator needs neither Flask nor the store.
    from ccell_mock_server import fake  # noqa: PLC0415
    from ccell_mock_server.emulator import Emulator  # noqa: PLC0415

    config = request.getfixturevalue("ccell_config")
    profile: str = request.config.getoption("--ccell-profile") or ""
    if profile and config.server.profile != profile:
        _fail(
            f"--ccell-profile={profile} has no effect, because ccell_config is overridden; set `profile` there",
        )
    with ExitStack() as stack:
        try:
            emulator = stack.enter_context(Emulator(config))
        except CcellError as error:
            hint = "; each pytest-xdist worker starts an emulator: use port 0, or another port for each worker"
            _fail(f"{error}{hint if config.server.port and _WORKER in os.environ else ''}")
        stack.enter_context(exempted(emulator.url))
        yield stack.enter_context(fake.server(emulator, is_strict=is_strict))


def _connect(url: str, token: str, cacert: str | None, *, is_strict: bool) -> Server:
    path = Path(cacert) if cacert else None
    try:
        return Server.at(url, token, path, is_strict=is_strict, is_shared=_WORKER in os.environ)
    except (CcellError, ValueError) as error:
        _fail(f"--ccell-url={url}: {error}")


@contextmanager
def account(node: pytest.Item | pytest.Collector, server: Server) -> Generator[Ccell]:
    """Open an account with the settings of the markers, and close it at the end."""
    settings = _marker_settings(node)
    try:
        ccell = server.open(**settings)
    except ControlError as error:
        _fail(f"{_render_marker(settings)}: {error.problem.detail}")
    except (TypeError, ValueError) as error:
        _fail(f"{_render_marker(settings)}: {error}")
    try:
        yield ccell
    finally:
        close(ccell, node)


def close(ccell: Ccell, node: pytest.Item | pytest.Collector) -> None:
    """Close an account. Fail, and add the journal to the report of a test, if the code under test broke limits."""
    if ccell not in registry.accounts:
        return
    journal = journals.render(journals.of_strict_account(ccell)) if ccell.is_strict else ""
    try:
        ccell.close()
    except LimitsBroken as error:
        if isinstance(node, pytest.Item):
            node.add_report_section("teardown", journals.TITLE, journal)
        _fail(str(error))


def _marker_settings(node: pytest.Item | pytest.Collector) -> dict[str, Any]:
    """The settings of all markers. The nearest marker wins."""
    settings: dict[str, Any] = {}
    for marker in reversed(list(node.iter_markers(_MARKER))):
        if marker.args:
            _fail(
                f"@pytest.mark.ccell{marker.args!r}: settings must have names, as in @pytest.mark.ccell(balance=5)",
            )
        settings.update(marker.kwargs)
    return settings


def _render_marker(settings: dict[str, Any]) -> str:
    """The marker without its password."""
    values = ((name, "..." if name == "password" else repr(value)) for name, value in settings.items())
    return f"@pytest.mark.ccell({', '.join(f'{name}={value}' for name, value in values)})"
