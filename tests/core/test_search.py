"""A search finds the same messages with and without an index."""

from fnmatch import fnmatchcase
from itertools import product

import pytest
from harness.emulators import Bench
from hypothesis import given
from hypothesis import strategies as st

from ccell_fake.clock import ClockSetting
from ccell_fake.engine.account_admin import AccountAdmin
from ccell_fake.inspection import Listing, MessageFilter, MessageRecord, State
from ccell_fake.settings import OutcomeRule
from ccell_fake.store import narrowing

PHONES = ["13800000000", "13900000000", "19500001111", "13800001111", "13700001111"]
LINKIDS = ["", "a", "ab", "a\ud7ff", "a\ue000", "a\U0010ffff", "\U0010ffff", "ÄB"]
PATTERNS = st.sampled_from(
    [*PHONES, *LINKIDS[1:], "138*", "1*", "*", "a*", "a\ud7ff*", "\U0010ffff*", "*1", "b", "äb", "A*"]
)
FILTERS = st.builds(
    MessageFilter,
    phone=st.none() | PATTERNS,
    linkid=st.none() | PATTERNS,
    code=st.none() | st.sampled_from(["0", "1004001", "1004002", "1004*", "*", "0*", "*0*", "*1"]),
    state=st.none() | st.sampled_from(State),
    msgid=st.none() | st.sampled_from(["1*", "*", "*7*", "*00*", "2*", "123"]),
)
OUTCOMES = (
    OutcomeRule(phone="139*", stat="UNDELIV"),
    OutcomeRule(phone="13800001111", reports=0),
    OutcomeRule(phone="*1111", delay=100.0),
)
SENDS = st.lists(st.tuples(st.sampled_from(PHONES), st.sampled_from(LINKIDS), st.booleans()), max_size=12)


def _matches(message: MessageRecord, wanted: MessageFilter, *, ignore_case: bool) -> bool:
    fold = str.casefold if ignore_case else str
    return (
        (wanted.phone is None or fnmatchcase(message.phone, wanted.phone))
        and (wanted.linkid is None or fnmatchcase(fold(message.linkid), fold(wanted.linkid)))
        and (wanted.code is None or fnmatchcase(message.code, wanted.code))
        and (wanted.msgid is None or fnmatchcase(message.msgid, wanted.msgid))
        and (wanted.state is None or message.state == wanted.state)
    )


def _bench(sends: list[tuple[str, str, bool]]) -> AccountAdmin:
    bench = Bench(
        outcomes=(OutcomeRule(phone="139*", stat="UNDELIV"), OutcomeRule(phone="*1111", delay=100.0, reports=0))
    )
    for phone, linkid, is_scheduled in sends:
        attributes = {"linkid": linkid} if linkid else {}
        bench.send(phone, **attributes, **({"sendtime": "2016-01-02 08:00:00"} if is_scheduled else {}))
        # Another account, with the same phones and linkids.
        bench.set(userid="200002")
        bench.send(phone, **attributes)
        bench.set(outcomes=OUTCOMES)
    return bench.admin


@given(SENDS, FILTERS, st.integers(-10_000_000, 200_000_000), st.booleans(), st.booleans())
def test_a_search_finds_what_matches(
    sends: list[tuple[str, str, bool]],
    wanted: MessageFilter,
    micros: int,
    newest_first: bool,  # noqa: FBT001 - drawn
    ignore_case: bool,  # noqa: FBT001 - drawn
) -> None:
    admin = _bench(sends)
    # The clock may be set back, too.
    admin.set_clock(lambda _: ClockSetting(offset=micros))
    everything = admin.messages(MessageFilter(), Listing(limit=1000)).items
    assert len(everything) == len(sends)
    listing = Listing(limit=1000, newest_first=newest_first, ignore_case=ignore_case)
    found = admin.messages(wanted, listing).items
    matching = tuple(message for message in everything if _matches(message, wanted, ignore_case=ignore_case))
    assert found == (matching[::-1] if newest_first else matching)


@pytest.mark.parametrize(
    ("wanted", "few", "newest_first"),
    [*product([MessageFilter(phone="138*"), MessageFilter(state=State.DELIVERED)], [1, 10_000], [False, True])],
)
def test_a_page_is_the_same_whether_many_or_few_match(
    wanted: MessageFilter,
    few: int,
    newest_first: bool,  # noqa: FBT001 - a parameter
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(narrowing, "FEW", few)
    admin = _bench([("13800000000", f"{number}", False) for number in range(7)])
    pages: list[MessageRecord] = []
    page = admin.messages(wanted, Listing(limit=3, newest_first=newest_first))
    pages += page.items
    while page.next is not None:
        page = admin.messages(wanted, Listing(limit=3, newest_first=newest_first, cursor=str(page.next)))
        pages += page.items
    numbers = range(6, -1, -1) if newest_first else range(7)
    assert [message.linkid for message in pages] == [f"{number}" for number in numbers]


def test_an_index_of_a_search_that_was_rolled_back_is_made_again() -> None:
    bench = Bench()
    bench.send()

    def search_and_fail() -> None:
        with bench.admin.opened() as (account, ledger):
            assert ledger.inspect.messages(account.view, MessageFilter(phone="138*"), Listing()).items
            raise OSError

    with pytest.raises(OSError):  # noqa: PT011 - the one above
        search_and_fail()
    assert len(bench.admin.messages(MessageFilter(phone="138*")).items) == 1
