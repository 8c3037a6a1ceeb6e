"""The command line `ccell-fake`."""

from importlib.metadata import version

import click

from ccell_mock_server.commands import client, contract, demo, ready, record, replay, reply, serve


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]},
    commands=[
        *serve.COMMANDS,
        ready.ready,
        *client.COMMANDS,
        reply.reply,
        demo.demo,
        record.record,
        replay.replay,
        *contract.COMMANDS,
    ],
)
@click.version_option(version("ccell-fake"), prog_name="ccell-fake")
def main() -> None:
    """A verified fake of the CCell SMS gateway.

    Each option of serve and ready can also be set as an environment variable, such as CCELL_FAKE_PORT.
    """
