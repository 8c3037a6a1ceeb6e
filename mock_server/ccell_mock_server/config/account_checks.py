"""What no type says about an account's settings: answers that exist, addresses, numbers, signatures."""

import ipaddress
import re
from collections.abc import Iterator

from ccell_fake.engine import assumptions
from ccell_fake.settings import AccountSettings
from ccell_fake.wire.secrets import HIDDEN
from ccell_mock_server.config.errors import ConfigProblem

_USERID = re.compile(r"[\w.@-]*", re.ASCII)
_NUMBERS = re.compile(r"[0-9]+\*?|\*")


def of_account(account: AccountSettings) -> Iterator[ConfigProblem]:
    """What is wrong with an account's settings."""
    yield from _of_credential(account)
    yield from of_answers("assumptions", account.assumptions, "account")
    yield from _of_lists(account)
    if account.closing_phrase != account.closing_phrase.strip():
        yield ConfigProblem("closing_phrase", "it takes text without blanks around it", f'"{account.closing_phrase}"')


def _of_credential(account: AccountSettings) -> Iterator[ConfigProblem]:
    if _USERID.fullmatch(account.userid) is None:
        yield ConfigProblem("userid", "it takes letters, digits and . _ @ -", f'"{account.userid}"')
    if account.password == HIDDEN:
        yield ConfigProblem("password", "a hidden password is none; put the real one, or leave it out", HIDDEN)


def _of_lists(account: AccountSettings) -> Iterator[ConfigProblem]:
    for index, text in enumerate(account.allowed_ips):
        try:
            ipaddress.ip_network(text, strict=False)
        except ValueError:
            yield ConfigProblem(
                f"allowed_ips[{index}]", "it takes an address or a network, such as 10.0.0.0/8", f'"{text}"'
            )
    for name, numbers in (("blacklist", account.blacklist), ("whitelist", account.whitelist or ())):
        for index, text in enumerate(numbers):
            if _NUMBERS.fullmatch(text) is None:
                yield ConfigProblem(f"{name}[{index}]", "it takes digits, at the end perhaps a *", f'"{text}"')
    for index, text in enumerate(account.signcode if account.signcode != "*" else ()):
        if "【" in text or "】" in text:
            yield ConfigProblem(f"signcode[{index}]", "it takes the signature without its brackets", f'"{text}"')


def of_answers(key: str, given: assumptions.Given, scope: assumptions.Scope) -> Iterator[ConfigProblem]:
    """What is wrong with answers to questions."""
    for id_, answer in given.items():
        try:
            assumptions.check({id_: answer}, scope)
        except assumptions.AnswerError as error:
            yield ConfigProblem(f"{key}.{id_}", str(error))
