"""The command `reset`: delete the messages and everything else of an account, or of all accounts."""

import sys
from typing import TYPE_CHECKING

import click

from ccell_mock_server.commands import output
from ccell_mock_server.commands.control import EXIT_CODES, control_command
from ccell_mock_server.commands.options import userid
from ccell_mock_server.commands.terminal import fold

if TYPE_CHECKING:
    from ccell_fake.control.client import ControlClient

_DELETED = "messages, reports, upstream messages, journal, faults, clock and lock"


@click.command(epilog=EXIT_CODES)
@control_command
@userid("The account to reset.  [default: all accounts]")
@click.option("--yes", is_flag=True, help="Do not ask.")
def reset(control: "ControlClient", *, userid: str | None, yes: bool) -> None:
    """Delete the messages of an account, or of all accounts.

    Reports, upstream messages, journal, faults, clock and lock are deleted too. Settings stay. The command asks
    first on a terminal. Elsewhere it needs --yes.
    """
    # Nothing is asked or deleted if no such account is there.
    account = None if userid is None else control.account(userid)
    named = f"account {userid}" if account else f"all accounts ({sum(1 for _ in control.accounts())})"
    if not yes:
        if sys.stdin is None or not sys.stdin.isatty():  # pyright: ignore[reportUnnecessaryComparison] - closed by the caller
            message = f"to reset {named} without a terminal, give --yes"
            raise click.UsageError(message)
        if not _is_confirmed(f"Delete the {_DELETED} of {named}?"):
            message = "nothing was reset"
            raise click.ClickException(message)
    if account is None:
        control.reset()
    else:
        account.reset()
    output.echo(fold(f"deleted the {_DELETED} of {named}; kept the settings"))


def _is_confirmed(question: str) -> bool:
    """Ask a question. An interrupt says what became of the command."""
    try:
        return click.confirm(question, err=True)
    except click.Abort as interrupt:
        interrupt.add_note("nothing was reset")
        raise
