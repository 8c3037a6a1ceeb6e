"""The command `reply`: send an upstream message from a phone to an account."""

from typing import TYPE_CHECKING

import click

from ccell_fake.settings import DOCUMENT_ACCOUNT
from ccell_mock_server.commands.control import EXIT_CODES, control_command
from ccell_mock_server.commands.options import SECONDS, USERID
from ccell_mock_server.commands.output import echo
from ccell_mock_server.commands.terminal import fold

if TYPE_CHECKING:
    from ccell_fake.control.client import ControlClient


@click.command(epilog=EXIT_CODES)
@control_command
@click.argument("phone")
@click.argument("text")
@click.option("--userid", type=USERID, default=DOCUMENT_ACCOUNT.userid, show_default=True, help="The account.")
@click.option("--spcode", default="", help="Extension to append to the account's port.")
@click.option("--delay", type=SECONDS, default=0.0, help="Seconds until the message arrives.")
def reply(control: "ControlClient", *, phone: str, text: str, userid: str, spcode: str, delay: float) -> None:
    """Send TEXT from PHONE to an account. The account fetches it with upmsg."""
    if not (phone.isascii() and phone.isdecimal()):
        message = f"PHONE must be digits, such as 13800000000, got {phone!r}"
        raise click.UsageError(message)
    if not text:
        message = "TEXT must not be empty"
        raise click.UsageError(message)
    upmsg = control.account(userid).reply(phone, text, spcode=spcode, delay=delay)
    echo(fold(f"{upmsg.phone} to {upmsg.spnumber}, {upmsg.motime:%Y-%m-%d %H:%M:%S}: {upmsg.msgcontent}"))
