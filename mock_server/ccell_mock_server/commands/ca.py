"""The command `ca`: print the certificate of the authority that signs generated certificates."""

import ssl
from pathlib import Path

import click
from click.core import ParameterSource

from ccell_fake.errors import CcellError
from ccell_mock_server.commands.options import FILE, FILE_TO_WRITE, insecure_context, origins
from ccell_mock_server.commands.output import echo, tell
from ccell_mock_server.commands.signals import interrupt_at_stop
from ccell_mock_server.config import settings
from ccell_mock_server.config.errors import ConfigError
from ccell_mock_server.http.authority import fingerprint, kept_authority
from ccell_mock_server.http.paths import CA_PATH

_KEEPING = ("tls_dir", "store", "path")
_SECONDS = 30.0


@click.command()
@click.option("--tls-dir", help="Folder that keeps the authority.  [default: beside the store]")
@click.option("--store", help="File that keeps the data of the emulator.")
@click.option("--config", "path", type=FILE, help="TOML file.  [default: ccell.toml if it exists]")
@click.option("--url", help="Address of a running emulator to ask, instead of a folder.")
@click.option("--out", type=FILE_TO_WRITE, help="File to write.  [default: print the certificate]")
@click.pass_context
def ca(
    context: click.Context,
    /,
    tls_dir: str | None,
    store: str | None,
    path: Path | None,
    url: str | None,
    out: Path | None,
) -> None:
    """Print the certificate that clients of `serve --tls` must trust, as PEM.

    The authority is made if there is none, so you can do this before the first start. Its SHA-256 fingerprint goes to
    stderr. Nothing proves who answers at --url: compare the fingerprint with the one that serve printed.
    """
    try:
        if url is not None and _is_asked(context):
            certificate, place = _fetch(url), url
        else:
            folder = _folder(context, path, {"tls_dir": tls_dir, "store": store})
            # A signal must not leave half an authority.
            with interrupt_at_stop():
                authority = kept_authority(folder)
            certificate, place = authority.certificate, f"{authority.path}"
    except (CcellError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    if out is None:
        echo(certificate.decode().rstrip("\n"))
    else:
        try:
            out.write_bytes(certificate)
        except OSError as error:
            message = f"{out}: cannot be written: {error.strerror}"
            raise click.ClickException(message) from error
    tell(f"{place}, SHA-256 {fingerprint(certificate)}")


def _is_asked(context: click.Context) -> bool:
    """Return whether to ask the emulator at --url. An option of the command line wins over variables."""
    sources = {name: context.get_parameter_source(name) for name in ("url", *_KEEPING)}
    typed = {name for name, source in sources.items() if source is ParameterSource.COMMANDLINE}
    if "url" in typed and len(typed) > 1:
        message = "--url names a running emulator; --tls-dir, --store and --config name a folder: give only one of both"
        raise click.UsageError(message)
    return "url" in typed or not (typed or any(context.params[name] for name in _KEEPING))


def _folder(context: click.Context, path: Path | None, options: dict[str, str | None]) -> Path:
    """Return the folder that the settings name."""
    # The address matters only to `serve`, which must have a token beyond loopback.
    overrides = {"host": "127.0.0.1", **{name: value for name, value in options.items() if value is not None}}
    try:
        server = settings.load(path, overrides, origins(context)).server
    except ConfigError as error:
        raise click.UsageError(str(error)) from error
    if server.tls_cert:
        message = "the settings name a certificate of your own (tls_cert), so there is no generated authority"
        raise click.UsageError(message)
    folder = server.authority_folder
    if folder is None:
        message = (
            "nothing keeps an authority: give --tls-dir or --store here and to serve, or --url of a running emulator"
        )
        raise click.UsageError(message)
    return folder


def _fetch(url: str) -> bytes:
    """Return the certificate that a running emulator hands out. Raises ValueError if it does not."""
    import httpx2  # noqa: PLC0415 - slow to import

    if not url.startswith("https://"):
        message = f"--url must begin with https://, got {url}; an emulator without TLS has no authority"
        raise ValueError(message)
    try:
        answer = httpx2.get(url.rstrip("/") + CA_PATH, verify=insecure_context(), trust_env=False, timeout=_SECONDS)
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        message = f"{url} does not answer: {error}"
        raise ValueError(message) from error
    if not answer.is_success:
        message = f"{url} has no generated authority: it answered {answer.status_code}"
        raise ValueError(message)
    try:
        # Encoded again, because a decoder passes over what is no base64.
        return ssl.DER_cert_to_PEM_cert(ssl.PEM_cert_to_DER_cert(answer.text)).encode()
    except ValueError as error:
        message = f"{url} answered no certificate; it is no emulator"
        raise ValueError(message) from error
