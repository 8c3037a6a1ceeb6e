"""What each store promises, of which the sequences of test_both.py are too short or have too few characters."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from harness.emulators import DOCUMENT_DAY
from harness.ledgers import KINDS, Opened, emulators, opened
from hypothesis import given
from hypothesis import strategies as st

from ccell_fake.clock import ClockSetting, to_micros
from ccell_fake.engine.ledger import Ledger
from ccell_fake.faults import CloseFault
from ccell_fake.inspection import (
    JournalEntry,
    Listing,
    MessageFilter,
    ReportFilter,
    UpmsgFilter,
)
from ccell_fake.model import Door, Operation, Upmsg
from ccell_fake.patterns import Patterns
from ccell_fake.records import ContentFacts, MessageRow, ReportRow, Submission, View
from ccell_fake.settings import AccountSettings
from ccell_fake.store.cache import SPARE_ENTRIES

NOW = to_micros(DOCUMENT_DAY)
MSGID = 1512310830000000001
ODD = "\0\1\2\3\4a%_\\[]?*'\"\n\x7fßıſ一\ufffe\U0001f600\U0010ffff"
USERID = "200001"


class _Undone(Exception):
    """Rolls a transaction back."""


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opened]:
    with opened(request.param, tmp_path, journal_entries=3) as one:
        yield one


def _entry(text: str, code: str = "0") -> JournalEntry:
    how = Operation.SEND, Door.XML, "127.0.0.1", "body"
    return JournalEntry(DOCUMENT_DAY, *how, text, text, "whole", 1, code, text, text, text, 5)


def _view(account: int) -> View:
    return View(account, USERID, NOW, lambda content: ContentFacts(len(content), 1, None))


def _open(ledger: Ledger) -> int:
    account = ledger.open_account(USERID)
    ledger.save_account(account, AccountSettings(userid=USERID, password="secret"), ClockSetting())
    return account


def _send(ledger: Ledger, account: int, msgid: int, text: str) -> None:
    ledger.add_messages(account, Submission(text, text, text, NOW, NOW), [MessageRow(msgid, text, "0", text, 1)])
    ledger.add_reports(account, [ReportRow(msgid, text, text, NOW, text, text)])
    ledger.write(account, _entry(text))


def _fill(store: Opened, text: str) -> int:
    with store.transaction(USERID) as ledger:
        account = _open(ledger)
        _send(ledger, account, MSGID, text)
        ledger.add_stray_report(account, text, ReportRow(0, text, text, NOW, text, text))
        ledger.add_upmsg(account, Upmsg(text, text, DOCUMENT_DAY, text))
        ledger.opt_out(account, text, NOW)
        ledger.add_fault(account, CloseFault(phone=text))
        ledger.count_met(account, [("fault", text)], DOCUMENT_DAY)
    return account


def _check(store: Opened, account: int, text: str) -> None:
    with store.reading() as ledger:
        inspect, view = ledger.inspect, _view(account)
        (message,) = inspect.messages(view, MessageFilter(), Listing()).items
        report, stray = inspect.reports(view, ReportFilter(), Listing()).items
        (upmsg,) = inspect.upmsgs(view, UpmsgFilter(), Listing()).items
        (entry,) = inspect.journal(account, 0).items
        (fault,) = ledger.faults(account)
        assert {message.content, message.linkid, message.spcode, message.phone, message.info} == {text}
        assert {report.linkid, report.phone, report.status, report.info, stray.msgid, stray.linkid} == {text}
        assert {upmsg.spnumber, upmsg.phone, upmsg.msgcontent, fault.fault.phone} == {text}
        assert {entry.request, entry.answer, entry.explanation, entry.basis, entry.rule} == {text}
        assert ledger.opted_out(account, NOW) == {text}


def test_any_text_is_kept_as_it_is(store: Opened) -> None:
    text = ODD + "".join(map("".join, product("\0\1\2\3\4", repeat=2)))
    account = _fill(store, text)
    _check(store, account, text)
    with store.transaction(USERID) as ledger:
        assert [one.name for one in ledger.inspect.met(account)] == [text]
        assert {report.info for report in ledger.take_reports(account, NOW, 9, None)} == {text}
        assert {upmsg.msgcontent for upmsg in ledger.take_upmsgs(account, NOW, 9, None)} == {text}


@pytest.mark.parametrize("to", KINDS)
def test_a_snapshot_of_each_store_fits_each_other(store: Opened, to: str, tmp_path: Path) -> None:
    account = _fill(store, ODD)
    snapshot = store.dump(lambda _: True)
    (tmp_path / "other").mkdir()
    with opened(to, tmp_path / "other") as other:
        other.restore(snapshot)
        _check(other, account, ODD)
        with other.reading() as restored, store.reading() as original:
            assert restored.history != original.history
            assert restored.account_row(USERID) is not None
            assert restored.position == original.position
        with other.transaction(USERID) as ledger:
            assert ledger.reserve_msgids(MSGID // 10**7 * 10**7, 0, 9) == MSGID
            # The one with a shorter journal has counted its entries.
            assert ledger.write(account, _entry("")) > 0


def test_long_texts_of_any_length_are_found(store: Opened) -> None:
    texts = [chr(19968 + number) * 10_000 for number in range(3)]
    with store.transaction(USERID) as ledger:
        account = _open(ledger)
        for number, text in enumerate(texts):
            _send(ledger, account, MSGID + number, text)
    with store.reading() as ledger:
        for text in texts:
            for pattern in (text, f"{text[:500]}*", f"{text}*", f"*{text[-500:]}"):
                for wanted in (MessageFilter(linkid=pattern), MessageFilter(phone=pattern)):
                    (message,) = ledger.inspect.messages(_view(account), wanted, Listing()).items
                    assert message.content == text


def test_the_oldest_entries_are_dropped_many_at_a_time(store: Opened) -> None:
    with store.transaction(USERID) as ledger:
        account = _open(ledger)
    positions: list[int] = []
    for number in range(SPARE_ENTRIES + 6):
        with store.transaction(USERID) as ledger:
            positions.append(ledger.write(account, _entry(str(number))))
        with store.reading() as ledger:
            kept = [entry.position for entry in ledger.inspect.journal(account, 0).items]
            assert kept == positions[-3:]
            assert ledger.inspect.last_position(account) == positions[-1]
            assert ledger.inspect.last_dropped(account) == ([0] * 3 + positions)[-4]
    with store.reading() as ledger:
        # Entries were really dropped once, after the 204th.
        dropped = positions[SPARE_ENTRIES]
        assert ledger.inspect.dropped_after(0) == ledger.inspect.dropped_after(0, account) == dropped
        assert [entry.position for _, entry in ledger.inspect.journals(0, 1)] == [positions[SPARE_ENTRIES + 1]]


def test_the_oldest_events_are_dropped_many_at_a_time(store: Opened) -> None:
    with store.transaction(USERID) as ledger:
        account = _open(ledger)
    with store.transaction_of_all() as ledger:
        ledger.begin_events(lambda: {account: NOW})
    for number in range(SPARE_ENTRIES + 6):
        with store.transaction(USERID) as ledger:
            ledger.add_upmsg(account, Upmsg(str(number), "1", DOCUMENT_DAY, str(number)))
            ledger.record_events(account, NOW)
    with store.reading() as ledger:
        events = ledger.inspect.events(0, 1_000)
        assert [event.text for event in events] == [
            str(number) for number in range(SPARE_ENTRIES + 1, SPARE_ENTRIES + 6)
        ]
        dropped = ledger.inspect.events_dropped_after(0)
        assert 0 < dropped < events[0].position
        assert ledger.inspect.events_dropped_after(dropped, account) == 0


def test_what_belongs_to_a_transaction_is_called_at_its_end(store: Opened) -> None:
    called: list[Any] = []
    with store.transaction(USERID) as ledger:
        ledger.at_rollback(lambda: called.append("never"))
        ledger.at_commit(lambda: called.append(1))
        ledger.at_commit(lambda: called.append(2))
        account = _open(ledger)
    with suppress(_Undone), store.transaction(USERID) as ledger:
        ledger.at_commit(lambda: called.append("never"))
        ledger.at_rollback(lambda: called.append(4))
        ledger.at_rollback(lambda: called.append(3))
        ledger.charge(account, 5)
        raise _Undone
    assert called == [1, 2, 3, 4]
    with store.reading() as ledger:
        assert ledger.balance(account, NOW).spent == 0


def test_another_version_has_another_number(store: Opened) -> None:
    versions: set[int] = set()
    settings = AccountSettings(userid=USERID, password="secret")
    for fails in (False, True, False, False):
        with suppress(_Undone), store.transaction(USERID) as ledger:
            account = ledger.open_account(USERID)
            row = ledger.save_account(account, settings, ClockSetting(len(versions)))
            assert row.version not in versions
            versions.add(row.version)
            assert ledger.account_row(USERID) == row
            if fails:
                raise _Undone
    assert len(versions) == 4


def test_keys_of_accounts_are_not_used_twice(store: Opened) -> None:
    keys: list[int] = []
    for _ in range(3):
        with store.transaction(USERID) as ledger:
            keys.append(_open(ledger))
            ledger.forget(keys[-1])
    assert len(set(keys)) == 3


@pytest.fixture(scope="module")
def database() -> Iterator[tuple[Opened, int]]:
    with emulators(1) as (one,):
        with one.transaction(USERID) as ledger:
            account = _open(ledger)
        yield one, account


@given(
    texts=st.lists(st.text(ODD, max_size=5), max_size=4),
    pattern=st.text(f"{ODD}**", max_size=5),
    field=st.sampled_from(["content", "linkid", "phone"]),
)
def test_a_pattern_in_postgresql_finds_the_same_as_in_python(
    database: tuple[Opened, int], texts: list[str], pattern: str, field: str
) -> None:
    """SQLite ends a pattern at U+0000."""
    store, account = database
    wanted = {
        "content": MessageFilter(content=pattern),
        "linkid": MessageFilter(linkid=pattern),
        "phone": MessageFilter(phone=pattern),
    }[field]
    contents: list[str] = []
    with suppress(_Undone), store.transaction(USERID) as ledger:
        for number, text in enumerate(texts):
            _send(ledger, account, MSGID + number, text)
        page = ledger.inspect.messages(_view(account), wanted, Listing())
        contents += [one.content for one in page.items]
        raise _Undone
    assert contents == [text for text in texts if Patterns([pattern]).match(text)]
