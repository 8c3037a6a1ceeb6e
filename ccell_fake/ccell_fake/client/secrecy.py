"""Keeping the password out of everything that is shown: what a server sends back may quote the request."""

import re

from ccell_fake.wire.secrets import HIDDEN, forms


class SecretMask:
    """Hides a password, its md5 (W9), and either as XML, HTML and URLs write them."""

    def __init__(self, password: str) -> None:
        """Hide this password; an empty one is none."""
        self._text = re.compile("|".join(map(re.escape, forms(password))) or "(?!)", re.IGNORECASE)
        self._data = re.compile(self._text.pattern.encode("utf-8", "replace"), re.IGNORECASE)

    def text(self, text: str) -> str:
        """The text with the password masked wherever it stands."""
        return self._text.sub(HIDDEN, text)

    def data(self, data: bytes) -> bytes:
        """The bytes likewise."""
        return self._data.sub(HIDDEN.encode(), data)
