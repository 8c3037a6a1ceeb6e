"""Check the settings of accounts, and generate missing userids and passwords."""

import ipaddress
import os
import re
import zlib
from collections.abc import Container, Iterator
from dataclasses import replace
from random import Random

from ccell_fake.engine import assumptions
from ccell_fake.settings import DOCUMENT_ACCOUNT, AccountSettings
from ccell_fake.wire.secrets import HIDDEN
from ccell_mock_server.config.errors import ConfigProblem

_USERID = re.compile(r"(?!\.\.?$)[\w.@-]*", re.ASCII)
_NUMBER_PATTERN = re.compile(r"[0-9]+\*?|\*")
# An entry with other numbers of digits would match no number that can be recognised.
_PREFIX = re.compile(r"[0-9]{11}|[0-9]{0,10}\*")
_GENERATED_PASSWORD = re.compile(r"minted-[0-9a-f]{8}")
_FIRST_USERID, _THOUSANDS = 200_000, 800
# Coprime to _THOUSANDS: only numbers that differ by a multiple of 800 begin with the same thousand.
_STRIDE = 61


def check_account(account: AccountSettings) -> Iterator[ConfigProblem]:
    """Yield the problems of an account's settings."""
    if not is_userid(account.userid):
        yield ConfigProblem(
            "userid", "must consist of letters, digits and . _ @ -, and not be . or ..", f'"{account.userid}"'
        )
    if account.password == HIDDEN:
        yield ConfigProblem("password", "must be the real password or left out; this one is hidden", HIDDEN)
    if account.closing_phrase != account.closing_phrase.strip():
        yield ConfigProblem("closing_phrase", "must not begin or end with blanks", f'"{account.closing_phrase}"')
    yield from check_assumptions(account.assumptions, "account")
    yield from _check_lists(account)


def refuse_invalid(account: AccountSettings) -> None:
    """Raise ValueError if an account's settings have problems."""
    problems = "; ".join(map(str, check_account(account)))
    if problems:
        raise ValueError(problems)


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
    for index, text in enumerate(account.prefixes):
        if _PREFIX.fullmatch(text) is None:
            yield ConfigProblem(f"prefixes[{index}]", "must be 11 digits, or fewer and a * at the end", f'"{text}"')
    lists = {"blacklist": account.blacklist, "whitelist": account.whitelist or ()}
    for name, numbers in lists.items():
        for index, text in enumerate(numbers):
            if _NUMBER_PATTERN.fullmatch(text) is None:
                yield ConfigProblem(f"{name}[{index}]", "must be digits with at most one * at the end", f'"{text}"')
    for index, text in enumerate(account.signcode if account.signcode != "*" else ()):
        if "【" in text or "】" in text:
            yield ConfigProblem(f"signcode[{index}]", "must be the signature without its brackets", f'"{text}"')


class CredentialGenerator:
    """Generates unique userids of six digits (W11), and passwords.

    Generators of equal numbers generate equal credentials. Those of different numbers begin with different thousands of
    userids, far apart.
    """

    def __init__(self, number: int) -> None:
        self._number = number
        self._random = Random(number)  # noqa: S311 - the credentials of a fake, the same on every start
        self._userids = self._generate_userids()

    def complete(self, settings: AccountSettings, taken: Container[str] = ()) -> AccountSettings:
        """Add a userid that is not taken and a password, if missing. Raises OverflowError after the last userid."""
        userid = settings.userid or self._userid(taken)
        password = settings.password or f"minted-{self._random.getrandbits(32):08x}"
        return replace(settings, userid=userid, password=password)

    def _userid(self, taken: Container[str]) -> str:
        for userid in self._userids:
            if userid not in taken:
                return userid
        message = "all userids of six digits are used"
        raise OverflowError(message)

    def _generate_userids(self) -> Iterator[str]:
        for count in range(_THOUSANDS):
            first = _FIRST_USERID + (self._number * _STRIDE + count) % _THOUSANDS * 1000
            yield from map(str, self._random.sample(range(first, first + 1000), 1000))


def credential_number(seed: int | None) -> int:
    """Return the number of an emulator's generator: the seed, else the number of the pytest-xdist worker, else 0."""
    if seed is not None:
        return seed
    worker = os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw")
    if worker in {"", "master"}:
        return 0
    # A worker may have any name.
    return int(worker) if worker.isascii() and worker.isdecimal() else zlib.crc32(worker.encode())


def is_userid(text: str) -> bool:
    """Return whether a text can be the userid of an account. An empty userid is generated."""
    return _USERID.fullmatch(text) is not None


def is_public(password: str) -> bool:
    """Return whether a password may be shown: only the document's own and generated ones, as others may be real."""
    return password == DOCUMENT_ACCOUNT.password or _GENERATED_PASSWORD.fullmatch(password) is not None
