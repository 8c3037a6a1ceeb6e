"""The command `reply`: send an upstream message from a phone to an account."""

from pathlib import Path

import click

from ccell_fake.errors import CcellError
from ccell_fake.settings import DOCUMENT_ACCOUNT
from ccell_mock_server.commands.options import SECONDS, cacert, control_token, emulator_url
from ccell_mock_server.commands.output import echo


@click.command()
@click.argument("phone")
@click.argument("text")
@emulator_url
@click.option("--userid", default=DOCUMENT_ACCOUNT.userid, show_default=True, help="Userid of the account.")
@control_token
@cacert
@click.option("--spcode", default="", help="Extension to append to the account's port.")
@click.option("--delay", type=SECONDS, default=0.0, help="Seconds until the message arrives.")
def reply(
    phone: str, text: str, *, url: str, userid: str, control_token: str, cacert: Path | None, spcode: str, delay: float
) -> None:
    """Send TEXT from PHONE to an account. The account fetches it with upmsg."""
    if not (phone.isascii() and phone.isdecimal()):
        message = f"PHONE must be digits, such as 13800000000, got {phone!r}"
        raise click.UsageError(message)
    if not text:
        message = "TEXT must not be empty"
        raise click.UsageError(message)
    from ccell_fake.control.client import ControlClient  # noqa: PLC0415 - slow to import

    try:
        with ControlClient(url, control_token, cacert=cacert) as control:
            upmsg = control.account(userid).reply(phone, text, spcode=spcode, delay=delay)
    except CcellError as error:
        raise click.ClickException(str(error)) from None
    echo(f"{upmsg.phone} to {upmsg.spnumber}, {upmsg.motime:%Y-%m-%d %H:%M:%S}: {upmsg.msgcontent!r}")
