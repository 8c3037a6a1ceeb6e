"""Secrets in what was sent, replaced before anyone reads it."""

import re

HIDDEN = "********"
"""What stands in place of a secret."""

# Attributes and parameters, however misspelt and whether or not the XML around them can be read.
_PASSWORD = re.compile(
    r"""(?P<name>pass[\w-]*|pwd|secret|token)(?P<equals>["']?\s*(?:=|:|%3[Dd])\s*)"""
    r"""(?P<value>"[^"]*"?|'[^']*'?|%22.*?(?:%22|$)|%27.*?(?:%27|$)|&quot;.*?(?:&quot;|$)|[^\s&<>"',;}]+)""",
    re.IGNORECASE | re.DOTALL,
)


def hidden(text: str, *known: str) -> str:
    """Text with the values of everything called a password replaced, and every known secret wherever it stands."""
    text = _PASSWORD.sub(rf'\g<name>\g<equals>"{HIDDEN}"', text)
    for secret in known:
        text = text.replace(secret, HIDDEN)
    return text
