"""The command `ready`: wait until an emulator answers."""

import ssl
import time

import click

from ccell_fake.clock import elapsed
from ccell_fake.errors import CcellError
from ccell_mock_server.commands.options import SECONDS, emulator_url
from ccell_mock_server.commands.output import echo
from ccell_mock_server.http.paths import READY_PATH

_POLL_SECONDS = 0.05


class NotReadyError(CcellError):
    """The emulator was not ready in time. The message says what was last observed."""


@click.command()
@emulator_url
@click.option("--timeout", type=SECONDS, default=30.0, show_default=True, help="Seconds to wait.")
def ready(url: str, timeout: float) -> None:
    """Wait until the emulator answers. Exits with 0 if it does in time, 1 if not."""
    try:
        wait_until_ready(url, timeout)
    except NotReadyError as error:
        raise click.ClickException(str(error)) from error
    echo(f"{url} is ready")


def wait_until_ready(url: str, timeout: float) -> None:
    """Wait until the emulator at a URL is ready. Raises NotReadyError after `timeout` seconds."""
    import httpx2  # noqa: PLC0415 - slow to import

    # The request holds no secret, so any certificate will do.
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    deadline = elapsed() + timeout
    with httpx2.Client(verify=context, trust_env=False) as client:
        while True:
            left = deadline - elapsed()
            try:
                answer = client.get(url.rstrip("/") + READY_PATH, timeout=max(left, _POLL_SECONDS))
                if answer.is_success:
                    return
                observed = f"it answered {answer.status_code}"
            except (httpx2.HTTPError, httpx2.InvalidURL) as error:
                observed = str(error)
            if left <= _POLL_SECONDS:
                message = f"{url} was not ready within {timeout:g} s: {observed}"
                raise NotReadyError(message)
            time.sleep(_POLL_SECONDS)
