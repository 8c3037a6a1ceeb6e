"""A live run does nothing that was not allowed: the journal of the server that stands in is the witness."""

import os
import pty
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, quote_plus
from uuid import uuid4

import httpx2
import pytest
from contract.minimal import Account, MinimalGateway
from harness import contract, processes
from harness.contract import OWN, PASSWORD
from hypothesis import given
from hypothesis import strategies as st

from ccell_fake import strategies
from ccell_fake.client import RequestRefused
from ccell_fake.client.writing import Dialect
from ccell_fake.clock import SystemClock
from ccell_fake.contract import suite
from ccell_fake.contract.check_run import CheckRun
from ccell_fake.contract.checks import Cost
from ccell_fake.contract.examples import for_all
from ccell_fake.contract.live.allowances import Budget
from ccell_fake.contract.live.guard import Guard, NotAllowed
from ccell_fake.contract.live.settings import LiveSettings
from ccell_fake.contract.live.target import LiveContractTarget
from ccell_fake.contract.needs import OVERLAP, NotAsked
from ccell_fake.contract.results import CheckOutcome
from ccell_fake.contract.submits import UNKNOWN, submit
from ccell_fake.model import JSON_PATH, Door, Operation, Request, Submit
from ccell_fake.signing import make_seqid, md5, sign
from ccell_fake.wire import json_requests, requests

USERID = "200001"
LIVE = ("--ccell-target=live", "--ccell-live")
FREE = "costs "


@pytest.fixture
def gateway() -> Iterator[MinimalGateway]:
    with MinimalGateway(accounts=(Account(USERID, PASSWORD),)) as gateway:
        yield gateway


def _handed_out(gateway: MinimalGateway) -> int:
    return sum(handled.handed_out for handled in gateway.journal)


def test_a_live_run_without_allowance_sends_nothing_and_drains_nothing(gateway: MinimalGateway, tmp_path: Path) -> None:
    gateway.reply(USERID, OWN[0], "an upstream message that has to stay")
    done = contract.ask(tmp_path, *LIVE, url=gateway.url)
    assert gateway.messages == _handed_out(gateway) == 0
    asked = {(handled.operation, handled.code) for handled in gateway.journal}
    assert {("info", "0"), ("send", "0")} <= asked, "nothing was asked at all"
    assert not {("report", "0"), ("upmsg", "0")} & asked
    # What was not asked for its cost says so.
    assert any(one.note.startswith(FREE) for one in done.results(CheckOutcome.NOT_ASKED))
    assert done.results(CheckOutcome.PASSED)


def test_without_the_live_option_no_request_leaves(gateway: MinimalGateway, tmp_path: Path) -> None:
    done = contract.ask(tmp_path, "--ccell-target=live", url=gateway.url)
    assert (done.code, gateway.journal) == (4, [])
    assert "--ccell-live" in done.printed


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--ccell-allow=sms",), "at least one number of your own"),
        (("--ccell-allow=everything",), "known kinds: sms, drain, risk"),
        (("--ccell-account=nowhere.toml",), "nowhere.toml"),
        (("--ccell-report=run.xml",), "run.xml: the suffix of a report must be one of"),
        (("--ccell-compare=nowhere.json",), "nowhere.json"),
        (("--ccell-drift=nowhere.toml",), "nowhere.toml"),
        (("--ccell-report=nowhere/run.md",), "cannot write a file there"),
        (("--ccell-calibrate=/",), "cannot write a file there"),
        (("--ccell-cacert=nowhere.pem",), "nowhere.pem"),
        ((f"--ccell-cacert={__file__}",), "no certificates"),
        (("--ccell-patience=nan",), "seconds"),
        (("--ccell-patience=-1",), "seconds"),
        (("--ccell-budget=-1",), "budget must be"),
        *(
            ((f"--ccell-phone={phone}",), "its 11 digits only")
            for phone in ("", " 13900000001", "13900000001,13800000000", "１３９０００００００１", "+8613900000001")
        ),
    ],
)
def test_invalid_options_are_refused_before_any_request(
    gateway: MinimalGateway, tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    done = contract.ask(tmp_path, *LIVE, *options, url=gateway.url)
    assert (done.code, gateway.journal) == (4, [])
    assert said in done.printed
    assert "Traceback" not in done.printed


@pytest.mark.parametrize(
    "known", ['spcode = "yes"', 'max_concurrency = "3"', "dead = 5", 'blacklist = "13900000001"', "balance = -1"]
)
def test_invalid_facts_about_an_account_are_refused(gateway: MinimalGateway, tmp_path: Path, known: str) -> None:
    (tmp_path / "known.toml").write_text(known, "utf-8")
    done = contract.ask(tmp_path, *LIVE, f"--ccell-account={tmp_path / 'known.toml'}", url=gateway.url)
    assert (done.code, gateway.journal) == (4, [])
    assert known.partition(" ")[0] in done.printed
    assert OWN[0] not in done.printed
    assert "Traceback" not in done.printed


@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1", "127.0.0.1", "http://", "http://u:p@127.0.0.1", "http://127.0.0.1/?a", "http://a..b"]
)
def test_an_invalid_address_is_refused(tmp_path: Path, url: str) -> None:
    done = contract.ask(tmp_path, *LIVE, url=url)
    assert done.code == 4
    assert "the address of the gateway: " in done.printed


def test_an_address_may_name_the_folder_of_the_endpoints(gateway: MinimalGateway, tmp_path: Path) -> None:
    done = contract.ask(tmp_path, *LIVE, "-k", "test_0 or alike", url=f"{gateway.url}/sms3_api/xmlapi/")
    assert (done.code, len(done.results(CheckOutcome.PASSED))) == (0, 2)


def test_an_address_of_an_emulator_with_the_live_target_is_refused(gateway: MinimalGateway, tmp_path: Path) -> None:
    done = contract.ask(tmp_path, *LIVE, f"--ccell-url={gateway.url}", url=gateway.url)
    assert (done.code, gateway.journal) == (4, [])
    assert "--ccell-url is for --ccell-target=emulator; CCELL_FAKE_URL in the environment names" in done.printed


@pytest.mark.parametrize("option", ["--ccell-live", "--ccell-allow=sms", f"--ccell-phone={OWN[0]}", "--ccell-budget=5"])
def test_live_options_with_another_target_are_refused(tmp_path: Path, option: str) -> None:
    done = contract.ask(tmp_path, "--ccell-target=emulator", option)
    assert done.code == 4
    assert f"{option.partition('=')[0]}: only for --ccell-target=live" in done.printed


def test_collecting_needs_no_credential_and_sends_nothing(gateway: MinimalGateway, tmp_path: Path) -> None:
    code, printed = _on_terminal(gateway, tmp_path, "", "--collect-only")
    assert (code, gateway.journal) == (0, []), printed
    assert "Go on?" not in printed
    assert contract.ask(tmp_path, *contract.live("--collect-only")).code == 0


@pytest.mark.parametrize("given", [{"url": ""}, {"userid": ""}, {"password": ""}])
def test_a_missing_credential_is_named(gateway: MinimalGateway, tmp_path: Path, given: dict[str, str]) -> None:
    done = contract.ask(tmp_path, *LIVE, **{"url": gateway.url, **given})
    assert (done.code, gateway.journal) == (4, [])
    assert "CCELL_FAKE_URL, CCELL_FAKE_USERID and CCELL_FAKE_PASSWORD" in done.printed


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "two workers"])
def test_a_budget_of_5_is_never_exceeded(gateway: MinimalGateway, tmp_path: Path, workers: tuple[str, ...]) -> None:
    done = contract.ask(tmp_path, *contract.live("--ccell-budget=5", "--ccell-patience=1", *workers), url=gateway.url)
    assert 0 < gateway.messages <= 5
    assert any("of the budget are left" in one.note for one in done.results(CheckOutcome.NOT_ASKED))


def test_workers_take_turns_so_that_they_do_not_exceed_the_thread_limit(tmp_path: Path) -> None:
    account = Account(USERID, PASSWORD, max_concurrency=1, processing=0.1)
    with MinimalGateway(accounts=(account,)) as gateway:
        done = contract.ask(tmp_path, *LIVE, "-n", "4", "-k", "test_codes or test_transport", url=gateway.url)
    assert done.results(CheckOutcome.PASSED)
    assert "1001006" not in {handled.code for handled in gateway.journal}


def test_a_check_that_needs_a_longer_wait_sends_nothing(gateway: MinimalGateway, tmp_path: Path) -> None:
    options = ("--ccell-budget=5", "--ccell-patience=60", "-k", "before or fetched_is_gone")
    done = contract.ask(
        tmp_path, *LIVE, "--ccell-allow=sms,drain", *(f"--ccell-phone={one}" for one in OWN), *options, url=gateway.url
    )
    assert {one.name for one in done.results(CheckOutcome.NOT_ASKED) if "seconds" in one.note} == {"A1 later", "Q18"}
    assert gateway.messages == 0


def test_a_short_wait_does_not_conclude_that_no_report_comes(gateway: MinimalGateway, tmp_path: Path) -> None:
    done = contract.ask(tmp_path, *contract.live("--ccell-patience=59", "-k", "refused_number_has"), url=gateway.url)
    assert done.code == 0, done.printed
    assert "Q11" not in done.answers
    (unasked,) = (one for one in done.results(CheckOutcome.NOT_ASKED) if one.id == "Q11")
    assert unasked.note == "needs 60 seconds to pass"


def test_a_locked_account_is_an_excuse_only_after_a_risk_was_taken(tmp_path: Path) -> None:
    with MinimalGateway(accounts=(Account(USERID, PASSWORD, frozen=True),)) as gateway:
        budget = Budget.create(tmp_path / "budget.sqlite", 0)
        live = LiveSettings(
            url=gateway.url, userid=USERID, password=PASSWORD, budget=budget, allowed=frozenset({"risk"})
        )
        with pytest.raises(RequestRefused):
            CheckRun(LiveContractTarget(live)).account()
        budget.take_risk()
        with pytest.raises(NotAsked, match="in use"):
            CheckRun(LiveContractTarget(live)).account()


def test_a_check_that_may_lock_the_account_records_the_risk_first(tmp_path: Path) -> None:
    with MinimalGateway(accounts=(Account(USERID, PASSWORD, processing=0.3),)) as gateway:
        budget = Budget.create(tmp_path / "budget.sqlite", 0)
        live = LiveSettings(
            url=gateway.url, userid=USERID, password=PASSWORD, budget=budget, allowed=frozenset({"risk"})
        )
        LiveContractTarget(live).open((), [], Cost()).close()
        with pytest.raises(NotAsked):
            LiveContractTarget(live).open((OVERLAP,), [], Cost(risk=True))
        assert not budget.is_risk_taken
        LiveContractTarget(live).open((), [], Cost(risk=True)).close()
    assert Budget(budget.path).is_risk_taken


def test_retried_tests_use_the_same_budget(gateway: MinimalGateway, tmp_path: Path) -> None:
    # Every question has another answer than this profile says, so that all of them fail.
    profile = tmp_path / "profile.toml"
    profile.write_text('[Q13]\nanswer = "segments"\n[Q24]\nanswer = "absent"\n[Q10]\nanswer = "drop"\n', "utf-8")
    options = ("--ccell-budget=5", f"--ccell-drift={profile}", "--ccell-patience=1", "-k", "costs or twice or linkid")
    retried = (*options, "-p", "harness.retrying", "-n", "2")
    done = contract.ask(tmp_path, *contract.live(*retried), url=gateway.url)
    # Fifteen, if each of the three attempts at each test had what it costs.
    assert 3 <= gateway.messages <= 5, done.printed
    assert done.results(CheckOutcome.FAILED), done.printed


@pytest.mark.parametrize("interrupt", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_interrupted_has_spent_no_more_than_its_budget_and_leaves_nothing_behind(
    gateway: MinimalGateway, tmp_path: Path, interrupt: signal.Signals
) -> None:
    options = contract.live("--ccell-budget=5", "--ccell-patience=30")
    left = tmp_path / "left"
    left.mkdir()
    process = subprocess.Popen(
        contract.arguments(tmp_path, *options),
        cwd=tmp_path,
        env={**contract.environment(gateway.url), "TMPDIR": str(left)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        deadline = 1_000
        while not gateway.messages and process.poll() is None and deadline:
            deadline -= 1
            time.sleep(0.05)
        process.send_signal(interrupt)
        printed, _ = process.communicate(timeout=100)
    finally:
        process.kill()
    assert 0 < gateway.messages <= 5, printed
    assert PASSWORD not in printed
    assert process.returncode == pytest.ExitCode.INTERRUPTED
    assert list(left.iterdir()) == []


def test_an_interrupted_calibration_does_not_change_the_profile(gateway: MinimalGateway, tmp_path: Path) -> None:
    profile = tmp_path / "profile.toml"
    profile.write_text('[Q13]\nanswer = "number"\n', "utf-8")
    cut = ("-p", "harness.interrupting")
    done = contract.ask(tmp_path, *LIVE, f"--ccell-calibrate={profile}", *cut, url=gateway.url)
    assert done.code == pytest.ExitCode.INTERRUPTED
    assert done.answers
    assert profile.read_text("utf-8") == '[Q13]\nanswer = "number"\n'
    assert "no profile was written" in done.printed


def test_a_calibration_without_answers_does_not_change_the_profile(gateway: MinimalGateway, tmp_path: Path) -> None:
    profile = tmp_path / "profile.toml"
    profile.write_text('[Q13]\nanswer = "number"\n', "utf-8")
    done = contract.ask(tmp_path, *LIVE, f"--ccell-calibrate={profile}", url=gateway.url, password="another")
    assert done.code == 1
    assert profile.read_text("utf-8") == '[Q13]\nanswer = "number"\n'


def test_no_credential_and_no_number_appears_anywhere(gateway: MinimalGateway, tmp_path: Path) -> None:
    # One that fails in every way at once: wrong answers are expected, and locals are shown.
    profile = tmp_path / "profile.toml"
    profile.write_text('[Q24]\nanswer = "absent"\n[Q9]\nanswer = "trim"\n[Q10]\nanswer = "drop"\n', "utf-8")
    reports = (f"--ccell-report={tmp_path / 'run.md'}", f"--ccell-report={tmp_path / 'run.html'}")
    written = (f"--junitxml={tmp_path / 'junit.xml'}", "--showlocals", "-rA", *reports)
    options = ("--ccell-budget=20", f"--ccell-drift={profile}", "--ccell-patience=1", *written)
    done = contract.ask(tmp_path, *contract.live(*options), url=gateway.url)
    assert done.code == 1, done.printed
    files = [path for path in tmp_path.iterdir() if path.name not in {"profile.toml", "pytest.ini"} and path.is_file()]
    assert {"run.json", "run.md", "run.html", "junit.xml"} <= {path.name for path in files}
    for name, text in [("terminal", done.printed), *((path.name, path.read_text("utf-8")) for path in files)]:
        # A password can be guessed from a sign and its seqid.
        signs = {sign(seqid, PASSWORD) for seqid in re.findall("[0-9]{18}", text)}
        assert signs or name in {"terminal", "junit.xml"}, f"{name} shows no signed request"
        for secret in (PASSWORD, *OWN, *signs):
            assert secret not in text, f"{name} shows a secret"
    # They would show what they are about.
    assert "Q24" in done.printed
    assert "expected" in done.printed


def test_on_a_terminal_no_request_leaves_without_consent(gateway: MinimalGateway, tmp_path: Path) -> None:
    code, printed = _on_terminal(gateway, tmp_path, "n\n")
    assert (code, gateway.journal) == (6, [])
    assert "send up to 5 messages to your own numbers" in printed
    typed = ["contract", "--target=live", "--live", "--allow=sms", f"--phone={OWN[0]}", "--budget=5"]
    command = [*processes.COMMAND, *typed]
    assert _typed(command, gateway, tmp_path, "n\n")[0] == 3


def test_on_a_terminal_a_run_begins_after_consent(gateway: MinimalGateway, tmp_path: Path) -> None:
    code, printed = _on_terminal(gateway, tmp_path, "y\n", "-k", "test_0")
    assert code == 0, printed
    assert gateway.journal


@pytest.mark.parametrize("budget", [5, 100_000])
def test_the_announced_maximum_is_the_budget(budget: int) -> None:
    assert f"send up to {budget} messages" in suite.describe_spending(suite.all_checks(), frozenset({"sms"}), budget)
    assert "send up to" not in suite.describe_spending(suite.all_checks(), frozenset({"drain"}), budget)


def _on_terminal(gateway: MinimalGateway, folder: Path, typed: str, *options: str) -> tuple[int, str]:
    return _typed(contract.arguments(folder, *contract.live("--ccell-budget=5", *options)), gateway, folder, typed)


def _typed(command: list[str], gateway: MinimalGateway, folder: Path, typed: str) -> tuple[int, str]:
    terminal, side = pty.openpty()
    os.write(terminal, typed.encode())
    done = subprocess.run(
        command,
        cwd=folder,
        env=contract.environment(gateway.url),
        stdin=side,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=200,
    )
    os.close(side)
    os.close(terminal)
    return done.returncode, done.stdout


# The guard by itself


def _guard(folder: Path, messages: int = 1_000_000, kinds: tuple[str, ...] = ("sms",)) -> Guard:
    budget = Budget.create(folder / f"{uuid4()}.sqlite", messages)
    return Guard(USERID, PASSWORD, kinds=frozenset(kinds), phones=frozenset(OWN), budget=budget)


def _request(payload: bytes, operation: Operation = Operation.SEND) -> httpx2.Request:
    return httpx2.Request("POST", f"http://127.0.0.1{operation.path}", content=payload)


def _call(payload: bytes) -> httpx2.Request:
    return httpx2.Request("POST", f"http://127.0.0.1{JSON_PATH}", content=payload)


def _authentic(way: str, operation: Operation, *submits: Submit) -> httpx2.Request:
    """A request of the account, as one of `WAYS`."""
    password = DIGEST if "stands for itself" in way else PASSWORD
    seqid = make_seqid(SystemClock().now(), 1)
    key = password if "stands for itself" in way else md5(password)
    signed = Request(USERID, None, submits, seqid, md5(seqid + key))
    request = signed if "signed" in way else Request(USERID, password, submits)
    if "both" in way:
        request = replace(signed, password="no-such-password")
    if "JSON" not in way:
        return _request(requests.render(request), operation)
    text = json_requests.render(operation, request)
    if "single quotes" in way:
        text = text.replace(b'"', b"'")
    if "GBK" in way:
        text = text.decode().replace("{", '{"编号":1,', 1).encode("gb18030")
    if "GET" in way:
        url = httpx2.URL(f"http://127.0.0.1{JSON_PATH}").copy_with(query=quote(text).encode())
        return httpx2.Request("GET", url)
    return _call(quote(text).encode() if "encoded" in way else text)


DIGEST = md5(PASSWORD)
WAYS = (
    "XML",
    "signed XML",
    "signed XML with both",
    "signed XML whose password stands for itself",
    "JSON",
    "JSON by GET",
    "JSON percent-encoded",
    "JSON in single quotes",
    "JSON in GBK",
    "signed JSON",
    "signed JSON with both",
    "signed JSON whose password stands for itself",
)
"""The ways to write a request that a gateway may accept."""


def _guard_of(way: str, folder: Path, messages: int = 1_000_000, kinds: tuple[str, ...] = ("sms",)) -> Guard:
    password = DIGEST if "stands for itself" in way else PASSWORD
    budget = Budget.create(folder / f"{uuid4()}.sqlite", messages)
    return Guard(USERID, password, kinds=frozenset(kinds), phones=frozenset(OWN), budget=budget)


@pytest.mark.parametrize("way", WAYS)
@given(phone=strategies.phones(), content=strategies.contents())
def test_no_send_leaves_for_a_foreign_number(
    tmp_path_factory: pytest.TempPathFactory, way: str, phone: str, content: str
) -> None:
    guard = _guard_of(way, tmp_path_factory.mktemp("guard"))
    with pytest.raises(NotAllowed):
        guard(_authentic(way, Operation.SEND, Submit(phone, content)))


@pytest.mark.parametrize("way", WAYS)
def test_a_message_of_any_form_is_counted(tmp_path: Path, way: str) -> None:
    guard = _guard_of(way, tmp_path, messages=5)
    guard(_authentic(way, Operation.SEND, Submit(OWN[0], "字" * 135)))
    with pytest.raises(NotAsked, match="needs 3 more messages; 2 of the budget are left"):
        guard(_authentic(way, Operation.SEND, Submit(OWN[0], "字" * 135)))
    with pytest.raises(NotAsked, match="sms"):
        _guard_of(way, tmp_path, kinds=())(_authentic(way, Operation.SEND, Submit(OWN[0], "测试")))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("operation", [Operation.REPORT, Operation.UPMSG])
def test_a_fetch_of_any_form_needs_permission(tmp_path: Path, operation: Operation, way: str) -> None:
    with pytest.raises(NotAsked, match="drain"):
        _guard_of(way, tmp_path, kinds=())(_authentic(way, operation))
    _guard_of(way, tmp_path, kinds=("drain",))(_authentic(way, operation))


@pytest.mark.parametrize(
    "request_",
    [
        _call(b""),
        _call(b"{"),
        _call(b"[1]"),
        _call(b'{"id":1,"method":"sendAll","params":{}}'),
        _call(b'{"id":1,"method":"send","params":[]}'),
        _call(json_requests.render(Operation.INFO, Request(USERID, PASSWORD))[:-1]),
        _request(requests.render(Request(USERID, None, (), "1" * 18, "0" * 32))[:-1]),
        _request(quote(requests.render(Request(USERID, None, (), "1" * 18, "0" * 32))[:-1]).encode(), Operation.INFO),
    ],
    ids=["empty", "unfinished", "array", "method", "params", "unfinished info", "signed", "signed and encoded"],
)
def test_a_call_or_a_signed_request_that_cannot_be_read_never_leaves(tmp_path: Path, request_: httpx2.Request) -> None:
    with pytest.raises(NotAllowed, match="never sent"):
        _guard(tmp_path, kinds=("sms", "drain", "risk"))(request_)


def test_requests_with_a_wrong_sign_or_password_are_free_through_either_door(tmp_path: Path) -> None:
    guard = _guard(tmp_path, kinds=())
    submits = (Submit("13800000001", "测试"),)
    for request in (
        Request(USERID, "no-such-password", submits),
        Request(USERID, None, submits, "1" * 18, "0" * 32),
        Request("200002", None, submits, "1" * 18, sign("1" * 18, PASSWORD)),
    ):
        for operation in Operation:
            guard(_call(json_requests.render(operation, request)))
            guard(_request(requests.render(request), operation))
    request = Request(USERID, PASSWORD, submits)
    for sent in (_call(json_requests.render(Operation.SEND, request)), _request(requests.render(request))):
        with pytest.raises(NotAllowed):
            guard(sent)


@pytest.mark.parametrize("dialect", Door)
@given(sent=strategies.requests(), data=st.data())
def test_however_a_client_places_a_send_of_the_account_it_does_not_pass(
    tmp_path_factory: pytest.TempPathFactory, dialect: Dialect, sent: Request, data: st.DataObject
) -> None:
    guard = _guard(tmp_path_factory.mktemp("guard"), kinds=())
    submit = Submit(OWN[0], "测试")
    seqid = "2" * 18
    given_ = data.draw(st.sampled_from([(PASSWORD, None, None), (None, seqid, sign(seqid, PASSWORD))]))
    request = Request(USERID, given_[0], (*sent.submits, submit), *given_[1:])
    raw = data.draw(strategies.payloads(request, dialect=dialect, strict_http=True))
    path = JSON_PATH if dialect == "json" else Operation.SEND.path
    url = httpx2.URL("http://127.0.0.1" + path).copy_with(query=raw.target.partition(b"?")[2])
    with pytest.raises((NotAsked, NotAllowed)):
        guard(httpx2.Request(raw.method, url, content=raw.body))


def test_a_send_that_cannot_be_read_is_recognised_by_its_password_however_that_is_encoded(tmp_path: Path) -> None:
    password = 'of "this" & that+account'
    budget = Budget.create(tmp_path / "budget.sqlite", 9)
    guard = Guard(USERID, password, kinds=frozenset({"sms"}), phones=frozenset(OWN), budget=budget)
    broken = requests.render(Request(USERID, password, (Submit(OWN[0], "测试"),))).removesuffix(b"</root>")
    for body in (broken, quote(broken).encode(), quote_plus(broken).encode()):
        with pytest.raises(NotAllowed, match="cannot be read"):
            guard(_request(body))


@pytest.mark.parametrize("password", ["0123456789abcdef0123456789abcdef", "138000"])
def test_the_digits_of_a_password_are_no_phone_number_and_hide_none(tmp_path: Path, password: str) -> None:
    guard = Guard(
        USERID,
        password,
        kinds=frozenset(),
        phones=frozenset(),
        budget=Budget.create(tmp_path / "budget.sqlite", 0),
    )
    guard(_request(f'<root userid="{USERID}" password="{password}"><submit phone="{UNKNOWN}"'.encode()))
    with pytest.raises(NotAllowed, match="cannot be read"):
        guard(_request(f'<root userid="{USERID}" password="{password}"><submit phone="13800000001"'.encode()))


@pytest.mark.parametrize("operation", [Operation.REPORT, Operation.UPMSG])
def test_fetching_needs_permission_unless_the_password_is_wrong(tmp_path: Path, operation: Operation) -> None:
    guard = _guard(tmp_path, kinds=())
    guard(_request(requests.render(Request(USERID, "no-such-password")), operation))
    with pytest.raises(NotAsked, match="drain"):
        guard(_request(requests.render(Request(USERID, PASSWORD)), operation))


@pytest.mark.parametrize("sendtime", ["2016-01-01 8:30", "tomorrow", "2016/01/01 08:30:30"])
def test_a_send_with_an_invalid_sendtime_counts_as_a_send(tmp_path: Path, sendtime: str) -> None:
    # A gateway may pass over what it cannot read, and send at once.
    own = _request(requests.render(Request(USERID, PASSWORD, (Submit(OWN[0], "测试", sendtime=sendtime),))))
    other = _request(requests.render(Request(USERID, PASSWORD, (Submit("19500001111", "测试", sendtime=sendtime),))))
    with pytest.raises(NotAsked, match="sms"):
        _guard(tmp_path, kinds=())(own)
    with pytest.raises(NotAllowed):
        _guard(tmp_path)(other)
    guard = _guard(tmp_path, messages=1)
    guard(own)
    with pytest.raises(NotAsked, match="0 of the budget are left"):
        guard(own)


@pytest.mark.parametrize("phone", ["１３８０００００００１", "١٣٨٠٠٠٠٠٠٠١"])
def test_a_number_in_digits_of_another_script_is_stopped(tmp_path: Path, phone: str) -> None:
    with pytest.raises(NotAllowed):
        _guard(tmp_path)(_request(requests.render(Request(USERID, PASSWORD, (Submit(phone, "测试"),)))))


def test_an_address_with_a_path_is_guarded_too(tmp_path: Path) -> None:
    payload = requests.render(Request(USERID, PASSWORD, (Submit("13800000001", "测试"),)))
    request = httpx2.Request("POST", f"http://127.0.0.1/gateway{Operation.SEND.path}", content=payload)
    with pytest.raises(NotAllowed):
        _guard(tmp_path)(request)


def test_a_long_message_counts_as_charged(tmp_path: Path) -> None:
    guard = _guard(tmp_path, messages=5)
    guard(_request(requests.render(Request(USERID, PASSWORD, (Submit(OWN[0], "字" * 135),)))))
    with pytest.raises(NotAsked, match="needs 3 more messages; 2 of the budget are left"):
        guard(_request(requests.render(Request(USERID, PASSWORD, (Submit(OWN[0], "字" * 135),)))))


def test_threads_and_processes_share_a_budget_to_the_last_message(tmp_path: Path) -> None:
    path = tmp_path / "budget.sqlite"
    Budget.create(path, 50)
    with ThreadPoolExecutor(8) as pool:
        taken = [pool.submit(Budget(path).spend, 1) for _ in range(100)]
    assert sum(one.result() for one in taken) == 50
    assert Budget(path).left == 0
    assert not Budget(path).spend(1)


def test_shrinking_sends_nothing(gateway: MinimalGateway, tmp_path: Path) -> None:
    live = LiveSettings(
        url=gateway.url, userid=USERID, password=PASSWORD, budget=Budget.create(tmp_path / "budget.sqlite", 0)
    )
    check_run = CheckRun(LiveContractTarget(live))
    account = check_run.account()
    asked: list[str] = []

    def is_short(linkid: str) -> None:
        account.send(submit(UNKNOWN, account.known.content(), linkid=linkid))
        asked.append(linkid)
        assert len(linkid) < 3

    with pytest.raises(AssertionError):
        for_all(check_run, account, st.text("ab", min_size=1, max_size=9), is_short)
    sent = [handled for handled in gateway.journal if handled.operation == "send"]
    assert len(sent) == next(place for place, linkid in enumerate(asked, 1) if len(linkid) >= 3)
    check_run.close()
