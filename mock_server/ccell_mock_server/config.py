"""The configuration: `ccell.toml`, what may stand in it, and errors that say what is wrong and what is allowed."""

import difflib
import ipaddress
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from random import Random
from typing import Annotated, Any, ClassVar

import tomli_w
from annotated_types import Interval, Len
from pydantic import TypeAdapter, ValidationError

from ccell_fake.engine import answers
from ccell_fake.settings import DOCUMENT_ACCOUNT, AccountSettings, OutcomeRule
from ccell_mock_server import profile, toml_file
from ccell_mock_server.toml_file import ConfigError

DEFAULT_PORT = 8026

_DEFAULT_PATH = Path("ccell.toml")
_SECRET_KEYS = {"password", "control_token"}
_HIDDEN = "********"
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

    __pydantic_config__: ClassVar[Mapping[str, str]] = _FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything an emulator is started with.

    Attributes:
        server: How it serves.
        accounts: Its accounts; the document's own where none is given.
        assumptions: Answers for the whole server, by question.
    """

    server: ServerSettings = field(default_factory=ServerSettings)
    accounts: tuple[AccountSettings, ...] = (DOCUMENT_ACCOUNT,)
    assumptions: answers.Given = field(default_factory=dict[str, str | tuple[str, ...]])

    __pydantic_config__: ClassVar[Mapping[str, str]] = _FORBID


_TABLES: dict[str, type] = {"": Config, "server": ServerSettings, "accounts": AccountSettings, "outcomes": OutcomeRule}


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
    return parse(toml_file.read(path), str(path), overrides)


def parse(data: Mapping[str, Any], source: str, overrides: Mapping[str, Any] | None = None) -> Config:
    """The configuration that a table holds, with passwords and userids made for accounts that have none.

    Args:
        data: As TOML has it.
        source: How errors call it.
        overrides: Settings of `[server]` that win over it.

    Raises:
        ConfigError: It cannot be used.
    """
    server = data.get("server", {})
    if overrides and isinstance(server, Mapping):
        data = {**data, "server": {**server, **overrides}}
    try:
        config = TypeAdapter(Config).validate_json(json.dumps(data, default=str), strict=True)
    except ValidationError as error:
        faults = [_fault(dict(entry)) for entry in error.errors()]
        raise ConfigError("\n".join(f"{source}: {fault}" for fault in dict.fromkeys(faults))) from error
    faults = list(_faults_of_meaning(config))
    if faults:
        raise ConfigError("\n".join(f"{source}: {fault}" for fault in faults))
    return replace(config, accounts=tuple(_minted(config)))


def _fault(entry: dict[str, Any]) -> str:
    path: tuple[str | int, ...] = entry["loc"]
    # A union's branches stand in the path as well; TOML's keys and indices are what a reader can find.
    path = tuple(part for part in path if isinstance(part, int) or re.fullmatch(r"\w+", part))
    key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
    if entry["type"] in {"extra_forbidden", "unexpected_keyword_argument"}:
        *table, name = path
        known = [one.name for one in fields(_TABLES[next((str(p) for p in reversed(table) if isinstance(p, str)), "")])]
        close = difflib.get_close_matches(str(name), known, n=1)
        hint = f"did you mean {close[0]}? " if close else ""
        return f"{key}: there is no such setting; {hint}there are {', '.join(known)}"
    value = (
        _HIDDEN if path and path[-1] in _SECRET_KEYS else json.dumps(entry["input"], ensure_ascii=False, default=str)
    )
    shown = value if len(value) <= 80 else f"{value[:77]}..."  # noqa: PLR2004 - a line's worth
    return f"{key} = {shown}: {entry['msg'][0].lower()}{entry['msg'][1:]}"


def _faults_of_meaning(config: Config) -> Iterator[str]:
    """What no type says: answers that exist, networks that parse, userids that differ."""
    yield from _answer_faults("assumptions", config.assumptions, "server")
    if config.server.profile:
        try:
            profile.load(Path(config.server.profile))
        except ConfigError as error:
            yield f"server.profile: {error}"
    if bool(config.server.tls_cert) != bool(config.server.tls_key):
        yield "server.tls_cert: tls_cert and tls_key go together"
    seen: dict[str, int] = {}
    for place, account in enumerate(config.accounts):
        key = f"accounts[{place}]"
        yield from _answer_faults(f"{key}.assumptions", account.assumptions, "account")
        for index, text in enumerate(account.allowed_ips):
            try:
                ipaddress.ip_network(text, strict=False)
            except ValueError:
                yield f'{key}.allowed_ips[{index}] = "{text}": it takes an address or a network, such as 10.0.0.0/8'
        if account.userid and account.userid in seen:
            yield f'{key}.userid = "{account.userid}": accounts[{seen[account.userid]}] has it already'
        seen[account.userid] = place


def _answer_faults(key: str, given: answers.Given, scope: answers.Scope) -> Iterator[str]:
    for id_, answer in given.items():
        try:
            answers.check({id_: answer}, scope)
        except answers.AnswerError as error:
            yield f"{key}.{id_}: {error}"


def _minted(config: Config) -> Iterator[AccountSettings]:
    random = Random(config.server.seed)  # noqa: S311 - the credentials of a fake, the same on every start
    taken = {account.userid for account in config.accounts}
    for account in config.accounts:
        userid = account.userid
        while not userid:
            drawn = f"{random.randrange(200_000, 1_000_000)}"
            userid = "" if drawn in taken else drawn
        taken.add(userid)
        yield replace(account, userid=userid, password=account.password or f"{random.getrandbits(64):016x}")


def as_toml(config: Config) -> str:
    """The configuration as TOML, with every default written out and every password hidden but the document's own."""
    accounts: list[dict[str, Any]] = []
    for account in config.accounts:
        table = _without_none(asdict(account))
        table["outcomes"] = [_without_none(rule) for rule in table["outcomes"]]
        if account.password != DOCUMENT_ACCOUNT.password:
            table["password"] = _HIDDEN
        accounts.append(table)
    return tomli_w.dumps(
        {"server": asdict(config.server), "assumptions": dict(config.assumptions), "accounts": accounts}
    )


def _without_none(table: dict[str, Any]) -> dict[str, Any]:
    """The table without what TOML has no word for."""
    return {key: value for key, value in table.items() if value is not None}
