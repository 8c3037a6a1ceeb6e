"""The configuration: `ccell.toml`, what may stand in it, and errors that say what is wrong and what is allowed."""

import ipaddress
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, ClassVar

import tomli_w
from annotated_types import Interval, Len
from pydantic import TypeAdapter, ValidationError

from ccell_fake.engine import assumptions as answers
from ccell_fake.engine import magic
from ccell_fake.settings import DOCUMENT_ACCOUNT, AccountSettings, OutcomeRule, Persona, PersonaAnswer
from ccell_fake.wire.secrets import HIDDEN
from ccell_mock_server.config import account_checks, errors, profile, toml
from ccell_mock_server.config.credentials import CredentialGenerator, is_public
from ccell_mock_server.config.toml import ConfigError

DEFAULT_PORT = 8026

_DEFAULT_PATH = Path("ccell.toml")
_TOKEN = re.compile(r"(?:[!-~](?:[ -~]*[!-~])?)?")
_FORBID: Mapping[str, str] = {"extra": "forbid"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """How the emulator serves.

    Attributes:
        host: The address to listen on.
        port: The port; 0 picks a free one.
        store: A file that keeps everything over a restart; empty for memory.
        seed: What decides everything that looks like chance.
        tls: Speak TLS, with a certificate made on the spot unless one is given.
        tls_cert: One's own certificate, with its chain, as PEM.
        tls_key: Its private key.
        strict_http: Refuse request lines that HTTP does not allow.
        magic: Whether a userid that is a code is answered with that code.
        profile: A file with the answers of a live service, to go by unless `[assumptions]` says otherwise.
        control_token: What the control API asks for; beyond loopback there has to be one.
        journal_entries: How many journal entries are kept of each account.
    """

    host: Annotated[str, Len(1)] = "127.0.0.1"
    port: Annotated[int, Interval(ge=0, le=65535)] = DEFAULT_PORT
    store: str = ""
    seed: int = 0
    tls: bool = False
    tls_cert: str = ""
    tls_key: str = ""
    strict_http: bool = False
    magic: bool = True
    profile: str = ""
    control_token: str = field(default="", repr=False)
    journal_entries: Annotated[int, Interval(ge=1, le=1_000_000)] = 10_000

    __pydantic_config__: ClassVar[Mapping[str, str]] = _FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSettings:
    """The traffic that the emulator begins with.

    Attributes:
        messages: How many messages there are.
        hours: Over how long a time, up to the start.
        userid: The account that they are sent by, which is opened for it; no other has it.
    """

    messages: Annotated[int, Interval(ge=1, le=10_000)] = 200
    hours: Annotated[float, Interval(gt=0, le=1_000)] = 8.0
    userid: Annotated[str, Len(1, 64)] = "demo"

    __pydantic_config__: ClassVar[Mapping[str, str]] = _FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything an emulator is started with.

    Attributes:
        server: How it serves.
        accounts: Its accounts; the document's own where none is given.
        assumptions: Answers for the whole server, by question.
        demo: Traffic to begin with, or None.
    """

    server: ServerSettings = field(default_factory=ServerSettings)
    accounts: tuple[AccountSettings, ...] = (DOCUMENT_ACCOUNT,)
    assumptions: answers.Given = field(default_factory=dict[str, str | tuple[str, ...]])
    demo: DemoSettings | None = None

    __pydantic_config__: ClassVar[Mapping[str, str]] = _FORBID


_TABLES = {
    "": Config,
    "server": ServerSettings,
    "accounts": AccountSettings,
    "demo": DemoSettings,
    "outcomes": OutcomeRule,
    "personas": Persona,
    "answers": PersonaAnswer,
}
KNOWN_SETTINGS = {table: [one.name for one in fields(kind)] for table, kind in _TABLES.items()}
"""The settings that exist, by the name of their table."""


def find(path: Path | None, overrides: Mapping[str, Any] | None = None) -> Config:
    """The configuration of a file; without one, of `ccell.toml` here if there is such a file, else the defaults.

    Raises:
        ConfigError: It cannot be used.
    """
    if path is None and not _DEFAULT_PATH.exists():
        return parse({}, "the command line", overrides)
    return load(path or _DEFAULT_PATH, overrides)


def load(path: Path, overrides: Mapping[str, Any] | None = None) -> Config:
    """The configuration of a file.

    Args:
        path: A TOML file.
        overrides: Settings of `[server]` that win over the file's.

    Raises:
        ConfigError: There is no such file, or it cannot be used.
    """
    return parse(toml.read(path), str(path), overrides)


def parse(data: Mapping[str, Any], source: str, overrides: Mapping[str, Any] | None = None) -> Config:
    """The configuration that a table holds, with passwords and userids made for accounts that have none.

    Args:
        data: As TOML has it.
        source: How errors call it.
        overrides: Settings of `[server]` that win over it.

    Raises:
        ConfigError: It cannot be used.
    """
    config = _validated(Config, data, source)
    if overrides:
        _validated(Config, {"server": overrides}, "the command line")
        config = replace(config, server=replace(config.server, **overrides))
    found = list(_faults_of_meaning(config))
    if found:
        raise ConfigError("\n".join(f"{source}: {fault}" for fault in found))
    return replace(config, accounts=tuple(_complete(config)))


def _validated(kind: type[Config], data: Mapping[str, Any], source: str) -> Config:
    try:
        # What JSON has no word for, a date or a time, becomes a table, which nothing here is.
        text = json.dumps(data, default=lambda value: {type(value).__name__: str(value)})
        return TypeAdapter(kind).validate_json(text, strict=True)
    except ValidationError as error:
        found = [errors.found(dict(entry), data, KNOWN_SETTINGS) for entry in error.errors()]
        raise ConfigError("\n".join(f"{source}: {fault}" for fault in dict.fromkeys(found))) from error


def _faults_of_meaning(config: Config) -> Iterator[str]:
    """What no type says: answers that exist, files that can be read, userids that differ."""
    yield from map(str, account_checks.of_answers("assumptions", config.assumptions, "server"))
    if config.server.profile:
        try:
            profile.load(Path(config.server.profile))
        except ConfigError as error:
            yield f"server.profile: {error}"
    if bool(config.server.tls_cert) != bool(config.server.tls_key):
        yield "server.tls_cert: tls_cert and tls_key go together"
    if _TOKEN.fullmatch(config.server.control_token) is None:
        yield f"server.control_token = {HIDDEN}: it takes printable ASCII without blanks around it"
    if not config.server.control_token and not is_loopback(config.server.host):
        yield (
            f'server.host = "{config.server.host}": beyond loopback the control API needs a token; '
            "give --control-token, CCELL_FAKE_CONTROL_TOKEN or control_token"
        )
    seen: dict[str, int] = {}
    for place, account in enumerate(config.accounts):
        for flaw in account_checks.of_account(account):
            yield str(flaw.under(f"accounts[{place}]"))
        if account.userid and account.userid in seen:
            other = f"accounts[{seen[account.userid]}]"
            yield f'accounts[{place}].userid = "{account.userid}": {other} has it already'
        seen[account.userid] = place
    if config.demo is not None:
        yield from _faults_of_demo(config.demo, seen)


def _faults_of_demo(demo: DemoSettings, accounts: Mapping[str, int]) -> Iterator[str]:
    if find_spec("faker") is None:
        yield "demo: it takes Faker: pip install 'ccell-fake[demo]'"
    for flaw in account_checks.of_account(AccountSettings(userid=demo.userid)):
        yield str(flaw.under("demo"))
    if demo.userid in magic.USERIDS:
        yield f'demo.userid = "{demo.userid}": it is a magic userid, which is answered with that code'
    if demo.userid in accounts:
        yield f'demo.userid = "{demo.userid}": accounts[{accounts[demo.userid]}] has it already'


def _complete(config: Config) -> Iterator[AccountSettings]:
    mint = CredentialGenerator(config.server.seed)
    taken = {account.userid for account in config.accounts}
    if config.demo is not None:
        taken.add(config.demo.userid)
    for account in config.accounts:
        completed = mint.complete(account, taken)
        taken.add(completed.userid)
        yield completed


def is_loopback(host: str) -> bool:
    """Whether an address or name is this machine's own, which nobody else can reach."""
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def as_toml(config: Config) -> str:
    """The configuration as TOML, with every default written out and every password hidden that may be a real one."""
    accounts: list[dict[str, Any]] = []
    for account in config.accounts:
        table = _without_none(asdict(account))
        table["outcomes"] = [_without_none(rule) for rule in table["outcomes"]]
        if not is_public(account.password):
            table["password"] = HIDDEN
        accounts.append(table)
    server = asdict(config.server)
    if config.server.control_token:
        server["control_token"] = HIDDEN
    demo = {} if config.demo is None else {"demo": asdict(config.demo)}
    return tomli_w.dumps({"server": server, "assumptions": dict(config.assumptions), **demo, "accounts": accounts})


def _without_none(table: dict[str, Any]) -> dict[str, Any]:
    """The table without what TOML has no word for."""
    return {key: value for key, value in table.items() if value is not None}
