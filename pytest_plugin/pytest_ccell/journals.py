"""Internal. What a failed test asked of the gateway, for its report."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ccell_fake.control.errors import Stopped
from ccell_fake.errors import CcellError
from ccell_fake.inspection import JournalEntry
from ccell_fake.printable import escape_controls
from ccell_fake.testing import Ccell, Server, StrayRequest, registry

TITLE = "ccell journal"
"""Title of the report section with the journals."""

_NO_ACCOUNT = "requests that reached no account"
_MOST_CHARACTERS = 20_000
_MOST_ACCOUNTS = 5
_MOST_EXPLANATIONS = 5
_LONGEST = 800


@dataclass(frozen=True, slots=True)
class Start:
    """The positions of the journals when a test began.

    Attributes:
        accounts: Position of each account that was open.
        servers: Position of each emulator.
    """

    accounts: dict[Ccell, int]
    servers: dict[Server, int]


BEGINNING = Start({}, {})
"""The start before any request."""


@dataclass(frozen=True, slots=True)
class Journal:
    """Requests to show under a heading, oldest first."""

    heading: str
    entries: tuple[JournalEntry, ...]


def start() -> Start:
    """Begin to watch the emulators and the accounts that are in use."""
    registry.keep_journals(are_wanted=True)
    return Start(
        {one: _position(one) for one in registry.accounts},
        {one: _stray_position(one) for one in registry.servers},
    )


def since(start: Start) -> str:
    """The requests since the start, of all accounts and of none, for the report of a failed test.

    The account that was opened last comes first, and those that are open come before those that are closed.
    """
    # The accounts of the start are alive, so that no other one has their ids.
    begun = {id(one): position for one, position in start.accounts.items()}
    accounts = [(id(one), one.userid, of_account(one, begun.get(id(one), 0))) for one in reversed(registry.accounts)]
    accounts += [
        (one, userid, Journal(f"account {userid}, closed", _after(entries, begun.get(one, 0))))
        for one, userid, entries in reversed(registry.closed or [])
    ]
    userids = [userid for _, userid, _ in accounts]
    strays = [one for server in registry.servers for one in _strays(server, start.servers.get(server, 0), userids)]
    # An account of an earlier test or fixture is shown if it has requests.
    shown = [journal for one, _, journal in accounts if journal.entries or one not in begun]
    left_out = len(shown) - _MOST_ACCOUNTS
    more = [f"({left_out} accounts that were opened earlier are left out)"] if left_out > 0 else []
    return "\n".join(filter(None, [render([*shown[:_MOST_ACCOUNTS], *strays]), *more]))


def of_strict_account(ccell: Ccell) -> list[Journal]:
    """The journal of an account, and the requests that reached no account since it was opened."""
    try:
        strays = ccell.strays()
    except CcellError:
        strays = ()
    return [of_account(ccell), *_grouped(strays)]


def of_account(ccell: Ccell, position: int = 0) -> Journal:
    """The journal of an account after a position."""
    try:
        entries = _after(ccell.journal(), position)
    except CcellError as error:
        return Journal(f"account {ccell.userid}: its journal cannot be read: {error}", ())
    return Journal(f"account {ccell.userid}", entries)


def _after(entries: tuple[JournalEntry, ...], position: int) -> tuple[JournalEntry, ...]:
    return tuple(entry for entry in entries if entry.position > position)


def _strays(server: Server, position: int, userids: Sequence[str]) -> list[Journal]:
    try:
        strays = server.strays.since(position, userids)
    except Stopped:
        return []
    except CcellError as error:
        return [Journal(f"{_NO_ACCOUNT}: they cannot be read: {error}", ())]
    return list(_grouped(strays))


def _grouped(strays: Sequence[StrayRequest]) -> Iterator[Journal]:
    for userid in dict.fromkeys(stray.userid for stray in strays):
        heading = _NO_ACCOUNT if userid is None else f"account {userid}, which is the emulator's own"
        yield Journal(heading, tuple(stray.entry for stray in strays if stray.userid == userid))


def _position(ccell: Ccell) -> int:
    try:
        return ccell.account.position
    except CcellError:
        return 0


def _stray_position(server: Server) -> int:
    try:
        return server.strays.position()
    except CcellError:
        return 0


def render(journals: Sequence[Journal]) -> str:
    """Render journals: of each the refused requests first, then the others, the newest first.

    All of them together have a limited number of characters, which they share equally.
    """
    return "\n".join(_render(one, _MOST_CHARACTERS // max(len(journals), 1)) for one in journals)


def _render(journal: Journal, most: int) -> str:
    if not journal.entries:
        return journal.heading if "cannot be read" in journal.heading else f"{journal.heading}\nno requests"
    newest_first = sorted(journal.entries, key=lambda one: (not _is_refused(one), -one.position))
    shown: list[str] = []
    for entry in newest_first:
        text = "\n".join(_lines(entry))
        if len(text) >= most and shown:
            break
        shown.append(_shorten(text, most))
        most -= len(text) + 1
    left_out = len(newest_first) - len(shown)
    number = len(newest_first)
    count = "1 request" if number == 1 else f"{number} requests, refused ones first, then the newest"
    more = [f"({left_out} more requests are left out)"] if left_out else []
    return "\n".join([f"{journal.heading}: {count}", *shown, *more])


def _is_refused(entry: JournalEntry) -> bool:
    return bool(entry.explanation) or entry.delivery != "whole"


def _lines(entry: JournalEntry) -> Iterator[str]:
    outcome = entry.code if entry.delivery == "whole" else f"{entry.code} {entry.delivery}".strip()
    basis = f" ({entry.basis})" if entry.basis else ""
    operation = entry.operation or "no endpoint"
    yield f"{entry.position} {entry.at:%Y-%m-%d %H:%M:%S} {operation} {outcome}, by {entry.rule}{basis}"
    yield f"  request  {_on_one_line(entry.request)}"
    yield f"  answer   {'none' if entry.answer is None else _on_one_line(entry.answer)}"
    lines = entry.explanation.splitlines()
    for line in lines[:_MOST_EXPLANATIONS]:
        yield f"  {_on_one_line(line)}"
    if len(lines) > _MOST_EXPLANATIONS:
        yield f"  and {len(lines) - _MOST_EXPLANATIONS} more explanations"


def _on_one_line(text: str) -> str:
    return _shorten(escape_controls(" ".join(text.split())), _LONGEST)


def _shorten(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}… and {len(text) - most} more characters"
