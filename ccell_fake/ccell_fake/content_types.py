"""The charset of a Content-Type, for the client that reads answers and the faults that make them."""

import re

_CHARSET = re.compile(r"charset\s*=\s*[\"']?([^\s;\"']+)", re.IGNORECASE)


def charset_of(content_type: str) -> str:
    """Return the charset that a Content-Type names, or an empty string."""
    named = _CHARSET.search(content_type)
    return named[1] if named else ""
