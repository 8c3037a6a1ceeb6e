"""The place of a store: a file, a database, or memory."""

import re

_SCHEMES = ("postgresql://", "postgres://")
# A password may hold any character, also one that has to be escaped and is not.
_USER = re.compile(r"(?<=://)(?P<user>[^:@/?]*)(?::.*)?@", re.DOTALL)


def is_database(place: str) -> bool:
    """Return whether a store is a database, and not a file or in memory."""
    return place.startswith(_SCHEMES)


def shown(place: str) -> str:
    """Return the place of a store without a password."""
    return _USER.sub(r"\g<user>@", place).partition("?")[0] if is_database(place) else place
