"""Internal. Emulators and accounts for the fixtures, and the journals of failed tests."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ccell_fake.control.client import ControlError
from ccell_fake.errors import CcellError
from ccell_fake.inspection import JournalEntry
from ccell_fake.printable import escape_controls
from ccell_fake.testing import Ccell, Server

JOURNAL = "ccell journal"
"""Title of the report section with an account's journal."""

STRICT_PROCESSING_TIME = 0.02
"""Seconds that a request to a strict account takes by default, so that simultaneous requests overlap (K1)."""

_MARKER = "ccell"
_MOST_ENTRIES = 50
_LONGEST = 1_000


@contextmanager
def server(request: pytest.FixtureRequest) -> Generator[Server]:
    """The emulator of `--ccell-url`, or one that is started from `ccell_config`."""
    url: str | None = request.config.getoption("--ccell-url")
    if url:
        option = request.config.option
        with _connect(url, option.ccell_token or "", option.ccell_cacert) as connected:
            yield connected
        return
    # A running emulator needs neither Flask nor the store.
    from ccell_mock_server import fake  # noqa: PLC0415
    from ccell_mock_server.emulator import Emulator  # noqa: PLC0415

    with Emulator(request.getfixturevalue("ccell_config")) as emulator, fake.server(emulator) as started:
        yield started


def _connect(url: str, token: str, cacert: str | None) -> Server:
    try:
        return Server.at(url, token, Path(cacert) if cacert else None)
    except (CcellError, ValueError) as error:
        pytest.fail(f"--ccell-url={url}: {error}", pytrace=False)


@contextmanager
def account(item: pytest.Item, server: Server) -> Generator[Ccell]:
    """Open an account with the settings of the test's markers. With `strict`, check the code under test at the end."""
    settings = _marker_settings(item)
    is_strict = _is_strict(item, settings.pop("strict", None))
    if is_strict:
        settings.setdefault("processing_time", STRICT_PROCESSING_TIME)
    try:
        ccell = server.open(**settings)
    except ControlError as error:
        pytest.fail(f"{_render_marker(settings)}: {error.problem.detail}", pytrace=False)
    except ValueError as error:
        pytest.fail(f"{_render_marker(settings)}: {error}", pytrace=False)
    try:
        yield ccell
        breaches = ccell.breaches() if is_strict else ()
        if breaches:
            item.add_report_section("teardown", JOURNAL, render_journal(ccell))
            lines = "\n".join(map(str, breaches))
            pytest.fail(f"the code under test exceeded limits of the gateway's document\n{lines}", pytrace=False)
    finally:
        ccell.close()


def _is_strict(item: pytest.Item, strict: object) -> bool:
    if strict is None:
        return bool(item.config.getini("ccell_strict"))
    if not isinstance(strict, bool):
        pytest.fail(
            f"@pytest.mark.ccell(strict={strict!r}): strict must be True or False, got {strict!r}", pytrace=False
        )
    return strict


def _marker_settings(item: pytest.Item) -> dict[str, Any]:
    """The settings of all markers. The nearest marker wins."""
    settings: dict[str, Any] = {}
    for marker in reversed(list(item.iter_markers(_MARKER))):
        if marker.args:
            pytest.fail(
                f"@pytest.mark.ccell{marker.args!r}: settings must have names, as in @pytest.mark.ccell(balance=5)",
                pytrace=False,
            )
        settings.update(marker.kwargs)
    return settings


def _render_marker(settings: dict[str, Any]) -> str:
    """The marker without its password."""
    values = ((name, "..." if name == "password" else repr(value)) for name, value in settings.items())
    return f"@pytest.mark.ccell({', '.join(f'{name}={value}' for name, value in values)})"


def render_journal(ccell: Ccell) -> str:
    """The last entries of the account's journal, for the report of a failed test."""
    try:
        entries = ccell.journal()
    except CcellError as error:
        return f"account {ccell.userid}: its journal cannot be read: {error}"
    lines = [line for entry in entries[-_MOST_ENTRIES:] for line in _entry_lines(entry)]
    if len(entries) > _MOST_ENTRIES:
        lines.insert(0, f"({len(entries) - _MOST_ENTRIES} earlier requests are left out)")
    return "\n".join([f"account {ccell.userid}", *(lines or ["no requests"])])


def _entry_lines(entry: JournalEntry) -> Iterator[str]:
    outcome = entry.code if entry.delivery == "whole" else f"{entry.code} {entry.delivery}".strip()
    yield f"{entry.position} {entry.at:%Y-%m-%d %H:%M:%S} {entry.operation} {outcome}, by {entry.rule} ({entry.basis})"
    yield f"  request  {_shorten(entry.request)}"
    yield f"  answer   {'none' if entry.answer is None else _shorten(entry.answer)}"
    for line in entry.explanation.splitlines():
        yield f"  {line}"


def _shorten(text: str) -> str:
    text = escape_controls(" ".join(text.split()))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… and {len(text) - _LONGEST} more characters"
