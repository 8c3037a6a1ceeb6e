"""The command `ready`: wait until an emulator answers."""

import time
from pathlib import Path

import click

from ccell_fake.certificates import trusted
from ccell_fake.clock import elapsed
from ccell_fake.errors import CcellError
from ccell_mock_server.commands.options import SECONDS, cacert, insecure_context
from ccell_mock_server.commands.output import echo
from ccell_mock_server.config.errors import ConfigError
from ccell_mock_server.http.addresses import base_url, openable
from ccell_mock_server.http.paths import READY_PATH

_POLL_SECONDS = 0.05


class NotReadyError(CcellError):
    """The emulator was not ready in time, or cannot be asked. The message says what was last observed."""


@click.command()
@click.option("--url", help="Address of the emulator.  [default: that of `serve` in the same environment]")
@cacert
@click.option("--timeout", type=SECONDS, default=30.0, show_default=True, help="Seconds to wait.")
def ready(url: str | None, cacert: Path | None, timeout: float) -> None:
    """Wait until the emulator answers. Exits with 0 if it does in time, 1 if not.

    Without --cacert, any certificate is accepted.
    """
    try:
        url = url or _own_url()
        wait_until_ready(url, timeout, cacert)
    except ConfigError as error:
        raise click.UsageError(str(error)) from error
    except NotReadyError as error:
        raise click.ClickException(str(error)) from error
    echo(f"{url} is ready")


def _own_url() -> str:
    """Return the address of an emulator that `serve` starts with the same file and the same variables."""
    from ccell_mock_server.commands.configuration import config_of_environment  # noqa: PLC0415 - slow to import

    server = config_of_environment()[0].server
    if server.port == 0:
        message = "--url must be given, because the configured port is 0, any free one"
        raise click.UsageError(message)
    return base_url(server.scheme, next(openable(server.host)), server.port)


def wait_until_ready(url: str, timeout: float, cacert: Path | None = None) -> None:
    """Wait until the emulator at a URL is ready.

    Args:
        url: The URL.
        timeout: Seconds to wait.
        cacert: File of the certificates to trust, as PEM; None for any.

    Raises:
        NotReadyError: It is not ready in time, or the URL is none.
        ValueError: The file has no certificates.
    """
    import httpx2  # noqa: PLC0415 - slow to import

    context = trusted(url, cacert) if cacert else insecure_context()
    deadline = elapsed() + timeout
    with httpx2.Client(verify=context, trust_env=False) as client:
        while True:
            left = deadline - elapsed()
            try:
                answer = client.get(url.rstrip("/") + READY_PATH, timeout=max(left, _POLL_SECONDS))
                if answer.is_success:
                    return
                observed = f"it answered {answer.status_code}"
            except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
                message = f"{url} cannot be asked: {error}"
                raise NotReadyError(message) from error
            except httpx2.HTTPError as error:
                observed = str(error)
            if left <= _POLL_SECONDS:
                message = f"{url} was not ready within {timeout:g} s: {observed}"
                raise NotReadyError(message)
            time.sleep(_POLL_SECONDS)
