"""Call the control API of an emulator from a command."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from ccell_fake.errors import CcellError
from ccell_mock_server.commands import options, output

EXIT_CODES = f"""
\b
Exit codes: 0 done; 1 the control API does not answer, or it refuses;
2 wrong usage; {output.UNWRITTEN} stdout could not be written;
{output.BROKEN} an error of this program; {output.INTERRUPTED} interrupted.
"""


def control_command(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that name an emulator, and pass a client of its control API to the command.

    An error of the control API ends the command with exit code 1.
    """

    @options.emulator_url
    @options.control_token
    @options.cacert
    @wraps(command)
    def run(*, url: str, control_token: str, cacert: Path | None, **others: Any) -> None:  # noqa: ANN401 - the command's
        from ccell_fake.control.client import ControlClient  # noqa: PLC0415 - slow to import

        try:
            with ControlClient(url, control_token, cacert=cacert) as control:
                command(control, **others)
        except CcellError as error:
            raise click.ClickException(str(error)) from None

    return run
