"""Emulators and accounts for fixtures: what the command line, the ini file and markers say of them."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest

from ccell_fake.control.client import ControlError
from ccell_fake.errors import CcellError
from ccell_fake.testing import Ccell, Server
from pytest_ccell import journal_section

_MARKER = "ccell"


@contextmanager
def server(request: pytest.FixtureRequest) -> Generator[Server]:
    """The emulator of `--ccell-url`, or one that is started from `ccell_config`."""
    url: str | None = request.config.getoption("--ccell-url")
    if url:
        with _at(url, request.config.getoption("--ccell-token") or "") as reached:
            yield reached
        return
    # Flask and the store are of no use to those who have an emulator elsewhere.
    from ccell_mock_server import fake  # noqa: PLC0415
    from ccell_mock_server.emulator import Emulator  # noqa: PLC0415

    with Emulator(request.getfixturevalue("ccell_config")) as emulator, fake.server(emulator) as reached:
        yield reached


def _at(url: str, token: str) -> Server:
    try:
        return Server.at(url, token)
    except (CcellError, ValueError) as error:
        pytest.fail(f"--ccell-url={url}: {error}", pytrace=False)


@contextmanager
def account(item: pytest.Item, server: Server) -> Generator[Ccell]:
    """An account as the markers of a test set it; if asked, its end is when the code under test is judged."""
    settings = _settings(item)
    is_strict = _is_strict(item, settings.pop("strict", None))
    try:
        opened = server.open(**settings)
    except ControlError as error:
        pytest.fail(f"{_shown(settings)}: {error.problem.detail}", pytrace=False)
    except ValueError as error:
        pytest.fail(f"{_shown(settings)}: {error}", pytrace=False)
    try:
        yield opened
        found = opened.breaches() if is_strict else ()
        if found:
            item.add_report_section("teardown", journal_section.JOURNAL, journal_section.journal(opened))
            told = "\n".join(map(str, found))
            pytest.fail(f"the code under test did not keep to the gateway's document\n{told}", pytrace=False)
    finally:
        opened.close()


def _is_strict(item: pytest.Item, marked: object) -> bool:
    if marked is None:
        return bool(item.config.getini("ccell_strict"))
    if not isinstance(marked, bool):
        pytest.fail(f"@pytest.mark.ccell(strict={marked!r}): strict takes True or False, not {marked!r}", pytrace=False)
    return marked


def _settings(item: pytest.Item) -> dict[str, Any]:
    """What the markers say, the nearest last."""
    settings: dict[str, Any] = {}
    for marker in reversed(list(item.iter_markers(_MARKER))):
        if marker.args:
            pytest.fail(
                f"@pytest.mark.ccell{marker.args!r}: settings are given by name, as in @pytest.mark.ccell(balance=5)",
                pytrace=False,
            )
        settings.update(marker.kwargs)
    return settings


def _shown(settings: dict[str, Any]) -> str:
    """The marker as it may be shown."""
    shown = ((name, "..." if name == "password" else repr(value)) for name, value in settings.items())
    return f"@pytest.mark.ccell({', '.join(f'{name}={value}' for name, value in shown)})"
