"""Find where the code under test broke a limit of the document, from the journal and the messages."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ccell_fake.codes import Code
from ccell_fake.inspection import JournalEntry, MessageRecord
from ccell_fake.limits import CONTENT_CHARACTERS, NUMBERS_PER_REQUEST
from ccell_fake.model import Operation
from ccell_fake.resends import RESENT, SentRequest, find_resends
from ccell_fake.testing.strays import StrayRequest
from ccell_fixtures.registries import CLAUSES, OBSERVATIONS

_CLAUSE_OF_RULE = {
    "readable": "S1",
    "has-submits": "S1",
    "submits-complete": "S1",
    "submit-complete": "S1",
    "numbers-per-request": "S3",
    "content-length": "S4",
    "concurrency": "K1",
    "sendtime": "A1",
}
_CLAUSE_OF_CODE = {Code.SIGNATURE_TOO_LONG: "C1"}
_EVIDENCE = {**CLAUSES, **OBSERVATIONS}
_CONCURRENCY = "concurrency"
_STRAY = "A request must reach the account of its test."
# A test arranges these answers by its choice of the userid.
_ARRANGED = "magic-userid"
_FAULT = "fault"
# These refusals may end by the next request without a change by the sender.
_TRANSIENT = {Code.NO_SENDING_RULE, Code.NO_CHANNEL}


@dataclass(frozen=True, slots=True)
class Breach:
    """A broken limit of the document.

    Attributes:
        clause: Id of the clause or observation; empty for a stray request.
        position: Position of the request in the journal.
        says: Description of the breach.
    """

    clause: str
    position: int
    says: str

    def __str__(self) -> str:
        """The breach, with the text of the clause."""
        rule = f"{self.clause}: {_EVIDENCE[self.clause].says}" if self.clause else _STRAY
        return f"{rule}\n  request {self.position}: {self.says}"


def check_allowed(allowed: Collection[str]) -> None:
    """Check ids of clauses and observations. Raises ValueError if one of them is unknown."""
    if isinstance(allowed, str) or not _EVIDENCE.keys() >= set(allowed):
        message = f"allowed must be a collection of ids of clauses and observations, such as W16; got {allowed!r}"
        raise ValueError(message)


def breaches(
    entries: Iterable[JournalEntry],
    messages: Iterable[MessageRecord],
    held: Sequence[range] = (),
    strays: Iterable[StrayRequest] = (),
    allowed: Collection[str] = (),
) -> tuple[Breach, ...]:
    """Find breaches, in the order of the requests.

    The effects of faults are no breaches, nor is excess while a test held slots. But a send that arrives again right
    after a fault has cut off its answer is one (W16).

    Args:
        entries: The journal of the account.
        messages: Its messages.
        held: The positions while slots were held.
        strays: Requests that reached no account of a test.
        allowed: Ids of clauses and observations that are no breaches.
    """
    entries, messages = tuple(entries), tuple(messages)
    faulted = {entry.position for entry in entries if _FAULT in entry.rule.split(", ") or entry.delivery != "whole"}
    found = [
        *(breach for entry in entries if entry.position not in faulted for breach in _of_entry(entry, held)),
        *_of_contents(messages),
        *(Breach("", one.entry.position, one.reason) for one in strays if one.entry.rule != _ARRANGED),
        *_repeated(message for message in messages if message.position not in faulted),
        *_resent(entries),
    ]
    kept = (breach for breach in found if breach.clause not in allowed)
    return tuple(sorted(kept, key=lambda breach: breach.position))


def _of_entry(entry: JournalEntry, held: Sequence[range]) -> Iterator[Breach]:
    if entry.operation is Operation.SEND and entry.items > NUMBERS_PER_REQUEST:
        yield Breach("S3", entry.position, f"it has {entry.items} numbers")
    for rule in entry.rule.split(", "):
        clause = _CLAUSE_OF_RULE.get(rule)
        is_excused = rule == _CONCURRENCY and any(entry.position in positions for positions in held)
        if clause is not None and not is_excused:
            yield Breach(clause, entry.position, entry.explanation)
    for code, clause in _CLAUSE_OF_CODE.items():
        for line in entry.explanation.splitlines():
            if line.startswith(f"{code}: "):
                yield Breach(clause, entry.position, line)


def _of_contents(messages: Iterable[MessageRecord]) -> Iterator[Breach]:
    """Contents that are too long, accepted because of the account's answer to Q5."""
    positions: set[int] = set()
    for message in messages:
        length = len(message.content.encode("utf-16-le", errors="surrogatepass")) // 2
        if length > CONTENT_CHARACTERS and message.position not in positions:
            positions.add(message.position)
            yield Breach("S4", message.position, f"a content has {length} characters")


def _resent(entries: Sequence[JournalEntry]) -> Iterator[Breach]:
    """Sends that arrived again right after their answer was cut off."""
    entries = sorted(entries, key=lambda entry: entry.position)
    sent = (SentRequest(entry.peer, entry.operation, entry.request, entry.delivery) for entry in entries)
    for first, again in find_resends(sent):
        says = (
            f"the same bytes as in request {entries[first].position} came again, right after its answer was cut off "
            f"({entries[first].delivery}); turn off retries in your HTTP library"
        )
        yield Breach(RESENT, entries[again].position, says)


def _repeated(messages: Iterable[MessageRecord]) -> Iterator[Breach]:
    """Refused numbers that were sent again unchanged and refused for the same reason."""
    first: dict[tuple[object, ...], int] = {}
    reported: set[tuple[object, ...]] = set()
    for message in messages:
        if message.code == Code.SUCCESS or message.code in _TRANSIENT:
            continue
        key = (message.phone, message.content, message.sendtime, message.spcode, message.code)
        before = first.setdefault(key, message.position)
        if before != message.position and (key, message.position) not in reported:
            reported.add((key, message.position))
            says = f"{message.phone} was sent again after request {before} was refused: {message.code} {message.info}"
            yield Breach("S8", message.position, says)
