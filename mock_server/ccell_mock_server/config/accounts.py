"""Check the settings of accounts, and generate missing userids and passwords."""

import ipaddress
import re
from collections.abc import Container, Iterator
from dataclasses import replace
from random import Random

from ccell_fake.engine import assumptions
from ccell_fake.settings import DOCUMENT_ACCOUNT, AccountSettings
from ccell_fake.wire.secrets import HIDDEN
from ccell_mock_server.config.errors import ConfigProblem

_USERID = re.compile(r"[\w.@-]*", re.ASCII)
_NUMBER_PATTERN = re.compile(r"[0-9]+\*?|\*")
_GENERATED_PASSWORD = re.compile(r"minted-[0-9a-f]{8}")
_FIRST_USERID, _LAST_USERID = 200_000, 999_999


def check_account(account: AccountSettings) -> Iterator[ConfigProblem]:
    """Yield the problems of an account's settings."""
    if _USERID.fullmatch(account.userid) is None:
        yield ConfigProblem("userid", "must consist of letters, digits and . _ @ -", f'"{account.userid}"')
    if account.password == HIDDEN:
        yield ConfigProblem("password", "must be the real password or left out; this one is hidden", HIDDEN)
    if account.closing_phrase != account.closing_phrase.strip():
        yield ConfigProblem("closing_phrase", "must not begin or end with blanks", f'"{account.closing_phrase}"')
    yield from check_assumptions(account.assumptions, "account")
    yield from _check_lists(account)


def check_assumptions(answers: assumptions.AnswerTable, scope: assumptions.Scope) -> Iterator[ConfigProblem]:
    """Yield the problems of answers to open questions."""
    for id_, answer in answers.items():
        try:
            assumptions.check({id_: answer}, scope)
        except assumptions.AnswerError as error:
            yield ConfigProblem(f"assumptions.{id_}", str(error))


def _check_lists(account: AccountSettings) -> Iterator[ConfigProblem]:
    for index, text in enumerate(account.allowed_ips):
        try:
            ipaddress.ip_network(text, strict=False)
        except ValueError:
            message = "must be an address or a network, such as 10.0.0.0/8"
            yield ConfigProblem(f"allowed_ips[{index}]", message, f'"{text}"')
    for name, numbers in (("blacklist", account.blacklist), ("whitelist", account.whitelist or ())):
        for index, text in enumerate(numbers):
            if _NUMBER_PATTERN.fullmatch(text) is None:
                yield ConfigProblem(f"{name}[{index}]", "must be digits with at most one * at the end", f'"{text}"')
    for index, text in enumerate(account.signcode if account.signcode != "*" else ()):
        if "【" in text or "】" in text:
            yield ConfigProblem(f"signcode[{index}]", "must be the signature without its brackets", f'"{text}"')


class CredentialGenerator:
    """Generates unique userids of six digits, and passwords. Equal seeds give equal credentials."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311 - the credentials of a fake, the same on every start
        self._issued: set[str] = set()

    def complete(self, settings: AccountSettings, taken: Container[str]) -> AccountSettings:
        """Add a userid that is not taken and a password, if missing. Raises OverflowError after the last userid."""
        userid = settings.userid or self._userid(taken)
        password = settings.password or f"minted-{self._random.getrandbits(32):08x}"
        return replace(settings, userid=userid, password=password)

    def _userid(self, taken: Container[str]) -> str:
        while len(self._issued) <= _LAST_USERID - _FIRST_USERID:
            userid = str(self._random.randint(_FIRST_USERID, _LAST_USERID))
            if userid in self._issued:
                continue
            self._issued.add(userid)
            if userid not in taken:
                return userid
        message = "all userids of six digits are used"
        raise OverflowError(message)


def is_public(password: str) -> bool:
    """Return whether a password may be shown: only the document's own and generated ones, as others may be real."""
    return password == DOCUMENT_ACCOUNT.password or _GENERATED_PASSWORD.fullmatch(password) is not None
