"""The greeting of `serve`: what it has read, where to open it, and a command to try."""

from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from ccell_fake.model import JSON_PATH, Operation
from ccell_fake.settings import AccountSettings
from ccell_fake.store.place import shown
from ccell_mock_server.commands.terminal import visible
from ccell_mock_server.config.accounts import is_public
from ccell_mock_server.http.authority import fingerprint
from ccell_mock_server.http.paths import CONTROL_PREFIX

if TYPE_CHECKING:
    from ccell_mock_server.emulator import Emulator

_SHOWN_ACCOUNTS = 5


def greeting(
    emulator: "Emulator", config_file: Path | None, variables: Iterable[str], *, demo: str = "", token: str = ""
) -> str:
    """Return the greeting. Its first line ends with the address.

    Addresses and commands are never broken: a narrow terminal wraps them, and can copy them.

    Args:
        emulator: The emulator, which listens already.
        config_file: The configuration file that was read; None if there was none.
        variables: The environment variables that were read.
        demo: Describes the account of the demo; empty without a demo.
        token: The control token if it was generated. It is shown nowhere else.
    """
    first = f"ccell-fake {version('ccell-fake')} serves on {emulator.url}"
    rows = [
        *_sources(emulator, config_file, variables),
        *_accounts(emulator, demo),
        *_addresses(emulator, token),
        *_authority(emulator),
        *_trial(emulator),
    ]
    return "\n".join([first, *(f"  {name:<9} {text}" for name, text in rows)])


def _sources(emulator: "Emulator", config_file: Path | None, variables: Iterable[str]) -> Iterator[tuple[str, str]]:
    read = [*([visible(str(config_file))] if config_file else []), *variables]
    yield "settings", ", ".join(read) or "defaults, because there is no ccell.toml"
    yield "store", visible(shown(emulator.config.server.store)) or "memory, which a stop clears"


def _accounts(emulator: "Emulator", demo: str) -> Iterator[tuple[str, str]]:
    count = len(emulator.services.accounts.read())
    lines = [
        f"{one.userid}, password {_public_password(one)}, balance {one.balance}"
        for one in main_accounts(emulator)[:_SHOWN_ACCOUNTS]
    ]
    lines += [demo] if demo else []
    yield "accounts", f"{count}"
    yield from (("", line) for line in lines)
    if count > len(lines):
        yield "", f"and {count - len(lines)} more, which ccell-fake accounts lists"


def main_accounts(emulator: "Emulator") -> list[AccountSettings]:
    """Return the accounts of the configuration, or one of the store's if none of them is open."""
    opened = {account.settings.userid: account.settings for account in emulator.services.accounts.read()}
    configured = [opened[one.userid] for one in emulator.config.accounts if one.userid in opened]
    return configured or [*opened.values()][:1]


def _addresses(emulator: "Emulator", token: str) -> Iterator[tuple[str, str]]:
    url, *others = emulator.urls
    yield from (("also on", other) for other in others)
    if token:
        yield "token", token
        yield "", "of the control API, new on each start; CCELL_FAKE_CONTROL_TOKEN_FILE sets your own"
    yield "console", f"{url}{CONTROL_PREFIX}"
    yield "docs", f"{url}{CONTROL_PREFIX}docs"
    for operation in Operation:
        yield operation, f"{url}{operation.path}"
    yield "json", f"{url}{JSON_PATH}"


def _authority(emulator: "Emulator") -> Iterator[tuple[str, str]]:
    """Say which certificate clients must trust, how to get it, and for which names it is."""
    certificate = emulator.certificate
    if certificate is None or certificate.authority is None:
        return
    yield "authority", visible(str(certificate.authority))
    yield "", f"SHA-256 {fingerprint(certificate.authority.read_bytes())}"
    yield "", f"print it: ccell-fake ca --url {emulator.url}"
    yield "", f"names: {', '.join(certificate.names)}"


def _trial(emulator: "Emulator") -> Iterator[tuple[str, str]]:
    certificate = emulator.certificate
    trust = [f"--cacert {quote(str(certificate.authority))}"] if certificate and certificate.authority else []
    for one in main_accounts(emulator)[:1]:
        body = f'<root userid="{one.userid}" password="{_public_password(one)}"></root>'
        first, *others = [*trust, f"{emulator.url}{Operation.INFO.path}", f"-d {quote(body)}"]
        yield "try", " \\\n              ".join([f"curl {first}", *others])


def _public_password(account: AccountSettings) -> str:
    return account.password if is_public(account.password) else "YOUR-PASSWORD"


def play_demo(emulator: "Emulator") -> str:
    """Play the traffic of the table `[demo]`, and describe its account. Returns empty text without the table."""
    demo = emulator.config.demo
    if demo is None:
        return ""
    from ccell_mock_server.demo import open_demo  # noqa: PLC0415 - Faker is slow to import

    return f"{demo.userid}, password {open_demo(emulator, demo)}, with traffic of {demo.hours:g} hours"
