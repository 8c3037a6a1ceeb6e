"""Run the emulator in this process with `FakeCcell`, for scripts and unittest. Everything else here is internal.

`FakeCcell` is imported at its first use.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ccell_mock_server.fake import FakeCcell

__all__ = ["FakeCcell"]


def __getattr__(name: str) -> object:
    if name != "FakeCcell":
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    from ccell_mock_server.fake import FakeCcell  # noqa: PLC0415 - slow to import

    return FakeCcell
