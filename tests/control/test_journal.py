"""The journal has every request before its answer is sent, without secrets, and reports dropped entries."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import http
from harness.accounts import Served
from harness.counting import count_calls
from harness.emulators import DOCUMENT_DAY, emulator
from hypothesis import given
from hypothesis import strategies as st

from ccell_fake.clock import ManualClock
from ccell_fake.control.client import ControlClient, JournalTruncated, NotInTime
from ccell_fake.faults import CloseFault
from ccell_fake.inspection import WaitKind
from ccell_fake.model import Door, Operation, Request, Submit
from ccell_fake.settings import AccountSettings
from ccell_fake.strategies import contents, phones
from ccell_fake.transcripts import Redaction
from ccell_fake.wire import requests
from ccell_fake.wire.secrets import HIDDEN, forms, hide, legible
from ccell_mock_server.emulator import Emulator


def test_an_entry_has_request_answer_and_reason(served: Served) -> None:
    served.account.freeze()
    answer = served.raw(Operation.SEND)
    (entry,) = served.account.journal()
    userid = served.account.userid
    assert (entry.operation, entry.peer, entry.place, entry.at) == (Operation.SEND, "127.0.0.1", "body", DOCUMENT_DAY)
    assert entry.request == f'<root userid="{userid}" password="{HIDDEN}"></root>'
    assert entry.answer == answer.body.decode()
    assert (entry.code, entry.rule, entry.basis) == ("1001001", "has-submits", answer.headers["x-ccell-basis"])
    assert entry.explanation == "1001001: the root has no submit; a send needs one or more"
    assert 0 < entry.duration < 60_000_000
    assert (entry.items, entry.delivery) == (0, "whole")


def test_an_entry_is_written_before_the_answer(served: Served) -> None:
    for number in range(50):
        served.ask(Operation.INFO)
        assert len([*served.account.journal()]) == number + 1


def test_an_entry_tells_query_from_body(served: Served) -> None:
    http.get(served.url, b"/sms3_api/xmlapi/info.jsp?" + served.payload())
    (entry,) = served.account.journal()
    assert (entry.place, entry.items) == ("query", 1)


def test_an_unanswered_request_has_an_entry(served: Served) -> None:
    served.account.add_fault(CloseFault(processed=True))
    with http.connect(served.url) as connection:
        body = served.payload()
        head = f"POST {Operation.INFO.path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)
        assert connection.recv(1) == b""
    (entry,) = served.account.journal()
    assert (entry.answer, entry.delivery, entry.code) == (None, "close", "0")


def test_requests_of_no_account_have_a_journal_of_their_own(control: ControlClient, served: Served) -> None:
    http.post(served.url, Operation.INFO.path, b'{"password": "s3cret"}')
    http.post(served.url, Operation.INFO.path, b"<root userid='1' password='s3cret'/>")
    assert [*served.account.journal()] == []
    first, second = control.journal()
    assert (first.place, first.request, second.rule) == ("", f'{{"password": "{HIDDEN}"}}', "account-known")
    assert "s3cret" not in first.request + second.request + first.explanation + second.explanation


def test_the_journal_is_filtered_and_paged(control: ControlClient, served: Served) -> None:
    for _ in range(3):
        served.ask(Operation.INFO)
        served.ask(Operation.SEND)
    account = served.account
    assert [one.operation for one in account.journal(operation=Operation.SEND)] == [Operation.SEND] * 3
    assert [one.operation for one in account.journal(code="0")] == [Operation.INFO] * 3
    positions = [one.position for one in account.journal()]
    assert positions == sorted(positions)
    assert account.position == positions[-1]
    path = f"/v1/accounts/{account.userid}/journal"
    page = control.send("GET", path, params={"limit": 2, "after_position": positions[0]}).json()
    assert ([one["position"] for one in page["items"]], page["next"]) == (positions[1:3], positions[2])
    page = control.send("GET", path, params={"after_position": positions[0], "cursor": page["next"]}).json()
    assert ([one["position"] for one in page["items"]], page["next"]) == (positions[3:], None)


def test_requests_of_all_accounts_are_searched_newest_first(control: ControlClient, served: Served) -> None:
    served.send("13811110000,19500001111", content="无签名")
    wrong = b"<root userid='%s' password='s3cret'><submit phone='13811110000' content='x'/></root>"
    http.post(served.url, Operation.SEND.path, wrong % served.account.userid.encode())
    http.post(
        served.url, Operation.SEND.path, b"<root userid='1' password='2'><submit phone='13811110000' content='&'/>"
    )
    http.post(served.url, "/sms3_api/send.jsp", b'{"phone": "13811110000"}')
    served.info()
    userid = served.account.userid
    found = [(one.userid, one.rule) for one in control.requests(text="*13811110000*")]
    assert found == [
        ("", "path"),
        ("", "readable"),
        (userid, "password"),
        (userid, "signature, number-recognised"),
    ]
    assert [one.code for one in control.requests(is_refused=True)] == ["404", "1001001", "1001004"]
    assert [one.operation for one in control.requests(is_refused=False)] == [Operation.INFO, Operation.SEND]
    assert [one.rule for one in control.requests(userid="")] == ["path", "readable"]
    assert [one.rule for one in control.requests(userid=userid, operation=Operation.INFO)] == ["info"]


def test_requests_are_found_by_the_codes_of_their_numbers(control: ControlClient, served: Served) -> None:
    served.send("13811110000,19500001111", content="无签名")
    for code in ("1004001", "1004003", "100400*", "0", "*"):
        assert [one.code for one in control.requests(code=code)] == ["0"], code
    assert [*control.requests(code="1004002")] == []
    assert [*control.requests(code="004001")] == []


def test_a_search_of_requests_is_paged(control: ControlClient, served: Served) -> None:
    for _ in range(5):
        served.info()
    positions = [one.position for one in control.requests()]
    page = control.send("GET", "/v1/requests", params={"limit": 2}).json()
    assert ([one["position"] for one in page["items"]], page["next"]) == (positions[:2], positions[1])
    page = control.send("GET", "/v1/requests", params={"limit": 3, "cursor": page["next"]}).json()
    assert ([one["position"] for one in page["items"]], page["next"]) == (positions[2:], None)
    assert positions == sorted(positions, reverse=True)


@pytest.fixture
def small() -> Iterator[Emulator]:
    """An emulator that keeps three entries of each account."""
    with emulator(ManualClock(DOCUMENT_DAY), {"journal_entries": 3}) as running:
        yield running


def test_a_query_for_dropped_entries_is_refused(small: Emulator) -> None:
    with ControlClient(small.url) as control:
        served = Served(small.url, control.open())
        for _ in range(3):
            served.ask(Operation.INFO)
        first, second, third = (one.position for one in served.account.journal())
        served.ask(Operation.INFO)
        with pytest.raises(
            JournalTruncated, match=f"has dropped its entries up to {first}; ask for later ones"
        ) as caught:
            next(served.account.journal())
        assert caught.value.problem.after_position == first
        assert [one.position for one in served.account.journal(first)][:2] == [second, third]
        with pytest.raises(JournalTruncated):
            served.account.wait("report", timeout=0, after_position=0)
        with pytest.raises(JournalTruncated), control.events(served.account.userid, after_position=0):
            pass
        served.send()
        assert served.account.wait(timeout=0).is_met


@pytest.mark.parametrize("kind", ["report", "upmsg"])
def test_a_wait_that_names_no_position_uses_the_entries_that_are_kept(small: Emulator, kind: WaitKind) -> None:
    with ControlClient(small.url) as control:
        served = Served(small.url, control.open())
        for _ in range(5):
            served.ask(Operation.INFO)
        with pytest.raises(NotInTime):
            served.account.wait(kind, timeout=0)
        served.ask(Operation(kind))
        assert served.account.wait(kind, timeout=0).requests[0].operation == kind


def test_the_limit_of_one_account_does_not_affect_another(small: Emulator) -> None:
    with ControlClient(small.url) as control:
        one, other = (Served(small.url, control.open()) for _ in range(2))
        other.ask(Operation.INFO)
        one.ask(Operation.INFO)
        with small.services.admin(one.account.userid).opened() as (account, ledger):
            (entry,) = ledger.inspect.latest_journal(account.key, 0, 1)
            for _ in range(1200):
                ledger.write(account.key, entry)
        assert len([*other.account.journal()]) == 1
        with pytest.raises(JournalTruncated) as caught:
            next(one.account.journal())
        assert caught.value.problem.after_position
        assert len([*one.account.journal(caught.value.problem.after_position)]) == 3


SECRET = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=8, max_size=20).map("Zq9{}".format)


@given(
    secret=SECRET,
    form=st.sampled_from(
        [
            '<root userid="1" password="{}"/>',
            "<root userid='1' password='{}'>",
            '<root password = "{}"',
            '<root password="{}',
            "<root password={}>",
            '<root PASSWORD="{}"/>',
            '<root passwd="{}"/>',
            '<root pwd="{}"/>',
            "userid=1&password={}",
            "userid=1&password={}&x=y",
            "xml=%3Croot%20password%3D%22{}%22%3E",
            "<root password=&quot;{}&quot;/>",
            '{{"userid": 1, "password": "{}"}}',
            "password: {}\n",
            '<root user_password="{}" x="y"/>',
            '<root password="a>{}" x="y"/>',
            '<root password="a b {}"/>',
            "<password>{}</password>",
            '<root pswd="{}"/>',
            'Content-Disposition: form-data; name="password"\r\n\r\n{}\r\n--x',
            "<root password=&#34;{}&#34;/>",
            "<root><password>\n  {}\n</password></root>",
            "<root><password><![CDATA[a<{}]]></password></root>",
            '<root><param name="password" value="{}"/></root>',
            '<root><param value="{}" name="password"/></root>',
            '{{"password": ["{}"]}}',
            '{{"value": "{}", "name": "password"}}',
            '[["userid", "password"], ["200001", "{}"]]',
            "%253Croot%2520password%253D%2522{}%2522",
            '--b\r\nContent-Disposition: form-data; name="password"\r\nContent-Type: text/plain\r\n\r\n{}\r\n--b--',
            "userid=200001&psw={}",
            '<root userid="200001" pasword="{}"></root>',
            '<root userid="200001" kennwort="{}"></root>',
            '<root userid="{}" password="200001">',
            '<root userid="200001 password="{}"/>',
            '<root userid="200001" password="ab"{}"/>',
            '<root userid="200001" password="ab<{}"/>',
            '<root userid="200001" password="ab">{}"/>',
            "<root password='2'/><submit content=\"a password='{}' linkid=\"5\"/>",
            "<!-- {} --><root userid='200001' password='2'/>",
            "密码={}",
            "200001,{},13800000000",
        ]
    ),
)
def test_a_password_is_hidden_in_every_spelling(secret: str, form: str) -> None:
    for encoding in ("utf-8", "utf-16", "gbk"):
        assert secret not in legible(form.format(secret).encode(encoding), {"200001"}).replace("\0", "")


@given(
    secret=SECRET,
    phone=phones(),
    content=contents(max_size=20),
    tail=st.sampled_from(["</root>", "", "</request>", "<password>{}</password></root>", "{}</root>"]),
)
def test_a_malformed_request_is_shown_without_its_password(secret: str, phone: str, content: str, tail: str) -> None:
    request = Request("200001", secret, (Submit(phone, content),))
    text = requests.render(request).decode().removesuffix("</root>")
    shown = legible((text + tail.format(secret)).encode(), {"200001"})
    assert shown.startswith(f'<root userid="200001" password="{HIDDEN}"><submit phone="{phone}"')
    assert secret not in shown


@pytest.mark.parametrize(
    "body",
    [
        '<root userid="s3cret-word" password="300001"/>',
        '<root userid="s3cret-word" password="unknown"/>',
        '<root userid="another-word s3cret-word" password="unknown"/>',
        '<root userid="300001" password="other"><submit phone="s3cret-word" content="s3cret-word"/></root>',
        '<root userid="300001" password="s3cret-word"><submit phone="s3cret-word" content="s3cret-word"/></root>',
        "s3cret-word=<root/>",
        "<s3cret-word/>",
        '<?xml version="1.0" encoding="s3cret-word"?><root/>',
    ],
)
def test_a_password_in_a_wrong_place_is_neither_kept_nor_logged(
    control: ControlClient, running: Emulator, tmp_path: Path, caplog: pytest.LogCaptureFixture, body: str
) -> None:
    caplog.set_level(logging.DEBUG)
    account = control.open(AccountSettings(userid="300001", password="s3cret-word"))
    http.post(running.url, Operation.SEND.path, body.encode())
    control.snapshot(tmp_path / "snapshot")
    entries = [*account.journal(), *control.journal()]
    assert len(entries) == 1
    assert "s3cret-word" not in f"{entries}{caplog.text}"
    # A snapshot also has the numbers and the content of a send, as it was submitted.
    assert (b"s3cret-word" in (tmp_path / "snapshot").read_bytes()) == ('password="s3cret-word"><submit' in body)


@given(st.text(min_size=6), st.text(), st.text())
def test_a_known_secret_is_hidden_in_any_text(secret: str, before: str, after: str) -> None:
    assert secret not in hide(before + secret + after, [secret]).replace(HIDDEN, "\n" if "\n" not in secret else "x")


def test_a_known_password_is_hidden_everywhere(control: ControlClient, running: Emulator) -> None:
    account = control.open(AccountSettings(userid="300001", password="s3cret-word"))
    http.post(running.url, Operation.INFO.path, b'<root userid="300001" password="s3cret-word" note="s3cret-word"/>')
    assert "s3cret-word" not in "".join(one.request for one in (*account.journal(), *control.journal()))


@pytest.mark.parametrize(
    "unit",
    [
        b"pass",
        b"pass ",
        b"password=",
        b'password="',
        b"password:%22",
        b"token>",
        b"&quot;pass",
        b"phone='",
        b"content=",
        b'<root password="x">',
        b'<?xml version="1.0"',
        b"%25",
    ],
)
def test_the_search_for_passwords_is_linear(unit: bytes) -> None:
    """Half a megabyte of beginnings of a password; a search that backtracked would take an hour."""
    data = unit * (500_000 // len(unit))
    assert legible(data)
    assert legible(data, readable=Door.XML)
    assert Redaction().data(data[:50_000])


@given(passwords=st.lists(SECRET, min_size=20, max_size=20, unique=True), chosen=st.integers(0, 19))
def test_the_passwords_of_many_accounts_are_hidden_in_any_form(passwords: list[str], chosen: int) -> None:
    for form in forms(passwords[chosen]):
        text = hide(f"a{form}b{form.upper()}", passwords)
        assert form not in text
        assert HIDDEN in text


def test_hiding_passwords_does_not_take_longer_with_many_accounts() -> None:
    def work(accounts: int) -> int:
        passwords = [f"secret-{one}" for one in range(accounts)]
        # The first call prepares the search.
        hide("secret-7", passwords)
        return count_calls(lambda: hide("a secret-7.", passwords))

    assert work(1000) == work(100)
