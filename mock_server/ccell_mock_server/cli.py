"""The command line `ccell-fake`."""

from importlib import import_module
from typing import cast

import click

_COMMANDS = {
    "calibrate": ("contract", "Answer the open questions."),
    "check-config": ("serve", "Check a configuration file."),
    "contract": ("contract", "Test every clause of the document and every open question."),
    "demo": ("demo", "Play lifelike traffic on an emulator."),
    "info": ("client", "Show balance, credit, status and signatures of the account."),
    "ready": ("ready", "Wait until the emulator answers."),
    "record": ("record", "Record what clients and a gateway exchange."),
    "replay": ("replay", "Replay a transcript and list different answers."),
    "reply": ("reply", "Send TEXT from PHONE to an account."),
    "report": ("client", "Fetch status reports."),
    "send": ("client", "Send CONTENT, with its signature, to phones."),
    "serve": ("serve", "Run the emulator until Ctrl-C or SIGTERM."),
    "upmsg": ("client", "Fetch upstream messages."),
}
"""The commands: the module of each in `commands`, and its line in the help."""


class _Commands(click.Group):
    """Commands that are imported when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - Click's
        """Return the names."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - Click's
        """Import a command."""
        if cmd_name not in _COMMANDS:
            return None
        module = import_module(f"ccell_mock_server.commands.{_COMMANDS[cmd_name][0]}")
        return cast("click.Command", getattr(module, cmd_name.replace("-", "_")))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - Click's
        """Write the lines of the help, without the commands."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in _COMMANDS.items()])


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="ccell-fake", prog_name="ccell-fake")
def main() -> None:
    """A verified fake of the CCell SMS gateway.

    Each option of serve and ready can also be set as an environment variable, such as CCELL_FAKE_PORT.
    """
