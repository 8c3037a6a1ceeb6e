"""The command line `ccell-fake`."""

import io
import os
import re
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from typing import Any, cast

import click

from ccell_mock_server.help import HelpContext

_COMMANDS = {
    "accounts": ("accounts", "List the accounts of an emulator."),
    "ca": ("ca", "Print the certificate that clients of `serve --tls` must trust."),
    "calibrate": ("contract", "Answer the open questions."),
    "check-config": ("serve", "Check the configuration that `serve` would use."),
    "contract": ("contract", "Test every clause of the document and every open question."),
    "demo": ("demo", "Play lifelike traffic on an emulator."),
    "exec": ("exec", "Run COMMAND with an emulator that it finds by its environment."),
    "info": ("client", "Show balance, credit, status and signatures of the account."),
    "journal": ("journal", "List requests, with the reason for each answer."),
    "messages": ("messages", "Search the messages of an emulator."),
    "ready": ("ready", "Wait until the emulator answers."),
    "record": ("record", "Record what clients and a gateway exchange."),
    "replay": ("replay", "Replay a transcript and list different answers."),
    "reply": ("reply", "Send TEXT from PHONE to an account."),
    "report": ("client", "Fetch status reports."),
    "reset": ("reset", "Delete the messages of an account, or of all accounts."),
    "send": ("client", "Send CONTENT, with its signature, to phones."),
    "serve": ("serve", "Run the emulator until Ctrl-C or SIGTERM."),
    "tail": ("tail", "Show messages, reports and replies as they happen."),
    "upmsg": ("client", "Fetch upstream messages."),
}
"""The commands: the module of each in `commands`, and its line in the help."""

_UNDECODED = re.compile("[\udc80-\udcff]")
_WITHOUT_VARIABLES = {"calibrate", "contract"}
"""Commands that take consent to use a real account. It must be given each time."""


class _Commands(click.Group):
    """Commands that are imported when they are used."""

    context_class: type[click.Context] = HelpContext

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - Click's
        """Return the names."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - Click's
        """Import a command."""
        if cmd_name not in _COMMANDS:
            return None
        from ccell_mock_server.commands.options import add_variables  # noqa: PLC0415 - the help does not need it

        module = import_module(f"ccell_mock_server.commands.{_COMMANDS[cmd_name][0]}")
        command = cast("click.Command", getattr(module, cmd_name.replace("-", "_")))
        command.context_class = HelpContext
        if cmd_name not in _WITHOUT_VARIABLES:
            add_variables(command)
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run a command. An interrupt and an unexpected error have exit codes that mean nothing else."""
        from ccell_mock_server.commands.output import BROKEN, INTERRUPTED, echo, tell  # noqa: PLC0415 - likewise

        try:
            return super().invoke(ctx)
        except (KeyboardInterrupt, click.Abort) as interrupt:
            tell("\n".join(["interrupted", *getattr(interrupt, "__notes__", [])]))
            raise click.exceptions.Exit(INTERRUPTED) from None
        except click.ClickException as error:
            # Click itself would write UTF-8 where ASCII is wanted.
            shown = io.StringIO()
            error.show(shown)
            tell(shown.getvalue().rstrip("\n"))
            raise click.exceptions.Exit(error.exit_code) from None
        except click.exceptions.Exit:
            raise
        except Exception as error:  # noqa: BLE001 - it is printed
            if isinstance(error, OSError):
                # Click may have failed to print the help of a command.
                echo("")
            tell(traceback.format_exc())
            raise click.exceptions.Exit(BROKEN) from None

    def main(self, args: Sequence[str] | None = None, *others: Any, **extra: Any) -> Any:  # noqa: ANN401 - Click's
        """Run the command line."""
        try:
            return super().main(list(map(_as_utf8, sys.argv[1:] if args is None else args)), *others, **extra)
        except OSError:
            # Click failed to print the help or the version.
            from ccell_mock_server.commands.output import Unwritten, echo  # noqa: PLC0415 - likewise

            try:
                echo("")
            except Unwritten as unwritten:
                sys.exit(unwritten.exit_code)
            raise

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - Click's
        """Write the lines of the help, without the commands."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in _COMMANDS.items()])


def _as_utf8(argument: str) -> str:
    """Decode an argument that the C locale has left undecoded."""
    return os.fsencode(argument).decode(errors="surrogateescape") if _UNDECODED.search(argument) else argument


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="ccell-fake", prog_name="ccell-fake")
def main() -> None:
    """A verified fake of the CCell SMS gateway.

    Each option can also be set as an environment variable, such as CCELL_FAKE_PORT for --port. The help of each command
    shows the names. Only contract and calibrate take their options from the command line alone.
    """
    from ccell_mock_server.commands.output import replace_unencodable  # noqa: PLC0415 - likewise

    replace_unencodable()
