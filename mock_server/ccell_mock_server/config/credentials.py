"""Generate userids and passwords for accounts that have none."""

import re
from collections.abc import Container
from dataclasses import replace
from random import Random

from ccell_fake.settings import DOCUMENT_ACCOUNT, AccountSettings

_GENERATED_PASSWORD = re.compile(r"minted-[0-9a-f]{8}")
_FIRST_USERID, _LAST_USERID = 200_000, 999_999


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
    """Whether a password may be shown: only the document's own and generated ones, as others may be real."""
    return password == DOCUMENT_ACCOUNT.password or _GENERATED_PASSWORD.fullmatch(password) is not None
