"""A listener that was away hears exactly what it would have heard, or that it must read everything anew."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from harness import scripted
from harness.accounts import PHONE, Served
from harness.emulators import DOCUMENT_DAY, emulator
from harness.stores import kept
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ccell_fake.clock import ManualClock, from_micros
from ccell_fake.control.client import ControlClient, Event, Unreachable
from ccell_fake.control.events import EventId, encode_start
from ccell_fake.engine.context import Arrival
from ccell_fake.errors import NoSuchThing, NotPossible
from ccell_fake.inspection import Listing, MessageFilter, ReportFilter
from ccell_fake.model import Operation, Request, Submit
from ccell_mock_server.control.stream import Stream
from ccell_mock_server.emulator import Emulator

USERIDS = ("300001", "300002")
_SETTINGS: dict[str, Any] = {"password": "123456", "report_delay": 30, "personas": [{"phone": "138*"}]}
_TIMED = {"sent", "report", "upmsg", "opt_out"}


class _World:
    """An emulator without HTTP, and the steps that a person can take."""

    def __init__(self, store: str = "") -> None:
        self.clock = ManualClock(DOCUMENT_DAY)
        self._server = {"seed": 7} | {"store": store}
        self.emulator = self._open()

    def _open(self) -> Emulator:
        accounts = [{"userid": userid, **_SETTINGS} for userid in USERIDS]
        return emulator(self.clock, self._server, accounts=accounts)

    def restart(self) -> None:
        """Stop, and open the store again."""
        self.emulator.stop()
        self.emulator = self._open()

    def do(self, step: str, userid: str, number: int) -> None:  # noqa: C901 - a case for each step
        """Take a step. What is not possible has no effect."""
        services = self.emulator.services
        admin = services.admin(userid)
        with suppress(NotPossible, NoSuchThing):
            match step:
                case "send":
                    phones = ",".join(f"1380000000{digit}" for digit in range(number % 3 + 1))
                    self._ask(userid, Operation.SEND, Submit(phones, "您好【签名】"))
                case "schedule":
                    due = from_micros(self._now(userid)) + timedelta(seconds=number)
                    submit = Submit(PHONE, "您好【签名】", sendtime=f"{due:%Y-%m-%d %H:%M:%S}")
                    self._ask(userid, Operation.SEND, submit)
                case "fetch":
                    self._ask(userid, Operation.REPORT)
                    self._ask(userid, Operation.UPMSG)
                case "reply":
                    admin.add_upmsg(PHONE, "TD" if number % 2 else "hi", "", float(number % 40))
                case "stray":
                    admin.add_report("no number", "", PHONE, "0", "", float(number % 40))
                case "settle":
                    newest = admin.messages(MessageFilter(), Listing(newest_first=True, limit=1)).items
                    admin.settle(newest[0].msgid if newest else "1", "-1", None)
                case "advance":
                    admin.advance(lambda now: now + number * 1_000_000)
                case "freeze":
                    at = self._now(userid)
                    admin.set_clock(lambda account: type(account.clock.setting)(frozen_at=at))
                case "set back":
                    at = self._now(userid) - number * 1_000_000
                    admin.set_clock(lambda account: account.clock.running_from(at))
                case "pass":
                    self.clock.advance(timedelta(seconds=number))
                case "reset":
                    admin.reset()
                case _:
                    raise AssertionError(step)

    def _now(self, userid: str) -> int:
        with self.emulator.services.admin(userid).opened() as (account, _):
            return account.now

    def _ask(self, userid: str, operation: Operation, *submits: Submit) -> None:
        request = Request(userid, "123456", submits)
        self.emulator.services.gateway.answer(Arrival(operation, request, "127.0.0.1"))


class _Listener:
    """Listens to a world, and writes down what it hears."""

    def __init__(self, world: _World, userid: str | None) -> None:
        self._world, self._userid = world, userid
        self.heard: list[Event] = []
        self._last: str = ""
        self.connect()

    def connect(self) -> None:
        """Connect after the last event."""
        self._stream = Stream(self._world.emulator.services, self._userid, None, self._last)
        self._last = self._stream.last_event_id or self._last

    def hear(self, count: int | None = None) -> None:
        """Hear what there is, or only some events, after which the connection is lost."""
        if self._stream.is_over:
            self.connect()
        woken = {account.key for account in self._world.emulator.services.accounts.read()}
        for number, event in enumerate(self._stream.due({*woken}), 1):
            self.heard.append(event)
            self._last = event.id
            if number == count:
                break
        if count is not None:
            self.connect()


def _told(events: list[Event], only: str | None) -> tuple[object, ...]:
    """Events that listeners must agree about: requests in order, and the events of each account by its clock in order.

    Data of an account are deleted when it ends. A stream of one account tells of several ends at once.
    """
    requests: list[tuple[str, str, str]] = []
    timed: defaultdict[str, list[Event]] = defaultdict(list)
    ended: list[str] = []
    for event in events:
        if event.kind == "ended":
            userid = event.data["userid"]
            ended.append(userid)
            timed.pop(userid, None)
            requests = [one for one in requests if one[0] != userid]
        elif event.kind in _TIMED:
            timed[event.data["userid"]].append(event)
        else:
            record: Any = event.data["message" if event.kind == "message" else "request"]
            requests.append((event.data["userid"], event.kind, record.code))
    return requests, ended if only is None else bool(ended), {userid: _by_time(one) for userid, one in timed.items()}


def _by_time(events: list[Event]) -> list[object]:
    """The events, those of one time in one order."""
    return [
        sorted((one.kind, str(one.data["event"].msgid), one.data["event"].text) for one in group)
        for _, group in groupby(events, key=lambda one: one.data["event"].at)
    ]


def _reports(events: list[Event]) -> list[tuple[str, str, str]]:
    reports = [(one.data["userid"], one.data["event"]) for one in events if one.kind == "report"]
    return [(userid, event.msgid, event.text) for userid, event in reports]


def _come_in(world: _World, only: str | None) -> Iterator[tuple[str, str, str]]:
    """The reports that have come in by now."""
    for userid in USERIDS if only is None else (only,):
        admin = world.emulator.services.admin(userid)
        now = admin.clock().now
        reports = admin.reports.list(ReportFilter(), Listing(limit=1000)).items
        yield from ((userid, one.msgid, one.info) for one in reports if one.recvtime <= now)


_STEPS = ("send", "schedule", "fetch", "reply", "stray", "settle", "advance", "freeze", "set back", "pass", "reset")
_SEQUENCES = st.lists(
    st.tuples(
        st.sampled_from(_STEPS),
        st.sampled_from(USERIDS),
        st.integers(0, 90),
        st.none() | st.integers(1, 4),
        st.booleans(),
    ),
    max_size=25,
)


def _compare(sequence: list[Any], userid: str | None, stores: tuple[str, str] | None) -> None:
    always, away = (_World(store) for store in stores or ("", ""))
    try:
        attentive, torn = _Listener(always, userid), _Listener(away, userid)
        for step, whose, number, cut, is_restart in sequence:
            for world in (always, away):
                world.do(step, whose, number)
            attentive.hear()
            if stores and is_restart:
                away.restart()
                torn.connect()
            if cut is not None:
                torn.hear(cut)
        attentive.hear()
        torn.hear()
        torn.hear()
        attentive.hear()
        assert _told(torn.heard, userid) == _told(attentive.heard, userid)
        assert [one.id for one in torn.heard] == [*dict.fromkeys(one.id for one in torn.heard)]
        assert [*_come_in(away, userid)] == [one for one in _come_in(away, userid) if one in _reports(torn.heard)]
    finally:
        always.emulator.stop()
        away.emulator.stop()


def _steps(*steps: tuple[str, int]) -> list[Any]:
    return [(step, "300001", number, None, False) for step, number in steps]


_SET_BACK = _steps(("send", 0), ("pass", 40), ("set back", 40))
_SETTLED = _steps(("send", 0), ("pass", 40), ("settle", 0))
_AGAIN = _steps(*(("send", 0), ("pass", 40), ("set back", 40)), *(("send", 0), ("pass", 35)))
_REOPENED = _steps(("reset", 0), ("send", 0), ("pass", 40))


@pytest.mark.parametrize("userid", [None, "300001"])
@given(sequence=_SEQUENCES)
@example(sequence=_SET_BACK)
@example(sequence=_SETTLED)
@example(sequence=_AGAIN)
@example(sequence=_REOPENED)
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
def test_a_listener_that_is_cut_off_anywhere_hears_what_an_attentive_one_hears(
    userid: str | None, sequence: list[Any]
) -> None:
    _compare(sequence, userid, None)


@given(sequence=_SEQUENCES, userid=st.sampled_from([None, "300001"]))
@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=20)
def test_a_listener_hears_the_same_over_restarts_with_a_store(sequence: list[Any], userid: str | None) -> None:
    with TemporaryDirectory() as always, TemporaryDirectory() as away:
        _compare(sequence, userid, (kept(Path(always)), kept(Path(away))))


def test_a_clock_that_was_set_back_repeats_no_report_and_loses_none() -> None:
    world = _World()
    listener = _Listener(world, None)
    for step, whose, number, *_ in _AGAIN:
        world.do(step, whose, number)
        listener.hear()
    world.do("pass", "300001", 40)
    listener.hear()
    assert sorted(_reports(listener.heard)) == sorted(_come_in(world, None))
    world.emulator.stop()


def _heard(control: ControlClient, count: int, **options: Any) -> list[Event]:
    with control.events(**options) as events:
        return [next(events) for _ in range(count)]


def test_a_stream_gives_an_id_before_its_first_event(control: ControlClient, served: Served) -> None:
    with control.events() as events:
        last = events.last_event_id
    served.account.freeze()
    served.account.reply(PHONE, "hi")
    assert [one.kind for one in _heard(control, 1, last_event_id=last)] == ["upmsg"]


@pytest.mark.parametrize("last", ["abc", "-1", "0123456789abcdef-0-1-1-0", "1" * 5000 + "-"])
def test_an_unknown_id_is_told_and_the_stream_goes_on(control: ControlClient, served: Served, last: str) -> None:
    with control.events(last_event_id=last.encode("ascii", "replace").decode()) as events:
        resync = next(events)
        assert (resync.kind, resync.data) == ("resync", {"reason": "unknown_id"})
        served.reports()
        assert next(events).kind == "fetch_report"
    with control.events(last_event_id=resync.id) as events:
        assert next(events).kind == "fetch_report"


def test_a_number_as_last_event_id_is_a_position(control: ControlClient, served: Served) -> None:
    served.reports()
    position = served.account.position
    served.upmsgs()
    assert [one.kind for one in _heard(control, 1, last_event_id=str(position))] == ["fetch_upmsg"]
    # The address of a listener that connects again is the same as at first.
    assert [one.kind for one in _heard(control, 1, last_event_id=str(position), after_position=0)] == ["fetch_upmsg"]


def test_an_id_of_a_stream_of_all_accounts_is_unknown_to_one(control: ControlClient, served: Served) -> None:
    with control.events() as events:
        last = events.last_event_id
    (resync,) = _heard(control, 1, last_event_id=last, userid=served.account.userid)
    assert resync.data["reason"] == "unknown_id"


def test_an_id_of_another_open_account_is_unknown(control: ControlClient, served: Served) -> None:
    with control.events(control.open().userid) as events:
        last = events.last_event_id
    (resync,) = _heard(control, 1, last_event_id=last, userid=served.account.userid)
    assert resync.data == {"reason": "unknown_id"}


def test_a_reset_while_nobody_listened_ends_the_stream_and_the_next_one_goes_on(
    control: ControlClient, served: Served
) -> None:
    userid = served.account.userid
    with control.events(userid) as events:
        last = events.last_event_id
    served.account.reset()
    served.reports()
    with control.events(userid, last_event_id=last) as events:
        (ended,) = events
    assert (ended.kind, ended.data) == ("ended", {"userid": userid})
    assert [one.kind for one in _heard(control, 1, userid=userid, last_event_id=ended.id)] == ["fetch_report"]


def test_a_message_that_was_deleted_meanwhile_costs_no_event_of_another() -> None:
    world = _World()
    listener = _Listener(world, None)
    world.do("send", "300001", 2)
    listener.hear(2)
    admin = world.emulator.services.admin("300001")
    first, *others = admin.messages(MessageFilter(), Listing()).items
    admin.delete_message(first.msgid)
    listener.hear()
    world.emulator.stop()
    heard = [one.data["message"].msgid for one in listener.heard if one.kind == "message"]
    assert heard == [first.msgid, *(one.msgid for one in others)]


def test_more_events_of_time_than_are_kept_are_told() -> None:
    with emulator(server={"journal_entries": 1}) as running, ControlClient(running.url) as control:
        account = control.open()
        account.freeze()
        with control.events() as events:
            last = events.last_event_id
            for _ in range(400):
                account.reply(PHONE, "hi")
            assert next(events).kind == "upmsg"
        with control.events() as events:
            assert events.last_event_id
        (resync,) = _heard(control, 1, last_event_id=last)
        assert resync.data == {"reason": "entries_dropped"}


def test_an_emulator_without_a_store_does_not_know_the_ids_of_a_former_one() -> None:
    with emulator() as running, ControlClient(running.url) as control, control.events() as events:
        last = events.last_event_id
    with emulator() as running, ControlClient(running.url) as control:
        assert _heard(control, 1, last_event_id=last)[0].data == {"reason": "unknown_id"}


def test_a_restored_snapshot_is_told_to_who_listens_and_to_who_was_away(
    control: ControlClient, served: Served, tmp_path: Path
) -> None:
    served.account.freeze()
    with control.events() as events:
        control.snapshot(tmp_path / "snapshot")
        last = events.last_event_id
        control.restore(tmp_path / "snapshot")
        resync = next(events)
        assert (resync.kind, resync.data) == ("resync", {"reason": "restored"})
        served.account.reply(PHONE, "hi")
        assert next(events).kind == "upmsg"
    assert _heard(control, 1, last_event_id=last)[0].data == {"reason": "unknown_id"}
    assert [one.kind for one in _heard(control, 1, last_event_id=resync.id)] == ["upmsg"]


_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def _stream(*parts: bytes) -> scripted.Act:
    return scripted.raw(_HEAD + b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts))


def test_a_client_connects_again_after_its_last_event() -> None:
    acts = (
        _stream(encode_start("a"), Event("send", {}, "b").encode(), b"id: c\nevent: me"),
        scripted.hang_up,
        _stream(encode_start("b"), Event("message", {}, "c").encode()),
    )
    with (
        scripted.server(*acts) as script,
        ControlClient(script.url) as control,
        control.events(reconnect_for=60) as events,
    ):
        assert [(one.kind, one.id) for one in (next(events), next(events))] == [("send", "b"), ("message", "c")]


def test_a_client_that_must_not_connect_again_says_so_at_once() -> None:
    with (
        scripted.server(_stream(encode_start("a"))) as script,
        ControlClient(script.url) as control,
        control.events() as events,
        pytest.raises(Unreachable),
    ):
        next(events)


def test_listening_costs_a_clock_nothing_until_somebody_listens(control: ControlClient, served: Served) -> None:
    served.account.freeze()
    served.send()
    served.account.advance(timedelta(hours=1))
    with control.events() as events:
        assert events.last_event_id
        served.reports()
        assert next(events).kind == "fetch_report"


@given(
    st.builds(
        EventId,
        st.text("0123456789abcdef", min_size=16, max_size=16),
        *[st.integers(0, 10**18 - 1)] * 3,
        st.integers(0, 10**19 - 1),
    )
)
def test_an_id_is_read_as_it_was_written(id_: EventId) -> None:
    assert EventId.parse(str(id_)) == id_
