"""Commands on a terminal show every value, in its width, its encoding and its colours."""

import io
import json
import re
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from harness import http, scripted
from harness.emulators import CONTENT, PHONE, emulator
from harness.terminals import Terminal
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from ccell_fake.client import Client
from ccell_fake.clock import SystemClock
from ccell_fake.control.account import AccountControl
from ccell_fake.control.client import ControlClient
from ccell_fake.model import Operation
from ccell_fake.printable import escape_controls
from ccell_fake.transcripts import Redaction, Writer
from ccell_mock_server.cli import main
from ccell_mock_server.commands import terminal as stdout
from ccell_mock_server.commands.event_lines import Line, render_line
from ccell_mock_server.commands.output import INTERRUPTED
from ccell_mock_server.commands.rows import print_rows
from ccell_mock_server.emulator import Emulator
from ccell_mock_server.http.server import HttpServer
from ccell_mock_server.proxy.recorder import PUBLIC, Recorder
from ccell_mock_server.proxy.upstream import Upstream

UNRECOGNISED = "19500001111"
LONG = f"您好😀，{'这是一条很长的短信' * 6} 1234【签名】"
HOSTILE = "知道了\x9b31m\x9b2J\n\u202e退订"
SCREENS = [
    (40, "utf-8", True),
    (80, "utf-8", False),
    (40, "gbk", False),
    (80, "gbk", True),
    (40, "ascii", True),
    (80, "ascii", False),
]
_BOX = re.compile(r"[\s┏━┳┓┃┡╇┩│└─┴┘+|]+")


@pytest.fixture(scope="module")
def served() -> Any:
    with emulator() as running:
        yield running


@pytest.fixture
def account(served: Emulator) -> Iterator[AccountControl]:
    """An account that has refused a request and a message, and has a reply and two reports to fetch."""
    with ControlClient(served.url) as control:
        account = control.open({"name": "张三"})
        http.post(served.url, Operation.INFO.path, f'<root userid="{account.userid}" password="wrong1"/>'.encode())
        with Client(served.url, account.userid, account.password) as client:
            client.send([PHONE, UNRECOGNISED], LONG, linkid="order-17")
        account.reply(PHONE, HOSTILE)
        yield account
        account.close()


@dataclass(frozen=True, slots=True)
class Case:
    """A command and what it must show.

    Attributes:
        arguments: The command line.
        values: The values that it must show, in this order.
        last: The text after which a signal ends it; None if it ends by itself.
        code: Its exit code.
        has_url: Whether it uses the emulator of the test.
    """

    arguments: list[str]
    values: list[str]
    last: str | None = None
    code: int = 0
    has_url: bool = True


def _send(_account: AccountControl) -> Case:
    values = [
        PHONE,
        "accepted",
        "0",
        "成功",
        "order-18",
        UNRECOGNISED,
        "refused",
        "1004001",
        f"手机号不可识别{UNRECOGNISED}",
    ]
    return Case(["send", PHONE, UNRECOGNISED, LONG, "--linkid", "order-18"], [*values, "order-18"], code=1)


def _report(account: AccountControl) -> Case:
    (one,) = account.reports()
    return Case(["report"], [one.msgid, "order-17", PHONE, f"{one.recvtime:%Y-%m-%dT%H:%M:%S}", "0", "成功"])


def _upmsg(account: AccountControl) -> Case:
    (one,) = account.upmsgs()
    return Case(["upmsg"], [one.spnumber, PHONE, f"{one.motime:%Y-%m-%dT%H:%M:%S}", HOSTILE])


def _info(account: AccountControl) -> Case:
    return Case(["info"], [account.userid, "张三", "0", f"{account.status().left}", "*"])


def _messages(account: AccountControl) -> Case:
    newest, oldest = account.messages(newest_first=True)
    values = [
        *(f"{newest.submitted_at:%Y-%m-%d %H:%M:%S}", account.userid, UNRECOGNISED, "refused", "1004001"),
        *(newest.info, LONG, newest.msgid, "order-17", PHONE, "delivered", "0", "成功", LONG, oldest.msgid, "order-17"),
    ]
    return Case(["messages"], values)


def _journal(account: AccountControl) -> Case:
    refused, sent = account.journal()
    values = [
        *(f"{sent.position}", f"{sent.at:%Y-%m-%d %H:%M:%S}", account.userid, "send", "0", sent.rule, sent.basis),
        *(sent.explanation, f"{refused.position}", "info", "1001004", refused.rule, refused.basis, refused.explanation),
    ]
    return Case(["journal"], values)


def _journal_entry(account: AccountControl) -> Case:
    _, sent = account.journal()
    values = [
        f"{sent.position}",
        "send",
        sent.rule,
        sent.explanation,
        sent.request,
        f"{sent.answer}",
        "whole",
        "2",
        "xml",
    ]
    return Case(["journal", "--position", f"{sent.position}"], [*values, "127.0.0.1", "body", f"{sent.duration}"])


def _accounts(account: AccountControl) -> Case:
    now = account.freeze().now
    values = [
        account.userid,
        f"{account.status().left}",
        "normal",
        "frozen",
        f"{now:%Y-%m-%d %H:%M:%S}",
        "0/3",
        "0",
        "1",
        "1",
    ]
    return Case(["accounts"], values)


def _tail(account: AccountControl) -> Case:
    refused, sent = account.journal()
    accepted, other = account.messages()
    values = [
        *(account.userid, "info", "refused", "1001004", refused.basis, refused.explanation),
        *(account.userid, "message", PHONE, "accepted", LONG, accepted.msgid, "order-17"),
        *(account.userid, "message", UNRECOGNISED, "refused", "1004001", other.info, LONG, other.msgid, "order-17"),
        sent.explanation,
    ]
    return Case(["tail", "-n", "9"], values, last="accepts it")


def _reply(_account: AccountControl) -> Case:
    return Case(["reply", PHONE, LONG], [PHONE, "to", LONG])


def _reset(account: AccountControl) -> Case:
    deleted = "messages, reports, upstream messages, journal, faults, clock and lock"
    return Case(["reset", "--yes"], [f"deleted the {deleted} of account {account.userid}; kept the settings"])


def _variables(served: Emulator, account: AccountControl) -> dict[str, str]:
    names = {"URL": served.url, "USERID": account.userid, "PASSWORD": account.password}
    return {f"CCELL_FAKE_{name}": value for name, value in names.items()}


def _escaped(value: str, encoding: str) -> str:
    return _BOX.sub("", escape_controls(value).encode(encoding, "backslashreplace").decode(encoding))


def _assert_shown(values: list[str], terminal: Terminal, encoding: str) -> None:
    rest = _BOX.sub("", terminal.shown())
    for value in values:
        _, found, rest = rest.partition(_escaped(value, encoding))
        assert found or not value, f"{value!r} is not shown in its place in:\n{terminal.shown()}"


def _demo(_account: AccountControl) -> Case:
    values = ["what", "number", "submits", "messages", "5", "reports fetched", "reports waiting or to come", "replies"]
    return Case(["demo", "--messages", "5"], values, has_url=False)


def _replay(account: AccountControl) -> Case:
    """Replay a transcript of an account that has another name than in the configuration."""
    path, config = Path("transcript"), Path("ccell.toml")
    clock, secret = SystemClock(), "123456"
    given = {"userid": account.userid, "name": "张三" * 40, "password": secret}
    with emulator(accounts=[given]) as recorded, Writer(path, clock.now()) as writer:
        gateway = Upstream(recorded.url)
        recorder = Recorder(gateway, writer, Redaction(keep=PUBLIC), clock)
        with HttpServer(recorder) as server, Client(server.url, account.userid, secret) as client:
            client.info()
        gateway.close()
    config.write_text(f'[[accounts]]\npassword = "{secret}"\nname = "李四"\n', "utf-8")
    arguments = ["replay", f"{path}", "--config", f"{config}"]
    pseudonym = json.loads(CliRunner().invoke(main, [*arguments, "--json"]).stdout)["recorded"]
    values = ["1", "info", "account name", pseudonym, "李四", "run 1: 1 answer compared, 1 difference"]
    return Case(arguments, values, code=1, has_url=False)


@pytest.mark.parametrize(("columns", "encoding", "is_coloured"), SCREENS)
@pytest.mark.parametrize(
    "prepare",
    [
        *(_send, _report, _upmsg, _info, _messages, _journal, _journal_entry, _accounts, _tail, _reply, _reset, _demo),
        _replay,
    ],
    ids=lambda one: one.__name__.strip("_"),
)
def test_every_value_is_shown_in_the_width_of_the_terminal(
    served: Emulator,
    account: AccountControl,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    prepare: Callable[[AccountControl], Case],
    columns: int,
    encoding: str,
    *,
    is_coloured: bool,
) -> None:
    monkeypatch.chdir(tmp_path)
    case = prepare(account)
    variables = _variables(served, account) if case.has_url else {}
    if not is_coloured:
        variables |= {"NO_COLOR": "1"} if encoding == "gbk" else {"TERM": "dumb"}
    with Terminal(
        *case.arguments, columns=columns, encoding=encoding, variables=variables, folder=tmp_path
    ) as terminal:
        if case.last:
            terminal.read(until=case.last)
            terminal.send_signal(signal.SIGINT)
    assert terminal.code == case.code, terminal.shown()
    _assert_shown(case.values, terminal, encoding)
    assert max(terminal.widths()) <= columns, terminal.lines()
    assert "\ufffd" not in terminal.shown()
    assert (b"\x1b" in terminal.written) == (is_coloured and prepare not in {_reply, _reset})


@pytest.mark.parametrize(("columns", "encoding"), [(80, "utf-8"), (80, "ascii"), (40, "gbk"), (40, "utf-8")])
def test_the_greeting_of_serve_breaks_no_address_and_no_command(tmp_path: Path, columns: int, encoding: str) -> None:
    (tmp_path / "设置😀.toml").write_text("[[accounts]]\n[[accounts]]\n", "utf-8")
    arguments = ["serve", "--port", "0", "--config", "设置😀.toml"]
    with Terminal(*arguments, columns=columns, encoding=encoding, variables={}, folder=tmp_path) as terminal:
        terminal.read(until="></root>'")
        terminal.send_signal(signal.SIGTERM)
    assert terminal.code == 0
    lines = terminal.lines()
    url = lines[0].split()[-1]
    values = [
        "ccell-fake",
        url,
        "settings",
        "设置😀.toml",
        "store",
        "memory",
        "accounts",
        "2",
        "console",
        "docs",
        "send",
    ]
    _assert_shown([*values, "report", "upmsg", "info", "json", "try", "curl", "-d", "stopping"], terminal, encoding)
    assert [line for line in lines if line.endswith("jsonrpc2.jsp")] == [
        f"  json      {url}/sms3_api/jsonapi/jsonrpc2.jsp"
    ]
    whole = re.compile(r"https?://|curl| -d ")
    assert all(width <= 80 for width in terminal.widths())
    assert all(width <= 60 for line, width in zip(lines, terminal.widths(), strict=True) if not whole.search(line))


@pytest.mark.parametrize("columns", [40, 80])
def test_followed_reports_are_folded_at_the_width_of_the_terminal(
    served: Emulator, account: AccountControl, tmp_path: Path, columns: int
) -> None:
    (one,) = account.reports()
    variables = _variables(served, account)
    with Terminal("report", "--follow", columns=columns, variables=variables, folder=tmp_path) as terminal:
        terminal.read(until="成功")
        terminal.send_signal(signal.SIGINT)
    _assert_shown([one.msgid, "order-17", PHONE, f"{one.recvtime:%Y-%m-%dT}", "0", "成功"], terminal, "utf-8")
    assert (terminal.code, max(terminal.widths()) <= columns) == (0, True)


@pytest.mark.parametrize("options", [[], ["--follow"]])
def test_reports_that_a_closed_terminal_cannot_show_are_kept(tmp_path: Path, options: list[str]) -> None:
    proceed = threading.Event()

    def answer_late(connection: socket.socket) -> bool:
        assert proceed.wait(60)
        report = '<report msgid="77" phone="13800000000" recvtime="2015-10-10 10:54:15.0" status="0"/>'
        return scripted.answer(f'<root return="0">{report}</root>')(connection)

    with scripted.server(answer_late, scripted.answer('<root return="0"/>')) as script:
        variables = {"CCELL_FAKE_URL": script.url, "CCELL_FAKE_USERID": "200001", "CCELL_FAKE_PASSWORD": "123456"}
        variables["TMPDIR"] = f"{tmp_path}"
        with Terminal("report", *options, columns=80, variables=variables, folder=tmp_path) as terminal:
            assert script.arrived.acquire(timeout=60)
            terminal.hang_up()
            proceed.set()
    assert terminal.code == 5
    (kept,) = tmp_path.glob("ccell-fake-*.jsonl")
    assert json.loads(kept.read_text("utf-8"))["msgid"] == "77"


@pytest.mark.parametrize(("typed", "code"), [("y\r", 0), ("n\r", 1), ("\r", 1), ("\x03", 130)])
def test_reset_asks_on_a_terminal(
    served: Emulator, account: AccountControl, tmp_path: Path, typed: str, code: int
) -> None:
    with Terminal("reset", columns=80, variables=_variables(served, account), folder=tmp_path) as terminal:
        terminal.read(until="[y/N]")
        terminal.type(typed)
    assert f"of account {account.userid}?" in " ".join(terminal.shown().split())
    assert terminal.code == code
    assert bool([*account.messages()]) == (code != 0) == ("nothing was reset" in terminal.shown())
    assert ("interrupted" in terminal.shown()) == (code == INTERRUPTED)


@pytest.mark.parametrize(
    ("variables", "is_terminal", "is_coloured"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"TERM": "dumb"}, True, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"CLICOLOR_FORCE": "1"}, False, True),
        ({"CLICOLOR_FORCE": "0"}, False, False),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, False, True),
    ],
)
def test_variables_turn_colours_on_and_off(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], *, is_terminal: bool, is_coloured: bool
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: is_terminal, raising=False)
    assert stdout.is_coloured() == is_coloured


class _Stdout(io.TextIOWrapper):
    """A terminal, or a pipe."""

    def __init__(self, encoding: str, *, is_terminal: bool) -> None:
        super().__init__(io.BytesIO(), encoding)
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


_ESCAPE = re.compile(r"\\(?:[nrt]|x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})")
_WORDS = st.lists(st.text() | st.sampled_from([" ", "   ", "\u3000", "可以", "😀", "a" * 30]), max_size=40).map("".join)


@given(_WORDS, st.integers(10, 120), st.sampled_from(["utf-8", "gbk", "ascii"]))
def test_a_folded_text_loses_nothing_and_breaks_no_escape(text: str, columns: int, encoding: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", _Stdout(encoding, is_terminal=True))
        lines = stdout.fold(text, columns).split("\n")
    escaped = escape_controls(text).encode(encoding, "backslashreplace").decode(encoding)
    assert "".join(lines) == escaped
    assert all(cell_len(line) <= columns for line in lines)
    whole = _ESCAPE.findall(escaped)
    assert [found for line in lines for found in _ESCAPE.findall(line)] == whole


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_a_line_of_tail_loses_nothing_and_breaks_no_escape(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(sys, "stdout", _Stdout(encoding, is_terminal=True))
    text = f"one    two{' ' * 30}three   four {LONG}"
    line = render_line(Line(None, (("message", ""), (text, "red")), (text,)))
    lines = [one[9:] for one in line.split("\n")]
    escaped = text.encode(encoding, "backslashreplace").decode(encoding)
    assert "".join(lines) == f"message {escaped}{escaped}"
    assert all(cell_len(one) <= 40 for one in line.split("\n"))
    assert sum(len(_ESCAPE.findall(one)) for one in lines) == 2 * len(_ESCAPE.findall(escaped))


@given(
    st.lists(st.tuples(st.text(max_size=12), st.text()), min_size=1, max_size=3),
    st.integers(20, 120),
    st.sampled_from(["utf-8", "gbk", "ascii"]),
)
def test_rows_keep_every_visible_character_in_order(rows: list[tuple[str, str]], columns: int, encoding: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", f"{columns}")
        patch.setenv("NO_COLOR", "1")
        patch.setattr(sys, "stdout", _Stdout(encoding, is_terminal=True))
        print_rows([{"phone": phone, "content": content} for phone, content in rows], as_json=False)
        sys.stdout.seek(0)
        printed = sys.stdout.read()
    rest = _BOX.sub("", printed)
    for value in filter(None, (_escaped(value, encoding) for row in rows for value in row)):
        _, found, rest = rest.partition(value)
        assert found
    assert all(cell_len(line) <= columns for line in printed.split("\n"))


def test_a_name_that_is_wider_than_the_terminal_is_folded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(sys, "stdout", _Stdout("utf-8", is_terminal=True))
    print_rows([{"phone": PHONE, "x" * 30: "一" * 12}], as_json=False)
    sys.stdout.seek(0)
    assert sys.stdout.read().splitlines() == [
        *(f"phone:    {PHONE[:10]}", f"          {PHONE[10:]}", "x" * 20, f"{'x' * 10}:"),
        *(f"          {'一' * count}" for count in (5, 5, 2)),
    ]


@pytest.mark.parametrize(("is_terminal", "first"), [(True, f"phone:   {PHONE}"), (False, "┏")])
def test_columns_set_the_width_of_a_terminal_but_not_of_a_pipe(
    monkeypatch: pytest.MonkeyPatch, *, is_terminal: bool, first: str
) -> None:
    monkeypatch.setenv("COLUMNS", "32")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(sys, "stdout", _Stdout("utf-8", is_terminal=is_terminal))
    print_rows([{"phone": PHONE, "content": CONTENT}], as_json=False)
    sys.stdout.seek(0)
    assert sys.stdout.read().startswith(first)
