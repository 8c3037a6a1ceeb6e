"""Both stores do the same, whatever the sequence of calls."""

from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

from harness.emulators import DOCUMENT_DAY
from harness.ledgers import Opened, opened
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)  # pyright: ignore[reportUnknownVariableType]

from ccell_fake.clock import ClockSetting, from_micros, to_micros
from ccell_fake.codes import Code
from ccell_fake.engine.ledger import Ledger
from ccell_fake.faults import CodeFault
from ccell_fake.inspection import (
    JournalEntry,
    Listing,
    MessageFilter,
    QueueState,
    ReportFilter,
    RequestFilter,
    State,
    UpmsgFilter,
)
from ccell_fake.limits import MSGIDS_PER_SECOND
from ccell_fake.model import Door, Operation, Upmsg
from ccell_fake.records import ContentFacts, MessageRow, ReportRow, Slot, Submission, View
from ccell_fake.settings import AccountSettings

_SECOND = 151231083000 * MSGIDS_PER_SECOND
_USERIDS = ("1", "二%_", "x'\\")
_ENTRIES = 5

# Few characters, so that texts are alike: some have a meaning in patterns, in SQL, in the encoding or in case.
texts = st.text("aAbß%_\\[]?'\"\1\2\3\n\U0001f600\uffff一", max_size=4)
patterns = st.text("aA%_\\[]?'\1\2\n\U0001f600一***", max_size=4)
userids = st.sampled_from(_USERIDS)
indexes = st.integers(0, 20)
seconds = st.integers(0, 5)
operations = st.sampled_from(Operation)
listings = st.builds(
    Listing,
    newest_first=st.booleans(),
    ignore_case=st.booleans(),
    limit=st.integers(1, 4),
    since=st.none() | seconds.map(lambda after: DOCUMENT_DAY + timedelta(seconds=after)),
    until=st.none() | seconds.map(lambda after: DOCUMENT_DAY + timedelta(seconds=after)),
)
_PATTERN = st.none() | patterns
message_filters = st.builds(
    MessageFilter,
    phone=_PATTERN,
    linkid=_PATTERN,
    content=_PATTERN,
    msgid=st.none() | st.sampled_from(["1", "0*", "*1*", "15*", "x", "9" * 30, str(_SECOND + 1)]),
    code=st.none() | st.sampled_from(["0", "0*", "*", "1001*", "1001001"]),
    state=st.none() | st.sampled_from(State),
)
report_filters = st.builds(
    ReportFilter,
    phone=_PATTERN,
    linkid=_PATTERN,
    msgid=st.none() | st.sampled_from(["15*", "*a*", "*"]),
    status=st.none() | st.sampled_from(["0", "*", "1"]),
    info=_PATTERN,
    state=st.none() | st.sampled_from(QueueState),
)
upmsg_filters = st.builds(
    UpmsgFilter,
    phone=_PATTERN,
    spnumber=_PATTERN,
    msgcontent=_PATTERN,
    state=st.none() | st.sampled_from(QueueState),
)
request_filters = st.builds(
    RequestFilter,
    userid=st.none() | userids | st.just(""),
    operation=st.none() | operations,
    code=st.none() | st.sampled_from(["0", "*", "100*", "1001003"]),
    text=_PATTERN,
    is_refused=st.none() | st.booleans(),
)


@dataclass
class Side:
    """A store, and the numbers that it gives. Equal things have equal ordinals on both sides."""

    store: Opened
    keys: dict[str, int] = field(default_factory=dict[str, int])
    ordinals: dict[str, dict[int, int]] = field(default_factory=lambda: defaultdict[str, dict[int, int]](dict))
    slots: list[Slot] = field(default_factory=list[Slot])

    def ordinal(self, kind: str, number: int) -> int:
        """Number the things of a kind as they are first seen."""
        return self.ordinals[kind].setdefault(number, len(self.ordinals[kind]))

    def plain(self, value: Any) -> Any:
        """Return a value with ordinals in place of the store's numbers."""
        if isinstance(value, (list, tuple)):
            return [self.plain(one) for one in cast("list[Any]", value)]
        if is_dataclass(value):
            kind = type(value).__name__
            return kind, [self._plain_field(kind, one.name, getattr(value, one.name)) for one in fields(value)]
        return value

    def _plain_field(self, kind: str, name: str, value: Any) -> Any:
        if name == "next":
            return value is not None
        if name == "position":
            return self.ordinal("position", value)
        return self.ordinal(kind, value) if name == "id" else self.plain(value)

    def view(self, userid: str, now: int) -> View:
        """An account at a time."""
        return View(self.keys[userid], userid, now, lambda content: ContentFacts(len(content), 1, None))

    def views(self, now: int) -> dict[int, View]:
        """All accounts at a time."""
        return {key: self.view(userid, now) for userid, key in self.keys.items()}

    def named(self, account: int) -> str:
        """The userid of a key."""
        return {key: userid for userid, key in self.keys.items()}.get(account, "")


def _times(side: Side, now: int) -> dict[int, int]:
    return dict.fromkeys(side.keys.values(), now)


Act = Callable[[Side, Ledger], Any]


class Both(RuleBasedStateMachine):
    """The same calls on two stores."""

    def __init__(self) -> None:
        super().__init__()
        self._ended = ExitStack()
        self.now = to_micros(DOCUMENT_DAY)
        self.msgid = _SECOND
        self.msgids: list[int] = []

    @initialize(kind=st.sampled_from(["memory", "file"]))
    def start(self, kind: str) -> None:
        """Open the stores."""
        folder = Path(self._ended.enter_context(TemporaryDirectory()))
        self.sides = [
            Side(self._ended.enter_context(opened(one, folder, journal_entries=_ENTRIES)))
            for one in (kind, "postgresql")
        ]

    def teardown(self) -> None:
        """Close the stores."""
        self._ended.close()

    def do(self, userid: str | None, act: Act) -> Any:
        """Do something in a transaction on an account. Both sides must return the same."""
        results: list[Any] = []
        for side in self.sides:
            with side.store.transaction(userid) as ledger:
                results.append(side.plain(act(side, ledger)))
        assert results[0] == results[1]
        return results[0]

    def read(self, act: Act) -> Any:
        """Read the same on both sides."""
        results: list[Any] = []
        for side in self.sides:
            with side.store.reading() as ledger:
                results.append(side.plain(act(side, ledger)))
        assert results[0] == results[1]
        return results[0]

    def pick(self, userid: str, index: int, act: Callable[[Side, Ledger, int, list[int]], Any], table: str) -> None:
        """Do something with the ids of some reports or upstream messages of an account."""

        def picked(side: Side, ledger: Ledger) -> Any:
            view = side.view(userid, self.now)
            listed = (
                ledger.inspect.reports(view, ReportFilter(), Listing())
                if table == "report"
                else ledger.inspect.upmsgs(view, UpmsgFilter(), Listing())
            ).items
            return act(side, ledger, view.key, [one.id for one in listed][index % 3 :: 2])

        self.do(userid, picked)

    def entry(self, operation: Operation | None, text: str, code: str) -> JournalEntry:
        """A journal entry."""
        door = Door.XML if operation else None
        explanation = "" if code == "0" else f"1001003: {text}\n1001004: {text}"
        at = from_micros(self.now)
        return JournalEntry(
            at,
            operation,
            door,
            text,
            "body",
            text,
            None if text else "",
            "whole",
            1,
            code,
            "rule",
            "Q4",
            explanation,
            7,
        )

    def is_open(self, userid: str) -> bool:
        """Return whether an account is open."""
        return userid in self.sides[0].keys

    @property
    def open(self) -> list[str]:
        """The open accounts."""
        return list(self.sides[0].keys)

    @rule(userid=userids, balance=st.integers(0, 9), frozen=st.booleans())
    def save(self, userid: str, balance: int, frozen: bool) -> None:  # noqa: FBT001
        """Open an account, or change it."""
        clock = ClockSetting(balance * 1_000_000, self.now if frozen else None)

        def act(side: Side, ledger: Ledger) -> Any:
            side.keys[userid] = key = ledger.open_account(userid)
            settings = AccountSettings(userid=userid, password="p", balance=balance)
            saved = ledger.save_account(key, settings, clock)
            assert ledger.account_row(userid) == ledger.account_with_key(key) == saved
            assert ledger.open_account(userid) == key
            return saved.settings, saved.clock

        self.do(userid, act)

    @precondition(lambda self: self.open)
    @rule(data=st.data(), opens=st.booleans())
    def close(self, data: st.DataObject, opens: bool) -> None:  # noqa: FBT001
        """Close or reset an account."""
        userid = data.draw(st.sampled_from(self.open))

        def act(side: Side, ledger: Ledger) -> None:
            key = side.keys.pop(userid)
            row = ledger.account_with_key(key)
            assert row is not None
            if not opens:
                ledger.hand_over_met(key, None)
            ledger.forget(key)
            assert ledger.account_row(userid) is None
            if opens:
                side.keys[userid] = ledger.open_account(userid)
                ledger.save_account(side.keys[userid], row.settings, row.clock)
                ledger.hand_over_met(key, side.keys[userid])

        self.do(userid, act)

    def _send(
        self, side: Side, ledger: Ledger, userid: str, texts: list[str], later: int, outcome: int, first: int
    ) -> Any:
        account = side.keys[userid]
        balance = ledger.balance(account, self.now)
        due = self.now + later * 1_000_000
        for number, text in enumerate(texts):
            submission = Submission(text, text[:1], text[1:], self.now, due)
            rows = [
                MessageRow(first + 2 * number, text, "0", "成功", 2),
                MessageRow(first + 2 * number + 1, text[:2], "1001001", text, 0),
            ]
            ledger.add_messages(account, submission, rows)
            ledger.charge(account, 2, due if later else None)
            if outcome:
                status = "0" if outcome == 1 else text
                reported = ReportRow(rows[0].msgid, text[:1], text, due + outcome * 1_000_000, status, text)
                ledger.add_reports(account, [reported])
                if outcome > 1:
                    ledger.charge(account, -2, reported.due, reported.msgid)
            else:
                ledger.add_unreported(account, [rows[0].msgid])
        position = ledger.write(account, self.entry(Operation.SEND, "".join(texts), "0"))
        ledger.count_met(account, [("code", "0"), ("code", texts[0])], from_micros(self.now))
        return balance, side.ordinal("position", position)

    @precondition(lambda self: self.open)
    @rule(
        data=st.data(),
        texts=st.lists(texts, min_size=1, max_size=2),
        later=st.sampled_from([0, 0, 1, 3]),
        outcome=st.integers(0, 3),
        fails=st.booleans(),
    )
    def send(self, data: st.DataObject, texts: list[str], later: int, outcome: int, fails: bool) -> None:  # noqa: FBT001
        """Send messages. A transaction that fails changes nothing."""
        userid = data.draw(st.sampled_from(self.open))
        last = self.msgid
        for side in self.sides:
            with side.store.transaction(userid) as ledger:
                reserved = ledger.reserve_msgids(_SECOND, last, 9)
                assert reserved >= last
                self.msgid = max(self.msgid, reserved)
        first = self.msgid + 1
        self.msgid += 4
        if fails:
            for side in self.sides:
                kept = {name: dict(numbers) for name, numbers in side.ordinals.items()}
                with suppress(KeyboardInterrupt), side.store.transaction(userid) as ledger:
                    self._send(side, ledger, userid, texts, later, outcome, first)
                    ledger.inspect.waiting()
                    raise KeyboardInterrupt
                side.ordinals = defaultdict(dict, kept)
            return
        self.msgids += [first + 2 * number for number in range(len(texts))]
        self.do(userid, lambda side, ledger: self._send(side, ledger, userid, texts, later, outcome, first))

    @precondition(lambda self: self.open and self.msgids)
    @rule(data=st.data(), text=texts, status=st.sampled_from(["0", "1"]))
    def settle(self, data: st.DataObject, text: str, status: str) -> None:
        """Settle a message, of this account or another."""
        userid, msgid = data.draw(st.sampled_from(self.open)), data.draw(st.sampled_from(self.msgids))

        def act(side: Side, ledger: Ledger) -> Any:
            account = side.keys[userid]
            cost = ledger.cost_of(account, msgid)
            if cost:
                ledger.settle(account, ReportRow(msgid, text, text, self.now, status, text))
            return cost, ledger.balance(account, self.now)

        self.do(userid, act)

    @precondition(lambda self: self.open)
    @rule(data=st.data(), text=texts, msgid=texts, after=seconds)
    def add(self, data: st.DataObject, text: str, msgid: str, after: int) -> None:
        """Add a stray report, an upstream message and an opt-out."""
        userid, at = data.draw(st.sampled_from(self.open)), self.now + after * 1_000_000

        def act(side: Side, ledger: Ledger) -> Any:
            account = side.keys[userid]
            ledger.add_stray_report(account, msgid, ReportRow(0, text, text, at, "1", text))
            ledger.add_upmsg(account, Upmsg(text, text[1:], from_micros(at), text))
            ledger.opt_out(account, text, at)
            return sorted(ledger.opted_out(account, self.now))

        self.do(userid, act)

    @precondition(lambda self: self.open)
    @rule(data=st.data(), limit=st.integers(1, 3), again=st.none() | seconds)
    def take(self, data: st.DataObject, limit: int, again: int | None) -> None:
        """Fetch reports and upstream messages."""
        userid = data.draw(st.sampled_from(self.open))
        due = None if again is None else self.now + again * 1_000_000

        def act(side: Side, ledger: Ledger) -> Any:
            account = side.keys[userid]
            taken = (
                ledger.take_reports(account, self.now, limit, due),
                ledger.take_upmsgs(account, self.now, limit, due),
            )
            ledger.write(account, self.entry(Operation.REPORT, "", "0"))
            return taken

        self.do(userid, act)

    @precondition(lambda self: self.open)
    @rule(data=st.data(), index=indexes, what=st.sampled_from(["delete", "requeue"]))
    def change_queues(self, data: st.DataObject, index: int, what: str) -> None:
        """Delete reports and upstream messages, or put them back."""
        userid = data.draw(st.sampled_from(self.open))

        def act(_: Side, ledger: Ledger, account: int, ids: list[int]) -> int:
            if what == "delete":
                return ledger.delete_reports(account, ids)
            return ledger.requeue_reports(account, ids, self.now)

        def act_on_upmsgs(_: Side, ledger: Ledger, account: int, ids: list[int]) -> int:
            if what == "delete":
                return ledger.delete_upmsgs(account, ids)
            return ledger.requeue_upmsgs(account, ids, self.now)

        self.pick(userid, index, act, "report")
        self.pick(userid, index, act_on_upmsgs, "upmsg")

    @precondition(lambda self: self.open and self.msgids)
    @rule(data=st.data(), index=indexes)
    def delete_messages(self, data: st.DataObject, index: int) -> None:
        """Delete messages, of this account or another."""
        userid = data.draw(st.sampled_from(self.open))
        chosen = self.msgids[index % 4 :: 2]
        self.do(userid, lambda side, ledger: ledger.delete_messages(side.keys[userid], chosen))

    @precondition(lambda self: self.open)
    @rule(data=st.data(), number=st.integers(0, 3), since=seconds, locks=st.none() | st.booleans())
    def exceed(self, data: st.DataObject, number: int, since: int, locks: bool | None) -> None:  # noqa: FBT001
        """Use a seqid, exceed the thread limit, lock or unlock."""
        userid = data.draw(st.sampled_from(self.open))

        def act(side: Side, ledger: Ledger) -> Any:
            account = side.keys[userid]
            used = ledger.use_seqid(account, f"15123108300000000{number}")
            count = ledger.count_excess(account, self.now, self.now - since * 1_000_000)
            if locks is not None:
                ledger.set_locked(account, self.now if locks else None)
            return used, count, ledger.balance(account, self.now)

        self.do(userid, act)

    @precondition(lambda self: self.open)
    @rule(data=st.data(), text=texts, times=st.none() | st.integers(1, 3), drops=st.booleans())
    def arrange(self, data: st.DataObject, text: str, times: int | None, drops: bool) -> None:  # noqa: FBT001
        """Arrange a fault, count it, and drop the first one."""
        userid = data.draw(st.sampled_from(self.open))

        def act(side: Side, ledger: Ledger) -> Any:
            account = side.keys[userid]
            added = ledger.add_fault(account, CodeFault(code=Code.SYSTEM_ERROR, phone=text or None, times=times))
            present = ledger.faults(account)
            assert present[-1] == added
            counted = tuple(
                type(one)(one.id, one.fault, one.matched + 1, one.applied, one.left) if one is present[-1] else one
                for one in present
            )
            ledger.count_faults(account, counted)
            if drops:
                ledger.drop_faults(account, [present[0].id])
            return ledger.faults(account)

        self.do(userid, act)

    @precondition(lambda self: self.open)
    @rule(data=st.data(), operation=operations, of_hold=st.none() | operations, count=st.integers(1, 3))
    def enter(self, data: st.DataObject, operation: Operation, of_hold: Operation | None, count: int) -> None:
        """Take a slot, and hold some."""
        userid = data.draw(st.sampled_from(self.open))

        def act(side: Side, ledger: Ledger) -> Any:
            account = side.keys[userid]
            side.slots.append(ledger.enter(account, operation))
            ledger.leave(ledger.enter(account, operation))
            held = ledger.hold(account, count, of_hold, from_micros(self.now), 600)
            return ledger.in_progress(account), ledger.in_progress(account, operation), held.slots, held.operation

        self.do(userid, act)

    @precondition(lambda self: self.sides[0].slots)
    @rule(index=indexes, directly=st.booleans())
    def leave(self, index: int, directly: bool) -> None:  # noqa: FBT001
        """Free a slot, even if its account has ended."""
        for side in self.sides:
            slot = side.slots[index % len(side.slots)]
            if directly:
                side.store.leave(slot)
            else:
                with side.store.transaction(side.named(slot.account) or None) as ledger:
                    ledger.leave(slot)

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        """Release the first hold."""
        userid = data.draw(st.sampled_from(self.open))

        def act(side: Side, ledger: Ledger) -> None:
            account = side.keys[userid]
            ledger.release_holds(account, [hold.id for hold in ledger.holds(account)[:1]])

        self.do(userid, act)

    @rule(text=texts, code=st.sampled_from(["404", "0"]), forgets=st.booleans())
    def stray(self, text: str, code: str, forgets: bool) -> None:  # noqa: FBT001
        """Write the request of no account, and forget those before it."""

        def act(side: Side, ledger: Ledger) -> Any:
            if forgets:
                ledger.forget_strays()
            ledger.count_met(None, [("code", code)], from_micros(self.now))
            return side.ordinal("position", ledger.write(None, self.entry(None, text, code)))

        self.do(None, act)

    @rule()
    def listen(self) -> None:
        """Record events from now on."""
        for side in self.sides:
            with side.store.transaction_of_all() as ledger:
                position = ledger.begin_events(partial(_times, side, self.now))
                assert position == ledger.position

    @rule(after=st.integers(1, 4), back=st.booleans())
    def tick(self, after: int, back: bool) -> None:  # noqa: FBT001
        """Move the clock. Events are recorded before it is set back."""
        if back:
            for userid in self.open:
                self.do(userid, partial(self._record, userid))
        self.now += -after * 1_000_000 if back else after * 1_000_000

    def _record(self, userid: str, side: Side, ledger: Ledger) -> None:
        ledger.record_events(side.keys[userid], self.now)

    @rule(public=st.booleans())
    def exchange(self, public: bool) -> None:  # noqa: FBT001
        """Let each store restore the snapshot of the other."""
        dumps = [side.store.dump(lambda _: public) for side in self.sides]
        for side, snapshot in zip(self.sides, reversed(dumps), strict=True):
            side.store.restore(snapshot)
        one, other = self.sides
        one.keys, other.keys = other.keys, one.keys
        one.ordinals, other.ordinals = other.ordinals, one.ordinals

    @precondition(lambda self: self.open)
    @rule(data=st.data(), wanted=message_filters, listing=listings)
    def search_messages(self, data: st.DataObject, wanted: MessageFilter, listing: Listing) -> None:
        """List the messages that match, page by page."""
        userid = data.draw(st.sampled_from(self.open))
        self._search(userid, "messages", wanted, listing)

    @precondition(lambda self: self.open)
    @rule(data=st.data(), reports=report_filters, upmsgs=upmsg_filters, listing=listings)
    def search_queues(self, data: st.DataObject, reports: ReportFilter, upmsgs: UpmsgFilter, listing: Listing) -> None:
        """List the reports and the upstream messages that match, page by page."""
        userid = data.draw(st.sampled_from(self.open))
        self._search(userid, "reports", reports, listing)
        self._search(userid, "upmsgs", upmsgs, listing)

    def _search(self, userid: str, method: str, wanted: object, listing: Listing) -> None:
        """List what matches, of an account and of all."""
        self.read(lambda side, ledger: _pages(ledger, method, [side.view(userid, self.now)], wanted, listing))
        of_all = f"{method}_of_all"
        self.read(lambda side, ledger: _pages(ledger, of_all, [side.views(self.now), self.now], wanted, listing))

    @rule(wanted=request_filters, limit=st.integers(1, 3))
    def search_requests(self, wanted: RequestFilter, limit: int) -> None:
        """List the requests that match, page by page."""

        def act(_: Side, ledger: Ledger) -> Any:
            found: list[Any] = []
            cursor = None
            while True:
                page = ledger.inspect.requests(wanted, cursor, limit)
                found.append(page)
                if page.next is None:
                    return found
                cursor = int(page.next)

        self.read(act)

    @invariant()
    def the_accounts_are_equal(self) -> None:
        """Everything that both stores tell of the accounts is equal."""
        self.read(lambda _, ledger: [(row.settings, row.clock) for row in ledger.accounts()])
        for userid in self.open:
            self.read(partial(_account, userid, self.now))

    @invariant()
    def the_logs_are_equal(self) -> None:
        """The journal and the events are equal, and in the same order."""

        def act(side: Side, ledger: Ledger) -> Any:
            journals = ledger.inspect.journals(0, 1_000)
            events = ledger.inspect.events(0, 1_000)
            told: list[tuple[Any, ...]] = [
                (entry.position, side.named(account), entry.request) for account, entry in journals
            ]
            told += [
                (one.position, side.named(one.account), one.kind, one.at, one.msgid, one.phone, one.text)
                for one in events
            ]
            ordered = [one[1:] for one in sorted(told)]
            assert len(told) == len({one[0] for one in told})
            assert max([0, *(one[0] for one in told)]) <= ledger.position
            return ordered, [entry for _, entry in journals], ledger.inspect.met(), ledger.inspect.waiting()

        self.read(act)


def _pages(ledger: Ledger, method: str, where: list[Any], wanted: object, listing: Listing) -> list[Any]:
    """List all pages."""
    found: list[Any] = []
    cursor = None
    while True:
        part = Listing(
            0, listing.since, listing.until, listing.newest_first, listing.ignore_case, cursor, listing.limit
        )
        page = getattr(ledger.inspect, method)(*where, wanted, part)
        found.append(page)
        cursor = page.next
        if cursor is None:
            return found


def _account(userid: str, now: int, side: Side, ledger: Ledger) -> Any:
    """Everything that a store tells of an account."""
    account, inspect, view = side.keys[userid], ledger.inspect, side.view(userid, now)
    journal = inspect.journal(account, 0)
    after = [0, *(entry.position for entry in journal.items)]
    messages = inspect.messages(view, MessageFilter(), Listing())
    keys = inspect.message_keys(view, MessageFilter(), Listing())
    assert [str(msgid) for _, msgid in keys.items] == [one.msgid for one in messages.items]
    for position in {one.position for one in messages.items}:
        assert inspect.messages_of(view, position) == [one for one in messages.items if one.position == position]
    return (
        ledger.account_row(userid) == ledger.account_with_key(account),
        ledger.faults(account),
        ledger.in_progress(account),
        ledger.in_progress(account, Operation.SEND),
        [(hold.slots, hold.operation, hold.until) for hold in ledger.holds(account)],
        journal,
        inspect.journal(account, after[-1] - 1, 1, "send", "0"),
        inspect.latest_journal(account, 0, 2),
        [entry for _, entry in inspect.journals(after[len(after) // 2], 2, account)],
        inspect.last_position(account) == after[-1],
        inspect.last_dropped(account) < after[-1] or not journal.items,
        inspect.dropped_after(0, account),
        inspect.events_dropped_after(0, account),
        [one[2:] for one in inspect.events(0, 100, account)],
        inspect.timeline(account, 0, now, 5),
        inspect.timeline(account, now, now + 10_000_000, 100),
        inspect.next_due(account, now),
        inspect.scheduled(account, now),
        inspect.met(account),
        inspect.queue(account, Operation.REPORT, now),
        inspect.queue(account, Operation.UPMSG, now),
        inspect.excesses(account, 0, now),
        messages,
        inspect.reports(view, ReportFilter(), Listing(newest_first=True)),
        inspect.upmsgs(view, UpmsgFilter(), Listing(newest_first=True)),
    )


def test_both_stores_do_the_same() -> None:
    run_state_machine_as_test(Both, settings=settings(stateful_step_count=30))
