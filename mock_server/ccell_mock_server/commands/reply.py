"""The command `reply`: send an upstream message from a phone to an account."""

import click

from ccell_fake.errors import CcellError
from ccell_fake.settings import DOCUMENT_ACCOUNT
from ccell_mock_server.commands.options import control_token, emulator_url


@click.command()
@click.argument("phone")
@click.argument("text")
@emulator_url
@click.option("--userid", envvar="CCELL_USERID", show_envvar=True, default=DOCUMENT_ACCOUNT.userid, show_default=True)
@control_token
@click.option("--spcode", default="", help="Extension to append to the account's port.")
@click.option("--delay", type=click.FloatRange(min=0), default=0.0, help="Seconds until the message arrives.")
def reply(phone: str, text: str, url: str, userid: str, control_token: str, spcode: str, delay: float) -> None:
    """Send TEXT from PHONE to an account. The account fetches it with upmsg."""
    from ccell_fake.control.client import ControlClient  # noqa: PLC0415 - slow to import

    try:
        with ControlClient(url, control_token) as control:
            upmsg = control.account(userid).reply(phone, text, spcode=spcode, delay=delay)
    except CcellError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{upmsg.phone} to {upmsg.spnumber}, {upmsg.motime:%Y-%m-%d %H:%M:%S}: {upmsg.msgcontent!r}")
