"""Keeping the password out of everything that is shown: what a server sends back may quote the request."""

import hashlib
import html
import re
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

from ccell_fake.wire.secrets import HIDDEN


class Mask:
    """Hides a password, its md5 (W9), and either as XML, HTML and URLs write them."""

    def __init__(self, password: str) -> None:
        """Hide this password; an empty one is none."""
        digest = hashlib.md5(password.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()
        plain = {password, escape(password, {'"': "&quot;"}), html.escape(password)}
        encoded = {
            form
            for one in plain
            for form in (
                quote(one, "", errors="replace"),
                quote(one, errors="replace"),
                quote_plus(one, errors="replace"),
            )
        }
        # The longest first: one form may begin as another does.
        forms = sorted({digest, *plain, *encoded}, key=len, reverse=True) if password else []
        self._text = re.compile("|".join(map(re.escape, forms)) or "(?!)", re.IGNORECASE)
        self._data = re.compile(self._text.pattern.encode("utf-8", "replace"), re.IGNORECASE)

    def text(self, text: str) -> str:
        """The text with the password masked wherever it stands."""
        return self._text.sub(HIDDEN, text)

    def data(self, data: bytes) -> bytes:
        """The bytes likewise."""
        return self._data.sub(HIDDEN.encode(), data)
