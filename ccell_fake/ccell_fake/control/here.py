"""Emulators in this process: their control APIs, which need no connection."""

from collections.abc import Callable
from functools import partial

from ccell_fake.control.client import ControlClient

_controls: list[tuple[Callable[[], str], ControlClient]] = []


def add(url: Callable[[], str], control: ControlClient) -> Callable[[], object]:
    """Add an emulator.

    Args:
        url: Returns its base URL.
        control: Its control API.

    Returns:
        A function that removes it.
    """
    added = url, control
    _controls.append(added)
    return partial(_controls.remove, added)


def control_at(url: str) -> ControlClient | None:
    """Return the control API of the emulator in this process that listens at a base URL, or None."""
    return next((control for address, control in _controls if address() == url), None)
