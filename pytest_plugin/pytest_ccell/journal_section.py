"""What the report of a failed test says of its account."""

from collections.abc import Iterator

from ccell_fake.errors import CcellError
from ccell_fake.inspection import JournalEntry
from ccell_fake.testing import Ccell

JOURNAL = "ccell journal"
"""What the section is called."""

_SHOWN = 50
_LONGEST = 1_000


def journal(ccell: Ccell) -> str:
    """What was asked of the account and answered, the last of it."""
    try:
        entries = ccell.journal()
    except CcellError as error:
        return f"account {ccell.userid}: it cannot be read: {error}"
    lines = [line for entry in entries[-_SHOWN:] for line in _lines(entry)]
    if len(entries) > _SHOWN:
        lines.insert(0, f"({len(entries) - _SHOWN} earlier requests are left out)")
    return "\n".join([f"account {ccell.userid}", *(lines or ["nothing was asked"])])


def _lines(entry: JournalEntry) -> Iterator[str]:
    how = entry.code if entry.delivery == "whole" else f"{entry.code} {entry.delivery}".strip()
    yield f"{entry.position} {entry.at:%Y-%m-%d %H:%M:%S} {entry.operation} {how}, by {entry.rule} ({entry.basis})"
    yield f"  asked    {_short(entry.request)}"
    yield "  answered nothing" if entry.answer is None else f"  answered {_short(entry.answer)}"
    for line in entry.explanation.splitlines():
        yield f"  {line}"


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… and {len(text) - _LONGEST} characters more"
