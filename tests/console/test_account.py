"""The account page: what goes on, and everything that can be arranged, by forms that the OpenAPI document describes."""

import json
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from harness import http
from harness.console import CONTENT, PHONE, Open, console
from harness.emulators import emulator
from playwright.sync_api import Locator, Page, Request, expect

from ccell_fake.clock import SHANGHAI, SystemClock
from ccell_fake.codes import Code
from ccell_fake.control.account import AccountControl
from ccell_fake.faults import (
    FAULT_KINDS,
    BrokenJsonFault,
    BrokenXmlFault,
    CloseFault,
    CodeFault,
    DelayFault,
    DribbleFault,
    Fault,
    GbkFault,
    HttpFault,
    ResetFault,
    TruncateFault,
)
from ccell_fake.model import Operation
from ccell_fake.settings import AccountSettings, OutcomeRule, Persona, PersonaAnswer
from ccell_fake.testing import Ccell
from ccell_fixtures.registries import ASSUMPTIONS
from ccell_mock_server import fake
from ccell_mock_server.emulator import Emulator


@pytest.fixture
def account(running: Emulator, ccell: Ccell) -> AccountControl:
    """The account of `ccell`."""
    with fake.server(running) as server:
        return server.control.account(ccell.userid)


@pytest.fixture
def open_tab(running: Emulator, ccell: Ccell, open_page: Open) -> Callable[..., Page]:
    """Opens a tab of the account page, with all its parts unfolded."""

    def open_(tab: str = "", **options: Any) -> Page:
        path = f"account/{tab}" if tab else "account"
        # A refused request is an error in the browser's console.
        page = open_page(console(running, f"{path}?account={ccell.userid}"), errors_expected=True, **options)
        expect(page.locator(".sections section, .sections form").first).to_be_visible()
        unfold(page)
        return page

    return open_


def unfold(page: Page) -> None:
    """Unfold all parts."""
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")


def member(page: Page | Locator, name: str) -> Locator:
    """The control of a member."""
    return page.get_by_label(name, exact=True)


def error_of(control: Locator) -> Locator:
    """The error that is shown about a control."""
    return control.locator("xpath=ancestor::*[contains(@class, 'field')][1]").locator("> .wrong")


def press(page: Page, name: str) -> None:
    """Press the button that sends a form."""
    page.locator("button[type=submit]").get_by_text(name, exact=True).click()


def fetch(ccell: Ccell) -> str:
    """The answer to a request that is sent once."""
    body = f'<root userid="{ccell.userid}" password="{ccell.password}"></root>'
    return http.post(ccell.url, "/sms3_api/xmlapi/info.jsp", body.encode()).body.decode()


def sent_bodies(page: Page, method: str) -> list[Any]:
    """Collects the bodies of the requests that a page sends from now on."""
    bodies: list[Any] = []

    def note(request: Request) -> None:
        if request.method == method:
            bodies.append(json.loads(request.post_data or "null"))

    page.on("request", note)
    return bodies


def test_threads_are_shown_as_they_are_used(account: AccountControl, open_tab: Callable[..., Page]) -> None:
    page = open_tab()
    threads = page.locator("#fact-in_progress")
    expect(threads).to_have_text("0 / 3")
    with account.hold(2):
        expect(threads).to_have_text("2 / 3")
    expect(threads).to_have_text("0 / 3")


def test_excesses_lead_to_a_lock_that_can_be_opened(
    account: AccountControl, ccell: Ccell, open_tab: Callable[..., Page]
) -> None:
    account.change(lock_after=2)
    page = open_tab()
    expect(page.locator("#fact-excesses")).to_have_text("0 / 2")
    with account.hold(3):
        assert 'return="1001006"' in fetch(ccell)
        expect(page.locator("#fact-excesses")).to_have_text("1 / 2")
        assert 'return="1001006"' in fetch(ccell)
    page.get_by_role("button", name="Unlock").click()
    expect(page.get_by_role("button", name="Unlock")).to_be_hidden()
    assert not account.status().is_locked


def test_what_waits_for_the_client_is_shown_until_it_is_fetched(ccell: Ccell, open_tab: Callable[..., Page]) -> None:
    ccell.settings(report_delay=600)
    page = open_tab()
    ccell.client.send(PHONE, CONTENT)
    ccell.reply(PHONE, "TD")
    expect(page.locator("#fact-reports_queue")).to_have_text("0 waiting · 1 later · never fetched")
    expect(page.locator("#fact-upmsgs_queue")).to_have_text("1 waiting · never fetched")
    ccell.client.upmsgs()
    expect(page.locator("#fact-upmsgs_queue")).to_contain_text("0 waiting · last fetched 20")


def test_the_clock_is_frozen_set_and_advanced_with_what_this_brings_about(
    ccell: Ccell, account: AccountControl, open_tab: Callable[..., Page]
) -> None:
    account.change(report_delay=600)
    ccell.client.send(PHONE, CONTENT)
    page = open_tab()
    page.get_by_role("button", name="Freeze").click()
    expect(page.locator(".now .state")).to_have_text("frozen")
    before = account.clock().now
    page.locator("#advance-seconds").fill("900")
    press(page, "Advance")
    expect(page.get_by_text("This happened meanwhile")).to_be_visible()
    expect(page.locator("main")).to_contain_text(f"report came in {PHONE} 成功")
    assert (account.clock().now - before).total_seconds() == 900
    page.get_by_role("button", name="+ 1 hour").click()
    expect(page.get_by_text("Nothing happened meanwhile")).to_be_visible()
    page.locator("#clock-mode").select_option("frozen")
    page.locator("#clock-now").fill("2026-01-31 08:00")
    press(page, "Set the clock")
    expect(page.locator(".now")).to_contain_text("2026-01-31 08:00:00 +08:00")
    assert account.clock().now == datetime(2026, 1, 31, 8, tzinfo=SHANGHAI)
    page.get_by_role("button", name="Real time again").click()
    expect(page.locator(".now .state")).to_have_text("real time")
    assert abs((account.clock().now - SystemClock().now()).total_seconds()) < 60


@pytest.mark.parametrize(
    ("field", "value", "button", "error"),
    [
        ("advance-seconds", "soon", "Advance", "must be a valid number"),
        ("advance-seconds", "-1", "Advance", "0"),
        ("advance-to", "tomorrow", "Advance", "must be"),
        ("clock-now", "yesterday", "Set the clock", "must be"),
    ],
)
def test_a_wrong_time_is_refused_at_its_field(
    open_tab: Callable[..., Page], field: str, value: str, button: str, error: str
) -> None:
    page = open_tab()
    control = page.locator(f"#{field}")
    control.fill(value)
    press(page, button)
    expect(error_of(control)).to_contain_text(error)
    expect(control).to_be_focused()
    expect(page.get_by_role("alert")).to_be_hidden()


RICH = {
    "balance": 7,
    "credit": 2,
    "signcode": ["甲", "乙"],
    "lock_window": 2.5,
    "allowed_ips": ["127.0.0.1", "10.0.0.0/8"],
    "spcode": True,
    "channels": ["unicom"],
    "templates": ["您的验证码是*"],
    "blacklist": ["138*"],
    "whitelist": [],
    "outcomes": [{"phone": "139*", "stat": "EXPIRED"}],
    "personas": [{"phone": "137*", "echo": True}],
    "assumptions": {"Q13": "number", "Q22": "3/10", "Q7": list(reversed(ASSUMPTIONS["Q7"].default))},
}


@pytest.mark.parametrize(
    "settings", [{}, RICH, {"whitelist": ["138*"], "signcode": ["甲"]}], ids=["usual", "rich", "few"]
)
def test_a_form_of_settings_sends_nothing_that_was_not_changed(
    account: AccountControl, open_tab: Callable[..., Page], settings: Any
) -> None:
    account.change(**settings)
    before = account.status().settings
    page = open_tab("settings")
    expect(member(page, "balance")).to_have_value(str(before.balance))
    bodies = sent_bodies(page, "PATCH")
    press(page, "Save")
    expect(page.get_by_text("Nothing has changed.")).to_be_visible()
    member(page, "report_delay").fill("1.5")
    press(page, "Save")
    expect(page.get_by_text("Saved: report_delay")).to_be_visible()
    assert bodies == [{"report_delay": 1.5}]
    assert account.status().settings.report_delay == 1.5


def test_every_kind_of_setting_is_changed_by_the_form(account: AccountControl, open_tab: Callable[..., Page]) -> None:
    page = open_tab("settings")
    expect(member(page, "balance")).to_have_value("100000")
    member(page, "name").fill("商城")
    member(page, "status").select_option("frozen")
    member(page, "max_concurrency").fill("7")
    member(page, "lock_window").fill("2.5")
    member(page, "sending_rule").uncheck()
    member(page, "signcode").fill("甲\n乙")
    member(page, "blacklist").fill("138*\n\n 139* ")
    page.get_by_role("group", name="whitelist").get_by_label("set", exact=True).check()
    member(page, "telecom").uncheck()
    member(page, "Q13").select_option("number")
    member(page, "Q22").fill("3/10")
    order = list(reversed(ASSUMPTIONS["Q7"].default))
    member(page, "Q7").fill("\n".join(order))
    press(page, "Save")
    expect(page.get_by_text(re.compile("^Saved: "))).to_be_visible()
    settings = account.status().settings
    assert (settings.name, settings.status, settings.max_concurrency, settings.lock_window) == (
        "商城",
        "frozen",
        7,
        2.5,
    )
    assert (settings.sending_rule, settings.signcode) == (False, ("甲", "乙"))
    assert (settings.blacklist, settings.whitelist) == (("138*", "139*"), ())
    assert settings.channels == ("mobile", "unicom", "broadnet")
    assert settings.assumptions == {"Q7": tuple(order), "Q13": "number", "Q22": "3/10"}
    member(page, "signcode").fill("*")
    member(page, "Q13").select_option("")
    page.get_by_role("group", name="whitelist").get_by_label("set", exact=True).uncheck()
    press(page, "Save")
    expect(page.get_by_text("Saved: ")).to_contain_text("signcode")
    settings = account.status().settings
    assert (settings.signcode, settings.whitelist) == ("*", None)
    assert "Q13" not in settings.assumptions


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("max_concurrency", "many", "must be a valid integer"),
        ("max_concurrency", "0", "must be greater than or equal to 1"),
        ("max_concurrency", "", "must be a valid integer"),
        ("lock_window", "1e99", "315360000"),
        ("userid", "300002", "must be absent or '300001'"),
        ("password", "p" * 129, "128"),
        ("blacklist", "x", "must"),
        ("allowed_ips", "localhost", "must"),
        ("signcode", "", "must"),
        ("Q22", "often", "not an answer to Q22"),
        ("Q7", "recognised", "not an answer to Q7"),
    ],
)
def test_a_wrong_setting_is_refused_at_its_field_and_nothing_is_changed(
    account: AccountControl, open_tab: Callable[..., Page], name: str, value: str, error: str
) -> None:
    page = open_tab("settings")
    expect(member(page, "balance")).to_have_value("100000")
    member(page, "credit").fill("5")
    member(page, name).fill(value)
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = false")
    press(page, "Save")
    expect(error_of(member(page, name))).to_contain_text(error)
    expect(member(page, name)).to_be_focused()
    expect(member(page, name)).to_have_value(value)
    assert account.status().settings.credit == 0
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("[aria-invalid]")).to_have_count(0)


def test_two_tabs_show_each_others_changes_and_keep_their_own_edits(
    account: AccountControl, open_tab: Callable[..., Page]
) -> None:
    first, second = open_tab("settings"), open_tab("settings")
    for page in (first, second):
        expect(member(page, "balance")).to_have_value("100000")
    member(second, "credit").fill("5")
    member(second, "Q13").select_option("number")
    member(first, "max_concurrency").fill("7")
    member(first, "Q18").select_option("again")
    press(first, "Save")
    expect(member(second, "max_concurrency")).to_have_value("7")
    expect(member(second, "credit")).to_have_value("5")
    press(second, "Save")
    expect(second.get_by_text("Saved: ")).to_be_visible()
    settings = account.status().settings
    assert (settings.max_concurrency, settings.credit) == (7, 5)
    assert settings.assumptions == {"Q13": "number", "Q18": "again"}


FAULTS: dict[str, tuple[dict[str, Any], Fault]] = {
    "code": ({"code": "1004001", "phone": "138*"}, CodeFault(code=Code.NUMBER_UNRECOGNISED, phone="138*")),
    "http": (
        {"status": "429", "headers": "Retry-After: 120\nX-A: b:c", "body": "{}", "processed": True, "times": ""},
        HttpFault(status=429, headers={"Retry-After": "120", "X-A": "b:c"}, body="{}", processed=True, times=None),
    ),
    "close": ({"processed": True, "operation": "send"}, CloseFault(processed=True, operation=Operation.SEND)),
    "reset": ({"skip": "2", "rate": "0.5"}, ResetFault(skip=2, rate=0.5)),
    "truncate": ({"sent": "10"}, TruncateFault(sent=10)),
    "broken_xml": (
        {"since": "2026-01-31 08:00"},
        BrokenXmlFault(since=datetime(2026, 1, 31, 8, tzinfo=SHANGHAI)),
    ),
    "broken_json": ({"skip": "1"}, BrokenJsonFault(skip=1)),
    "gbk": ({"declared": False}, GbkFault(declared=False)),
    "delay": ({"seconds": "0.5"}, DelayFault(seconds=0.5)),
    "dribble": ({"piece": "7", "seconds": "0.01"}, DribbleFault(piece=7, seconds=0.01)),
}


def fill_in(page: Page, values: dict[str, Any]) -> None:
    """Fill in members by their names."""
    for name, value in values.items():
        control = member(page, name)
        if isinstance(value, bool):
            control.set_checked(value)
        elif control.evaluate("one => one.tagName") == "SELECT":
            control.select_option(value)
        else:
            if control.count() == 0 or control.is_disabled():
                page.get_by_role("group", name=name).get_by_label("set", exact=True).check()
            control.fill(value)


def test_a_fault_of_every_kind_is_added_by_the_form(account: AccountControl, open_tab: Callable[..., Page]) -> None:
    page = open_tab("faults")
    expect(page.get_by_text("No fault is arranged.")).to_be_visible()
    assert FAULTS.keys() == FAULT_KINDS.keys()
    for kind, (values, fault) in FAULTS.items():
        member(page, "kind").select_option(kind)
        if kind == "body":
            page.get_by_role("group", name="body").get_by_label("set", exact=True).check()
        if "body" in values:
            page.get_by_role("group", name="body").get_by_label("set", exact=True).check()
            page.locator("#faults-body").fill(values["body"])
        fill_in(page, {name: value for name, value in values.items() if name != "body"})
        press(page, "Add a fault")
        expect(page.locator(".arranged li").first).to_contain_text(kind)
        (added,) = account.faults()
        assert added.fault == fault
        page.get_by_role("button", name="Remove", exact=True).click()
        expect(page.get_by_text("No fault is arranged.")).to_be_visible()
        page.reload()
        expect(member(page, "kind")).to_be_visible()


@pytest.mark.parametrize(
    ("kind", "field", "value", "error"),
    [
        ("delay", "seconds", "", "must be"),
        ("close", "rate", "2", "1"),
        ("close", "times", "0", "must be greater than or equal to 1"),
        ("close", "since", "noon", "must be"),
        ("http", "status", "99", "200"),
        ("http", "headers", "Content-Length: 1", "must not contain Content-Length"),
        ("http", "content_type", "text/html;charset=klingon", "must name a known charset"),
    ],
)
def test_a_wrong_fault_is_refused_at_its_field(
    account: AccountControl, open_tab: Callable[..., Page], kind: str, field: str, value: str, error: str
) -> None:
    page = open_tab("faults")
    member(page, "kind").select_option(kind)
    fill_in(page, {field: value})
    press(page, "Add a fault")
    expect(error_of(member(page, field))).to_contain_text(error)
    assert account.faults() == ()


def test_what_is_filled_in_stays_when_another_kind_is_chosen(open_tab: Callable[..., Page]) -> None:
    page = open_tab("faults")
    fill_in(page, {"phone": "138*", "times": "3"})
    member(page, "kind").select_option("close")
    expect(member(page, "phone")).to_have_value("138*")
    expect(member(page, "times")).to_have_value("3")
    expect(member(page, "code")).to_have_count(0)


def test_faults_show_how_often_they_applied_and_are_removed_one_by_one_or_all(
    ccell: Ccell, account: AccountControl, open_tab: Callable[..., Page]
) -> None:
    account.add_fault(CodeFault(code=Code.SYSTEM_ERROR, times=3, skip=1))
    account.add_fault(DelayFault(seconds=0.01, operation=Operation.REPORT))
    account.add_fault(CloseFault(times=None, operation=Operation.UPMSG))
    page = open_tab("faults")
    faults = page.locator(".arranged li")
    expect(faults).to_have_count(3)
    assert 'return="0"' in fetch(ccell)
    assert 'return="1001999"' in fetch(ccell)
    expect(faults.first).to_contain_text("matched 2 · applied 1 · 2 left")
    expect(faults.last).to_contain_text("always")
    faults.first.get_by_role("button", name="Remove").click()
    expect(faults).to_have_count(2)
    assert [one.fault.kind for one in account.faults()] == ["delay", "close"]
    page.get_by_role("button", name="Remove all").click()
    expect(page.get_by_text("No fault is arranged.")).to_be_visible()
    assert account.faults() == ()


def test_outcome_rules_are_added_and_removed(account: AccountControl, open_tab: Callable[..., Page]) -> None:
    page = open_tab("reports")
    fill_in(page, {"phone": "139*", "stat": "EXPIRED", "reports": "3"})
    press(page, "Add a rule before the others")
    expect(error_of(member(page, "reports"))).to_contain_text("2")
    fill_in(page, {"reports": "2"})
    press(page, "Add a rule before the others")
    expect(page.locator(".arranged li")).to_contain_text("phone=139* stat=EXPIRED reports=2")
    expect(page.locator("[aria-invalid]")).to_have_count(0)
    assert account.outcomes() == (OutcomeRule(phone="139*", stat="EXPIRED", reports=2),)
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.locator(".arranged")).to_contain_text("No rule")
    assert account.outcomes() == ()


def test_personas_with_their_answers_are_added_and_removed(
    account: AccountControl, open_tab: Callable[..., Page]
) -> None:
    page = open_tab("personas")
    fill_in(page, {"phone": "138*", "echo": True, "opt_out": "N"})
    answers = page.get_by_role("group", name="answers")
    answers.get_by_role("button", name="Add").click()
    answers.get_by_role("button", name="Add").click()
    member(answers, "keyword").first.fill("码")
    member(answers, "text").first.fill("好")
    press(page, "Add a persona before the others")
    expect(error_of(member(answers, "keyword").last)).to_contain_text("must")
    answers.get_by_role("button", name="Remove").last.click()
    press(page, "Add a persona before the others")
    expect(page.locator(".arranged li")).to_contain_text("phone=138*")
    persona = Persona(phone="138*", echo=True, opt_out=("N",), answers=(PersonaAnswer(keyword="码", text="好"),))
    assert account.personas() == (persona,)
    account.add_persona(Persona(phone="137*"))
    expect(page.locator(".arranged li")).to_have_count(2)
    page.locator(".arranged li").last.get_by_role("button", name="Remove").click()
    expect(page.locator(".arranged li")).to_have_count(1)
    assert [one.phone for one in account.personas()] == ["137*"]


def test_threads_are_held_and_released(account: AccountControl, open_tab: Callable[..., Page]) -> None:
    page = open_tab()
    slots = page.locator("#holds-slots")
    slots.fill("0")
    press(page, "Hold threads")
    expect(error_of(slots)).to_contain_text("must be greater than or equal to 1")
    slots.fill("9")
    press(page, "Hold threads")
    expect(page.get_by_role("alert")).to_contain_text("cannot hold 9 slots; 3 of 3 are free")
    slots.fill("2")
    page.locator("#holds-operation").select_option("send")
    press(page, "Hold threads")
    expect(page.locator("#fact-in_progress")).to_have_text("2 / 3")
    assert [(one.slots, one.operation) for one in account.holds()] == [(2, "send")]
    page.get_by_role("button", name="Release").click()
    expect(page.locator("#fact-in_progress")).to_have_text("0 / 3")


def test_an_account_is_opened_by_form(running: Emulator, open_page: Open) -> None:
    page = open_page(console(running, "account"), errors_expected=True)
    expect(page.locator(".cards li")).to_have_count(1)
    page.get_by_role("button", name="Open an account").click()
    expect(member(page, "userid")).to_be_visible()
    unfold(page)
    member(page, "userid").fill("200001")
    press(page, "Open an account")
    expect(page.get_by_role("alert")).to_contain_text("account '200001' exists")
    member(page, "userid").fill("3" * 65)
    press(page, "Open an account")
    expect(error_of(member(page, "userid"))).to_contain_text("64")
    member(page, "userid").fill("")
    member(page, "credit").fill("5")
    bodies = sent_bodies(page, "POST")
    press(page, "Open an account")
    expect(page.get_by_role("heading", name=re.compile(r"Account \d+"))).to_be_visible()
    assert bodies == [{"credit": 5}]
    assert len(running.services.accounts.read()) == 2


def test_an_account_is_reset_and_deleted_only_after_a_confirmation_in_the_page(
    running: Emulator, ccell: Ccell, open_tab: Callable[..., Page]
) -> None:
    ccell.client.send(PHONE, CONTENT)
    page = open_tab()
    page.get_by_role("button", name="Reset the account").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Delete all messages, reports, faults and requests of 300001?")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_be_hidden()
    assert len(ccell.outbox) == 1
    page.get_by_role("button", name="Reset the account").click()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert len(ccell.outbox) == 1
    page.get_by_role("button", name="Reset the account").click()
    dialog.get_by_role("button", name="Reset the account").click()
    expect(page.locator("#fact-reports_queue")).to_contain_text("0 waiting")
    assert len(ccell.outbox) == 0
    page.get_by_role("button", name="Delete the account").click()
    dialog.get_by_role("button", name="Delete the account").click()
    expect(page.locator(".cards li")).to_have_count(1)
    assert ccell.userid not in running.services.accounts


def test_a_snapshot_is_downloaded_and_restored(open_page: Open, tmp_path: Path) -> None:
    with emulator() as running, fake.server(running) as server:
        control = server.control
        control.open(AccountSettings(userid="300001", balance=7))
        page = open_page(console(running, "account"), errors_expected=True)
        with page.expect_download() as download:
            page.get_by_role("button", name="Download").click()
        snapshot = tmp_path / download.value.suggested_filename
        download.value.save_as(snapshot)
        control.account("300001").close()
        expect(page.locator(".cards li")).to_have_count(1)
        (tmp_path / "damaged").write_bytes(b"damaged")
        page.get_by_label("Restore from a file").set_input_files(tmp_path / "damaged")
        page.get_by_role("dialog").get_by_role("button", name="Restore").click()
        expect(page.get_by_role("alert")).to_be_visible()
        page.get_by_label("Restore from a file").set_input_files(snapshot)
        page.get_by_role("dialog").get_by_role("button", name="Restore").click()
        expect(page.get_by_text("A snapshot was restored.")).to_be_visible()
        expect(page.locator(".cards li")).to_have_count(2)
        assert control.account("300001").status().settings.balance == 7


def test_the_forms_speak_chinese_and_keep_nobody_out_when_they_refuse(open_tab: Callable[..., Page]) -> None:
    page = open_tab("settings", width=360, locale="zh-CN", color_scheme="dark")
    expect(page.locator("summary", has_text="并发数和锁定")).to_be_visible()
    expect(page.locator("main")).to_contain_text("并发数限制：最多同时进行多少个请求")
    expect(page.locator("main")).to_contain_text("一个号码计费多少？")
    expect(member(page, "Q13")).to_contain_text("number – 无论多长都计 1")
    member(page, "max_concurrency").fill("x")
    press(page, "保存")
    expect(error_of(member(page, "max_concurrency"))).to_be_visible()
    results: Any = Axe().run(page)  # pyright: ignore[reportUnknownMemberType]
    assert results.violations_count == 0, results.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
