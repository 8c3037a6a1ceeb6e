"""The configuration of the emulator: its settings, and reading and checking `ccell.toml`."""

import ipaddress
import json
import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, ClassVar

import tomli_w
from annotated_types import Interval, Len
from pydantic import TypeAdapter

from ccell_fake.engine import magic
from ccell_fake.engine.assumptions import AnswerTable
from ccell_fake.extras import install
from ccell_fake.settings import DOCUMENT_ACCOUNT, AccountSettings, OutcomeRule, Persona, PersonaAnswer
from ccell_fake.store.place import is_database, shown
from ccell_fake.wire.secrets import HIDDEN
from ccell_mock_server.config import toml
from ccell_mock_server.config.accounts import (
    CredentialGenerator,
    check_account,
    check_assumptions,
    credential_number,
    is_public,
)
from ccell_mock_server.config.errors import ConfigError, ConfigProblem
from ccell_mock_server.config.files import check_certificate, check_generated, check_store
from ccell_mock_server.config.reading import read_valid
from ccell_mock_server.config.token import TOKEN_FORM, is_token, read_token
from ccell_mock_server.http.names import canonical_name
from ccell_mock_server.http.paths import DEFAULT_PORT

_DEFAULT_PATH = Path("ccell.toml")
_TOKEN_SETTINGS = {"server.control_token", "server.control_token_file"}
_FORBID: Mapping[str, str] = {"extra": "forbid"}
_NOTHING: Mapping[str, Any] = MappingProxyType({})
_COMMAND_LINE = "the command line"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """Settings of the table `[server]`.

    Attributes:
        host: Address to listen on.
        port: Port to listen on; 0 picks a free one.
        store: File that keeps all data across restarts, or the URL of a PostgreSQL database that several emulators
            share, such as `postgresql://user:password@host:5432/name`; empty keeps it in memory.
        database_connections: Most connections to the database for requests. Each emulator has three more,
            and one for a cap of messages.
        seed: Seed for all randomness; 0 if absent. All pytest-xdist workers generate the same userids if you set it.
        tls: Use TLS. A certificate is generated unless `tls_cert` is set.
        tls_names: Names and addresses in the generated certificate, besides `host`, loopback and the name of the
            machine, such as `sms.example.com` or `*.example.com`. They turn TLS on.
        tls_dir: Folder that keeps the authority of generated certificates across restarts. It is beside the `store` if
            not set: `ccell.sqlite.tls` for `ccell.sqlite`. Each start makes a new authority if neither is set.
        tls_cert: Your certificate with its chain, as PEM. It turns TLS on.
        tls_key: The private key of `tls_cert`, as PEM.
        strict_http: Refuse request lines that HTTP does not allow.
        allow_cross_site: Answer requests to the gateway from web pages of other sites. Always so when not on loopback.
        magic: Answer a userid that is a status code with that code.
        profile: File with a live service's answers to the open questions. `[assumptions]` overrides it.
        control_token: Token of the control API. Required when not on loopback. `serve` generates one if it is
            absent there.
        control_token_file: File with the token of the control API, in place of `control_token`. A line break at its
            end is not part of the token.
        journal_entries: Number of journal entries to keep per account.
        max_messages: Number of messages to keep per account; all if absent. Older ones are deleted with their reports,
            a few with each request. Messages that are not sent yet, or whose reports were not fetched, stay. Fetched
            upstream messages are deleted likewise.
        max_message_age: Seconds to keep messages by the account's clock; for ever if absent. The same messages stay.
        stop_delay: Seconds from a signal to the stop of `serve`. Meanwhile `/_ccell/readyz` answers 503, so that a
            proxy sends no further requests. Those that come are answered. A second signal stops at once.
    """

    host: Annotated[str, Len(1)] = "127.0.0.1"
    port: Annotated[int, Interval(ge=0, le=65535)] = DEFAULT_PORT
    store: str = field(default="", repr=False)
    database_connections: Annotated[int, Interval(ge=1, le=1000)] = 8
    seed: int | None = None
    tls: bool = False
    tls_names: tuple[str, ...] = ()
    tls_dir: str = ""
    tls_cert: str = ""
    tls_key: str = ""
    strict_http: bool = False
    allow_cross_site: bool = False
    magic: bool = True
    profile: str = ""
    control_token: str = field(default="", repr=False)
    control_token_file: str = ""
    journal_entries: Annotated[int, Interval(ge=1, le=1_000_000)] = 10_000
    max_messages: Annotated[int, Interval(ge=1, le=1_000_000_000)] | None = None
    max_message_age: Annotated[float, Interval(gt=0, le=3e9)] | None = None
    stop_delay: Annotated[float, Interval(ge=0, le=3600)] = 0.0

    __pydantic_config__: ClassVar[Mapping[str, str]] = _FORBID

    @property
    def scheme(self) -> str:
        """`https` with TLS, else `http`."""
        return "https" if self.tls or self.tls_cert or self.tls_names else "http"

    @property
    def authority_folder(self) -> Path | None:
        """Folder that keeps the authority of generated certificates, or None."""
        if self.tls_dir:
            return Path(self.tls_dir)
        return Path(f"{self.store}.tls") if self.store and not is_database(self.store) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSettings:
    """Settings of the table `[demo]`: the traffic that the emulator starts with.

    Attributes:
        messages: Number of messages.
        hours: Length of the traffic in hours. It ends at the start of the emulator.
        userid: Userid of the account that is opened for the traffic. No other account may have it.
    """

    messages: Annotated[int, Interval(ge=1, le=10_000)] = 200
    hours: Annotated[float, Interval(gt=0, le=1_000)] = 8.0
    userid: Annotated[str, Len(1, 64)] = "demo"

    __pydantic_config__: ClassVar[Mapping[str, str]] = _FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The whole configuration of an emulator.

    Attributes:
        server: The table `[server]`.
        accounts: The accounts; by default the document's own.
        assumptions: Answers to open questions for the whole server, by question.
        demo: The table `[demo]`, or None.
    """

    server: ServerSettings = field(default_factory=ServerSettings)
    accounts: tuple[AccountSettings, ...] = field(default_factory=lambda: (DOCUMENT_ACCOUNT,))
    assumptions: AnswerTable = field(default_factory=dict[str, str | tuple[str, ...]])
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
"""Names of the settings by the name of their table."""
_SERVER = frozenset(KNOWN_SETTINGS["server"])
TABLES = frozenset(KNOWN_SETTINGS[""]) - {"server"}
"""Names of the tables beside `[server]`."""


def load(
    path: Path | None,
    overrides: Mapping[str, Any] = _NOTHING,
    origins: Mapping[str, str] = _NOTHING,
    *,
    needs_token: bool = True,
    checks_files: bool = False,
) -> Config:
    """Load a TOML file. The other arguments are as for `parse`.

    Without a path, `ccell.toml` in the current folder is loaded if it exists, otherwise the defaults.

    Raises:
        ConfigError: The file is unreadable or invalid.
    """
    path = config_file(path)
    if path is None:
        return parse({}, _COMMAND_LINE, overrides, origins, needs_token=needs_token, checks_files=checks_files)
    data = toml.read(path)
    return parse(data, str(path), overrides, origins, needs_token=needs_token, checks_files=checks_files)


def config_file(path: Path | None) -> Path | None:
    """Return the TOML file to load: the one at a path, else `ccell.toml` in the current folder, or None without it."""
    return path or (_DEFAULT_PATH if _DEFAULT_PATH.exists() else None)


def parse(
    data: Mapping[str, Any],
    source: str,
    overrides: Mapping[str, Any] = _NOTHING,
    origins: Mapping[str, str] = _NOTHING,
    *,
    needs_token: bool = True,
    checks_files: bool = False,
) -> Config:
    """Check a configuration, and generate the userids and passwords that its accounts lack.

    Args:
        data: The content of a TOML file.
        source: Name of the source for error messages.
        overrides: Settings that win. `accounts` replaces all accounts. `assumptions` and `demo` win over the settings
            of these tables that they name. All others are settings of the table `[server]`.
        origins: For error messages, where an override comes from, if not from the command line.
        needs_token: Refuse to listen beyond loopback without a control token.
        checks_files: Check the files that an emulator uses from its start.

    Raises:
        ConfigError: The configuration is invalid. The message names all its problems.
    """
    config, problems = read_valid(_adapter(), data, KNOWN_SETTINGS, is_toml=True)
    tables = {name: value for name, value in overrides.items() if name in TABLES}
    server = {name: value for name, value in overrides.items() if name not in TABLES}
    wins, wrong_wins = read_valid(_adapter(), {"server": server, **tables}, KNOWN_SETTINGS, is_toml=False)

    def blame(problem: ConfigProblem) -> str:
        override = _override_of(problem, overrides)
        return source if override is None else origins.get(override, _COMMAND_LINE)

    def describe(origin: str, problem: ConfigProblem) -> str:
        other = blame(ConfigProblem(problem.other, "")) if problem.other else origin
        return f"{origin}: {problem}" + ("" if other == origin else f" ({problem.other} comes from {other})")

    named = [(source, problem) for problem in problems] + [(blame(problem), problem) for problem in wrong_wins]
    invalid = {(origin, problem.key) for origin, problem in named}
    config, token_problems = _read_token_file(_override(config, wins, overrides))
    invalid_keys = {key for _, key in invalid}
    checked = _check_server(config, invalid_keys, needs_token=needs_token, checks_files=checks_files)
    found = [(blame(problem), problem) for problem in (*token_problems, *checked, *_check_accounts(config))]
    # A default stands in for an invalid setting.
    named += [(origin, problem) for origin, problem in found if (origin, problem.key) not in invalid]
    if named:
        raise ConfigError("\n".join(describe(*one) for one in named))
    return replace(config, accounts=tuple(_complete(config)))


@cache
def _adapter() -> TypeAdapter[Config]:
    return TypeAdapter(Config)


def _override(config: Config, wins: Config, overrides: Mapping[str, Any]) -> Config:
    """Return the configuration with the overrides, which `wins` has read."""
    demo = config.demo
    if wins.demo is not None:
        known = {name: getattr(wins.demo, name) for name in overrides["demo"] if name in KNOWN_SETTINGS["demo"]}
        demo = replace(demo or DemoSettings(), **known)
    return Config(
        server=replace(config.server, **{name: getattr(wins.server, name) for name in overrides if name in _SERVER}),
        accounts=wins.accounts if "accounts" in overrides else config.accounts,
        assumptions={**config.assumptions, **wins.assumptions},
        demo=demo,
    )


def _override_of(problem: ConfigProblem, overrides: Mapping[str, Any]) -> str | None:
    """Return the name of the override that a problem is about, or None if it is about the file."""
    table, *path = re.sub(r"\[[0-9]+\]", "", problem.key).split(".")
    if table == "server":
        return problem.setting if problem.setting in overrides else None
    given = overrides.get(table)
    is_elsewhere = isinstance(given, Mapping) and bool(path) and path[0] not in given
    return None if given is None or is_elsewhere else table


def _read_token_file(config: Config) -> tuple[Config, list[ConfigProblem]]:
    """Read the control token from its file, if the configuration names one."""
    server, key = config.server, "server.control_token_file"
    if not server.control_token_file:
        return config, []
    if server.control_token:
        message = "must not be set together with control_token"
        return config, [ConfigProblem(key, message, other="server.control_token")]
    try:
        token = read_token(Path(server.control_token_file))
    except ConfigError as error:
        return config, [ConfigProblem(key, str(error))]
    return replace(config, server=replace(server, control_token=token)), []


def _check_server(
    config: Config, invalid: AbstractSet[str], *, needs_token: bool, checks_files: bool
) -> Iterator[ConfigProblem]:
    server = config.server
    yield from check_assumptions(config.assumptions, "server")
    if server.profile:
        try:
            toml.read_profile(Path(server.profile))
        except ConfigError as error:
            yield ConfigProblem("server.profile", str(error))
    if "://" in server.store and not is_database(server.store):
        yield ConfigProblem("server.store", "must be a file, or a URL that begins with postgresql://")
    elif checks_files and server.store and not is_database(server.store):
        yield from check_store(Path(server.store))
    yield from _check_tls(server, invalid)
    if checks_files:
        yield from _check_files(server)
    if server.control_token == HIDDEN:
        message = "must be the real token or left out; this one is hidden"
        yield ConfigProblem("server.control_token", message, HIDDEN)
    if not is_token(server.control_token):
        yield ConfigProblem("server.control_token", f"must be {TOKEN_FORM}", HIDDEN)
    has_token = server.control_token or server.control_token_file
    if needs_token and not has_token and not _TOKEN_SETTINGS & invalid and not is_loopback(server.host):
        message = (
            "must be on loopback without a control token "
            "(set --control-token, CCELL_FAKE_CONTROL_TOKEN or control_token)"
        )
        yield ConfigProblem("server.host", message, f'"{server.host}"')


def _check_tls(server: ServerSettings, invalid: AbstractSet[str]) -> Iterator[ConfigProblem]:
    if bool(server.tls_cert) != bool(server.tls_key):
        given, missing = ("tls_cert", "tls_key") if server.tls_cert else ("tls_key", "tls_cert")
        if f"server.{missing}" not in invalid:
            yield ConfigProblem(f"server.{given}", f"must be set together with {missing}, which is missing")
    for setting in ("tls_names", "tls_dir"):
        if server.tls_cert and getattr(server, setting):
            message = (
                "must not be set together with tls_cert: it is for generated certificates, and yours stays as it is"
            )
            yield ConfigProblem(f"server.{setting}", message, other="server.tls_cert")
    for name in server.tls_names:
        try:
            canonical_name(name)
        except ValueError as error:
            yield ConfigProblem("server.tls_names", str(error), json.dumps(name[:80], ensure_ascii=False))


def _check_files(server: ServerSettings) -> Iterator[ConfigProblem]:
    if server.tls_cert and server.tls_key:
        yield from check_certificate(server.tls_cert, server.tls_key)
    elif not (server.tls_cert or server.tls_key) and server.scheme == "https":
        setting = next(name for name in ("tls_dir", "store", "tls", "tls_names") if getattr(server, name, None))
        yield from check_generated(server.authority_folder, f"server.{setting}")


def _check_accounts(config: Config) -> Iterator[ConfigProblem]:
    used: dict[str, int] = {}
    for index, account in enumerate(config.accounts):
        for problem in check_account(account):
            yield problem.under(f"accounts[{index}]")
        if account.userid and account.userid in used:
            yield _used_twice(f"accounts[{index}]", account.userid, used)
        used[account.userid] = index
    if config.demo is None:
        return
    if find_spec("faker") is None:
        yield ConfigProblem("demo", f"Faker is not installed; {install('demo')}")
    userid = config.demo.userid
    for problem in check_account(AccountSettings(userid=userid)):
        yield problem.under("demo")
    if userid in magic.USERIDS:
        yield ConfigProblem("demo.userid", "must not be a magic userid", f'"{userid}"')
    if userid in used:
        yield _used_twice("demo", userid, used)


def _used_twice(key: str, userid: str, used: Mapping[str, int]) -> ConfigProblem:
    other = f"accounts[{used[userid]}].userid"
    return ConfigProblem(f"{key}.userid", f"must differ from {other}", f'"{userid}"', other)


def _complete(config: Config) -> Iterator[AccountSettings]:
    generator = CredentialGenerator(2 * credential_number(config.server.seed))
    taken = {account.userid for account in config.accounts}
    if config.demo is not None:
        taken.add(config.demo.userid)
    for account in config.accounts:
        if account is DOCUMENT_ACCOUNT:
            # The default stays the same object, which no account of a file is.
            yield account
            continue
        completed = generator.complete(account, taken)
        taken.add(completed.userid)
        yield completed


def is_loopback(host: str) -> bool:
    """Return whether an address or a name reaches only this machine."""
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def as_toml(config: Config) -> str:
    """Render a configuration as TOML, with all defaults. Passwords that may be real are hidden."""
    accounts: list[dict[str, Any]] = []
    for account in config.accounts:
        table = _without_none(asdict(account))
        table["outcomes"] = [_without_none(rule) for rule in table["outcomes"]]
        if not is_public(account.password):
            table["password"] = HIDDEN
        accounts.append(table)
    server = {**_without_none(asdict(config.server)), "store": shown(config.server.store)}
    if config.server.control_token_file:
        # The file is enough to read it again, and only one of them may be set.
        del server["control_token"]
    elif config.server.control_token:
        server["control_token"] = HIDDEN
    demo = {} if config.demo is None else {"demo": asdict(config.demo)}
    return tomli_w.dumps({"server": server, "assumptions": dict(config.assumptions), **demo, "accounts": accounts})


def _without_none(table: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in table.items() if value is not None}
