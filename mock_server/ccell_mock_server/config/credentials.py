"""Credentials made up here, for accounts that come without; nobody's secret."""

import re
from collections.abc import Container
from dataclasses import replace
from random import Random

from ccell_fake.settings import DOCUMENT_ACCOUNT, AccountSettings

_MINTED = re.compile(r"minted-[0-9a-f]{8}")
_FIRST, _LAST = 200_000, 999_999


class CredentialGenerator:
    """Makes userids of six digits, none twice, and passwords; the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        """Begin with a seed."""
        self._random = Random(seed)  # noqa: S311 - the credentials of a fake, the same on every start
        self._given: set[str] = set()

    def complete(self, settings: AccountSettings, taken: Container[str]) -> AccountSettings:
        """Settings with a userid that is not taken and a password, where they have none.

        Raises:
            OverflowError: There are no more userids.
        """
        userid = settings.userid or self._userid(taken)
        return replace(settings, userid=userid, password=settings.password or self._password())

    def _userid(self, taken: Container[str]) -> str:
        while len(self._given) <= _LAST - _FIRST:
            userid = str(self._random.randint(_FIRST, _LAST))
            if userid in self._given:
                continue
            self._given.add(userid)
            if userid not in taken:
                return userid
        message = "every userid of six digits has been given out"
        raise OverflowError(message)

    def _password(self) -> str:
        return f"minted-{self._random.getrandbits(32):08x}"


def is_public(password: str) -> bool:
    """Whether a password may be shown: the document's own, or one made up here. Any other may be a real one."""
    return password == DOCUMENT_ACCOUNT.password or _MINTED.fullmatch(password) is not None
