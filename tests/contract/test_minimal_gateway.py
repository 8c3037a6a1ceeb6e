"""The minimal gateway is a witness: it holds the document by itself, and owes the project nothing."""

import ast
import hashlib
import http.client
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import quote, quote_plus, urlsplit
from xml.etree import ElementTree as ET
from xml.sax.saxutils import quoteattr

import pytest
from contract.minimal import ACCOUNTS, CLAIMS, DIFFERS, Account, Handled, MinimalGateway
from contract.minimal.gateway import Gateway

from ccell_fixtures.registries import ASSUMPTIONS, CLAUSES, PUBLISHED
from ccell_fixtures.samples import SAMPLES, Sample

SOURCES = sorted(Path(__file__).with_name("minimal").glob("*.py"))
DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>'
CONTENT = "验证码为1234。【签名】"
PHONE = "13800000000"
UNKNOWN = "19500001111"
SENDS = [sample for sample in SAMPLES.values() if (sample.operation, sample.kind) == ("send", "request")]
QUERIES = [sample for sample in SAMPLES.values() if sample.operation != "send" and sample.kind == "request"]
EMPTY_REPLIES = [sample for sample in SAMPLES.values() if sample.name.endswith("-empty-reply")]


@pytest.fixture
def gateway() -> Iterator[MinimalGateway]:
    with MinimalGateway() as gateway:
        yield gateway


def exchange(url: str, request: bytes, content_type: str = "text/xml;charset=UTF-8") -> bytes:
    """Send the bytes of a request as they are; return the answer's body."""
    host = urlsplit(url)
    with socket.create_connection((host.hostname, host.port), timeout=60) as connection:
        connection.sendall(request)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        assert answer.status == 200
        assert answer.headers["Content-Type"] == content_type
        return answer.read()


def get(url: str, operation: str, query: bytes) -> bytes:
    return exchange(url, b"GET /sms3_api/xmlapi/%s.jsp?%s HTTP/1.1\r\nHost: x\r\n\r\n" % (operation.encode(), query))


def post(url: str, operation: str, body: bytes) -> bytes:
    head = f"POST /sms3_api/xmlapi/{operation}.jsp HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    return exchange(url, head.encode() + body)


def read(answer: bytes) -> ET.Element:
    assert answer.startswith(DECLARATION)
    return ET.fromstring(answer)  # noqa: S314 -- the witness's own answer


def element(tag: str, **attributes: str) -> str:
    return f"<{tag} {' '.join(f'{name}={quoteattr(value)}' for name, value in attributes.items())}"


def send(url: str, *submits: dict[str, str], userid: str = "200001", password: str = "123456") -> ET.Element:
    nodes = "".join(element("submit", **{"phone": PHONE, "content": CONTENT, **submit}) + "/>" for submit in submits)
    return read(post(url, "send", f"{element('root', userid=userid, password=password)}>{nodes}</root>".encode()))


def ask(url: str, operation: str, userid: str = "200001", password: str = "123456") -> ET.Element:
    return read(post(url, operation, f"{element('root', userid=userid, password=password)}/>".encode()))


def codes(answer: ET.Element) -> list[str]:
    return [resp.attrib["return"] for resp in answer.iter("resp")]


def test_it_imports_nothing_but_the_standard_library_and_itself() -> None:
    nodes = [node for source in SOURCES for node in ast.walk(ast.parse(source.read_text("utf-8")))]
    imported = {alias.name.partition(".")[0] for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    froms = [node for node in nodes if isinstance(node, ast.ImportFrom)]
    imported |= {str(node.module).partition(".")[0] for node in froms if node.level == 0}
    assert imported
    assert imported <= sys.stdlib_module_names
    assert {f"{node.module}.py" for node in froms if node.level} <= {source.name for source in SOURCES}
    assert not {"importlib", "runpy", "__import__"} & imported
    assert all(node.level <= 1 for node in froms)


def test_its_claims_and_differences_use_ids_and_answers_of_the_registry() -> None:
    assert CLAUSES.keys() | PUBLISHED.keys() >= CLAIMS
    assert DIFFERS
    for id_, answer in DIFFERS.items():
        assert ASSUMPTIONS[id_].accepts(answer)
        assert answer != ASSUMPTIONS[id_].default


@pytest.mark.parametrize("sample", [s for s in SENDS if s.is_address], ids=lambda s: s.name)
def test_the_documents_get_of_a_send_is_answered_blanks_and_all(gateway: MinimalGateway, sample: Sample) -> None:
    answer = read(get(gateway.url, "send", sample.printed.partition(b"?")[2]))
    assert [resp.attrib["phone"] for resp in answer] == ["13800000000", "13600001234", "13800000001", "13800300000"]
    assert set(codes(answer)) == ({"1004002"} if b"spcode" in sample.printed else {"0"})


@pytest.mark.parametrize("sample", [s for s in SENDS if not s.is_address], ids=lambda s: s.name)
def test_the_documents_post_of_a_send_is_answered(gateway: MinimalGateway, sample: Sample) -> None:
    answer = read(post(gateway.url, "send", sample.corrected))
    accepted = "1004002" if b"spcode" in sample.printed else "0"
    assert codes(answer) == [accepted, "1004001", accepted, accepted]
    assert answer[1].attrib["info"] == "手机号不可识别13600000xxx"


def test_the_misprint_of_the_document_is_no_xml(gateway: MinimalGateway) -> None:
    assert read(post(gateway.url, "send", SAMPLES["send-post"].printed)).attrib["return"] == "1001001"


@pytest.mark.parametrize("sample", QUERIES, ids=lambda s: s.name)
def test_the_documents_other_requests_are_answered(gateway: MinimalGateway, sample: Sample) -> None:
    asked = sample.printed.partition(b"?")[2] if sample.is_address else sample.printed
    answer = (get if sample.is_address else post)(gateway.url, sample.operation, asked)
    assert read(answer).attrib == {"return": "0", "info": "成功"}


@pytest.mark.parametrize("sample", EMPTY_REPLIES, ids=lambda s: s.name)
def test_an_empty_answer_is_the_documents_with_the_declaration_on_its_own_line(
    gateway: MinimalGateway, sample: Sample
) -> None:
    answer = post(gateway.url, sample.operation, SAMPLES["report-post"].printed)
    assert answer == sample.printed.replace(DECLARATION, DECLARATION + b"\n")


@pytest.mark.parametrize(
    ("code", "userid", "submit"),
    [
        ("1001001", "200001", {"content": ""}),
        ("1001001", "200001", {"content": "字" * 1001}),
        ("1001001", "200001", {"phone": ",".join([UNKNOWN] * 501)}),
        ("1001002", "200006", {"phone": ",".join([PHONE] * 5)}),
        ("1001003", "200004", {}),
        ("1001003", "999999", {}),
        ("1001005", "200005", {}),
        ("1001007", "200003", {}),
    ],
)
def test_a_request_is_refused_as_a_whole(
    gateway: MinimalGateway, code: str, userid: str, submit: dict[str, str]
) -> None:
    answer = send(gateway.url, {}, submit, userid=userid)
    assert answer.attrib["return"] == code
    assert len(answer) == 0
    assert gateway.journal == [Handled("send", userid, code)]


@pytest.mark.parametrize("password", ["", "12345", hashlib.md5(b"123456").hexdigest()])  # noqa: S324 -- what Q30 asks
def test_any_other_password_is_refused(gateway: MinimalGateway, password: str) -> None:
    assert ask(gateway.url, "info", password=password).attrib["return"] == ("1001004" if password else "1001001")


@pytest.mark.parametrize(
    ("code", "userid", "submit", "value"),
    [
        ("1004001", "200001", {"phone": UNKNOWN}, UNKNOWN),
        ("1004001", "200001", {"phone": f" {PHONE}"}, f" {PHONE}"),
        ("1004002", "200008", {}, ""),
        ("1004002", "200001", {"spcode": "168168"}, "168168"),
        ("1004003", "200001", {"content": "验证码为1234。"}, ""),
        ("1004003", "200001", {"content": "验证码【签名】为1234。"}, ""),
        ("1004004", "200007", {"content": "验证码为1234。"}, ""),
        ("1004005", "200007", {"content": "【别的】验证码为1234。"}, "别的"),
        ("1004006", "200009", {}, PHONE),
        ("1004007", "200010", {}, ""),
        ("1004008", "200011", {"phone": "13800000008"}, "13800000008"),
        ("1004009", "200012", {}, PHONE),
        ("1004010", "200011", {"content": "代开发票【签名】"}, "发票"),
        ("1004011", "200013", {}, ""),
        ("1004012", "200001", {"sendtime": "2016-02-30 08:30:30"}, "2016-02-30 08:30:30"),
        ("1004013", "200001", {"sendtime": "2099-01-01 08:30:30"}, "2099-01-01 08:30:30"),
        ("1004014", "200001", {"sendtime": "2015-01-01 08:30:30"}, "2015-01-01 08:30:30"),
        ("1004015", "200001", {"content": f"验证码【{'签' * 21}】"}, "签" * 21),
    ],
)
def test_a_number_is_refused_by_itself_and_the_info_names_what_was_refused(
    gateway: MinimalGateway, code: str, userid: str, submit: dict[str, str], value: str
) -> None:
    answer = send(gateway.url, submit, userid=userid)
    assert answer.attrib == {"return": "0", "info": "成功"}
    assert codes(answer) == [code]
    assert answer[0].attrib["info"].endswith(value)
    assert len(answer[0].attrib["msgid"]) == 19
    assert len(ask(gateway.url, "report", userid)) == 0


@pytest.mark.parametrize(
    ("userid", "submit"),
    [
        ("200001", {"content": "字" * 996 + "【签名】"}),
        ("200001", {"content": "😀" * 996 + "【签名】"}),
        ("200001", {"content": f"【{'签' * 20}】验证码"}),
        ("200001", {"phone": ",".join([PHONE] * 500)}),
        ("200002", {"spcode": "168168"}),
        ("200003", {"content": "会员日退订回T【签名】"}),
        ("200006", {"phone": ",".join([PHONE] * 5)}),
        ("200010", {"content": "您的订单12已发货。【签名】"}),
        ("200012", {"phone": "13900000000"}),
    ],
)
def test_requests_at_the_limits_are_accepted(gateway: MinimalGateway, userid: str, submit: dict[str, str]) -> None:
    assert set(codes(send(gateway.url, submit, userid=userid))) == {"0"}


def test_a_send_costs_one_per_accepted_number_and_credit_comes_after_the_balance(gateway: MinimalGateway) -> None:
    send(gateway.url, {"phone": f"{PHONE},{UNKNOWN},{PHONE}"}, {"phone": f"{PHONE},{PHONE}"}, userid="200006")
    account = ask(gateway.url, "info", "200006")
    assert [child.tag for child in account] == ["ID", "NAME", "STATUS", "RICHES", "CREDIT", "SIGNCODE"]
    assert [child.text for child in account] == ["someone@example.com", "200006", "0", "0", "1", "*"]


def test_resps_come_in_order_each_with_its_own_msgid_which_the_report_brings_back(gateway: MinimalGateway) -> None:
    phones = ["13800000001", "13899000000", "13800000002"]
    answer = send(gateway.url, {"phone": ",".join(phones[:2]), "linkid": "a&b"}, {"phone": phones[2]})
    assert [list(resp.attrib) for resp in answer] == [["linkid", "msgid", "phone", "return", "info"]] * 3
    sent = [(resp.attrib["msgid"], resp.attrib["linkid"], resp.attrib["phone"]) for resp in answer]
    assert [(linkid, phone) for _, linkid, phone in sent] == list(zip(["a&b", "a&b", ""], phones, strict=True))
    reports = ask(gateway.url, "report")
    assert [(r.attrib["msgid"], r.attrib["linkid"], r.attrib["phone"]) for r in reports] == sent
    assert len(dict.fromkeys(sent)) == 3
    outcomes = [(report.attrib["status"], report.attrib["info"]) for report in reports]
    assert outcomes == [("0", "成功"), ("-1", "ERRORRD"), ("0", "成功")]
    sample = ET.fromstring(SAMPLES["report-reply"].corrected)  # noqa: S314 -- the document's
    assert [list(report.attrib) for report in reports] == [list(sample[0].attrib)] * 3
    assert len(ask(gateway.url, "report")) == 0


def test_reports_and_upmsgs_are_handed_out_by_the_page(gateway: MinimalGateway) -> None:
    replying = ",".join(["13898000000"] * 301)
    for phones in (replying[: 12 * 150 - 1], replying[12 * 150 :]):
        send(gateway.url, {"phone": phones, "content": "回TD退订【签名】"})
    assert [len(ask(gateway.url, "report")) for _ in range(3)] == [300, 1, 0]
    assert [len(ask(gateway.url, "upmsg")) for _ in range(5)] == [100, 100, 100, 1, 0]
    assert [entry.handed_out for entry in gateway.journal] == [0, 0, 300, 1, 0, 100, 100, 100, 1, 0]
    assert sum(len(entry.accepted) for entry in gateway.journal) == 301


def test_a_reply_is_an_upstream_message_of_its_account(gateway: MinimalGateway) -> None:
    gateway.reply("200002", PHONE, "知道了", spcode="168168")
    assert len(ask(gateway.url, "upmsg")) == 0
    (upmsg,) = ask(gateway.url, "upmsg", "200002")
    motime = upmsg.attrib.pop("motime")
    assert f"{datetime.strptime(f'{motime}+0800', '%Y-%m-%d %H:%M:%S%z'):%Y-%m-%d %H:%M:%S}" == motime
    assert upmsg.attrib == {"spnumber": "0001168168", "phone": PHONE, "msgcontent": "知道了"}


def test_a_scheduled_message_is_delivered_at_its_sendtime(gateway: MinimalGateway) -> None:
    msgid = send(gateway.url, {})[0].attrib["msgid"]
    ask(gateway.url, "report")
    soon = datetime.strptime(f"{msgid[:12]}+0800", "%y%m%d%H%M%S%z") + timedelta(seconds=3)
    late, due = (f"{at:%Y-%m-%d %H:%M:%S}" for at in (soon + timedelta(days=49), soon))
    assert codes(send(gateway.url, {"sendtime": late}, {"sendtime": due})) == ["0", "0"]
    reports: list[ET.Element] = []
    while not reports:
        reports = list(ask(gateway.url, "report"))
    assert [report.attrib["recvtime"] for report in reports] == [f"{due}.0"]


def test_sendtime_may_be_now_or_50_days_ahead_and_nothing_beyond(gateway: MinimalGateway) -> None:
    answered: list[ET.Element] = []
    now = ""
    while not answered or answered[0].attrib["msgid"][:12] != now:
        now = send(gateway.url, {})[0].attrib["msgid"][:12]
        at = datetime.strptime(f"{now}+0800", "%y%m%d%H%M%S%z")
        far = at + timedelta(days=50)
        times = [at - timedelta(seconds=1), at, far, far + timedelta(seconds=1)]
        answered = list(send(gateway.url, *({"sendtime": f"{time:%Y-%m-%d %H:%M:%S}"} for time in times)))
    assert [resp.attrib["return"] for resp in answered] == ["1004014", "0", "0", "1004013"]


def test_its_times_are_chinas(gateway: MinimalGateway) -> None:
    connection = http.client.HTTPConnection(gateway.url.removeprefix("http://"), timeout=60)
    with closing(connection):
        connection.request("POST", "/sms3_api/xmlapi/send.jsp", SAMPLES["send-post"].corrected)
        answer = connection.getresponse()
        sent = datetime.strptime(f"{read(answer.read())[0].attrib['msgid'][:12]}+0800", "%y%m%d%H%M%S%z")
    assert abs(sent - parsedate_to_datetime(answer.headers["Date"])) < timedelta(minutes=1)


ALL_FAULTS = Account(
    "1",
    sending_rule=False,
    unreachable=("138",),
    blacklist=frozenset({PHONE, UNKNOWN}),
    whitelist=frozenset({"13900000000"}),
    templates=("您的订单*已发货。",),
    black_words=("验证码",),
    white_words=("会员",),
)


def test_a_number_is_judged_in_the_order_of_the_registry() -> None:
    faults = {"phone": UNKNOWN, "spcode": "1", "sendtime": "never", "content": "验证码"}
    repairs: list[tuple[str, Account, dict[str, str]]] = []
    account = ALL_FAULTS
    for code, of_account, of_submit in (
        ("1004001", {}, {"phone": PHONE}),
        ("1004008", {"blacklist": frozenset[str]()}, {}),
        ("1004009", {"whitelist": frozenset[str]()}, {}),
        ("1004002", {"sending_rule": True}, {}),
        ("1004002", {"spcode": True}, {}),
        ("1004006", {"unreachable": ()}, {}),
        ("1004012", {}, {"sendtime": ""}),
        ("1004003", {}, {"content": CONTENT}),
        ("1004007", {"templates": ()}, {}),
        ("1004010", {"black_words": ()}, {}),
        ("1004011", {"white_words": ()}, {}),
        ("0", {}, {}),
    ):
        repairs.append((code, account, dict(faults)))
        account = replace(account, **of_account)
        faults |= of_submit
    accounts = [replace(account, userid=str(number)) for number, (_, account, _) in enumerate(repairs)]
    with MinimalGateway(accounts) as gateway:
        answers = [send(gateway.url, submit, userid=str(number)) for number, (_, _, submit) in enumerate(repairs)]
    assert [codes(answer) for answer in answers] == [[code] for code, _, _ in repairs]


def test_a_request_is_judged_in_the_order_of_the_registry() -> None:
    elsewhere = Account("1", allowed_ips=("10.0.0.0/8",), frozen=True, closing_phrase="退订回T", balance=0)
    here = replace(elsewhere, userid="2", allowed_ips=())
    thawed = replace(here, userid="3", frozen=False, max_concurrency=0)
    free = replace(thawed, userid="4", max_concurrency=1)
    long = "字" * 1001
    with MinimalGateway([elsewhere, here, thawed, free]) as gateway:
        answers = [
            send(gateway.url, {"content": ""}, userid="1", password="654321"),
            send(gateway.url, {"content": ""}, userid="2", password="654321"),
            send(gateway.url, {"content": ""}, userid="2"),
            send(gateway.url, {"content": ""}, userid="3"),
            send(gateway.url, {"content": long}, userid="4"),
            send(gateway.url, {}, userid="4"),
            send(gateway.url, {"content": f"{CONTENT}退订回T"}, {"content": "退订回T【签名】"}, userid="4"),
        ]
    expected = ["1001005", "1001004", "1001003", "1001006", "1001001", "1001007", "1001002"]
    assert [answer.attrib["return"] for answer in answers] == expected


def test_only_a_phone_that_replies_answers_and_only_to_td(gateway: MinimalGateway) -> None:
    td = "回TD退订【签名】"
    send(gateway.url, {"phone": "13898000000"}, {"content": td}, {"phone": "13898000001", "content": td})
    assert [upmsg.attrib["phone"] for upmsg in ask(gateway.url, "upmsg")] == ["13898000001"]


def test_an_internal_error_is_answered_with_the_system_error(capsys: pytest.CaptureFixture[str]) -> None:
    gateway = Gateway([Account("200001", allowed_ips=("nowhere",))])
    answer = read(gateway.answer("info", SAMPLES["info-post"].printed, "127.0.0.1"))
    assert answer.attrib == {"return": "1001999", "info": "接口系统错"}
    assert "nowhere" in capsys.readouterr().err


@pytest.mark.parametrize("before", [b"", b" \r\n", b"\xef\xbb\xbf", b'<?xml version="1.0" encoding="utf-8"?>\n'])
def test_comments_and_blanks_before_the_root_are_ignored(gateway: MinimalGateway, before: bytes) -> None:
    body = before + b'<root userid="200001" password="123456"><submit phone="1+3%2C" content="x"/></root>'
    assert read(post(gateway.url, "/send", body))[0].attrib["phone"] == "1+3%2C"


@pytest.mark.parametrize("encode", [str, quote, quote_plus], ids=["raw", "browser", "java"])
@pytest.mark.parametrize("call", [get, post])
def test_a_payload_is_read_however_it_is_encoded(
    gateway: MinimalGateway, call: Callable[[str, str, bytes], bytes], encode: Callable[[str], str]
) -> None:
    text = f'<root userid="200001" password="123456"> <submit phone="{UNKNOWN}" content="{CONTENT}" /> </root>'
    assert codes(read(call(gateway.url, "send", encode(text).encode()))) == ["1004001"]


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"<root",
        b'<other userid="200001" password="123456"/>',
        b'<root userid="200001"/>',
        '<root userid="200001" password="密"/>'.encode("gbk"),
        b'<?xml version="1.0" encoding="GBK"?><root userid="200001" password="123456"/>',
    ],
)
def test_an_unreadable_request_is_refused(gateway: MinimalGateway, payload: bytes) -> None:
    assert post(gateway.url, "info", payload).endswith('<root return="1001001" info="参数不完整"></root>'.encode())


def test_a_request_over_the_limit_is_refused_and_nothing_of_it_submitted() -> None:
    slow = Account("200001", processing=600)
    with ThreadPoolExecutor(4) as pool, MinimalGateway([slow]) as gateway:
        sends = [pool.submit(send, gateway.url, {}) for _ in range(4)]
        refused = next(as_completed(sends)).result()
        assert (refused.attrib["return"], len(refused)) == ("1001006", 0)
    assert sorted(future.result().attrib["return"] for future in sends) == ["0", "0", "0", "1001006"]
    assert sum(len(entry.accepted) for entry in gateway.journal) == 3


def test_repeated_excess_locks_the_account_on_every_endpoint() -> None:
    slow = Account("200001", processing=600, max_concurrency=1, lock_after=2)
    with ThreadPoolExecutor(3) as pool, MinimalGateway([slow]) as gateway:
        infos = as_completed([pool.submit(ask, gateway.url, operation) for operation in ("info", "report", "upmsg")])
        assert [next(infos).result().attrib["return"] for _ in range(2)] == ["1001006", "1001006"]
        for operation in ("info", "report", "upmsg"):
            assert ask(gateway.url, operation).attrib["return"] == "1001003"
        assert send(gateway.url, {}).attrib["return"] == "1001003"


def test_it_runs_as_a_process_and_ends_on_sigterm() -> None:
    command = [sys.executable, "-m", "contract.minimal", "--port", "0"]
    folder = Path(__file__).parent.parent
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert [ask(url, "info", account.userid)[1].text for account in ACCOUNTS[:3]] == ["200001", "200002", "200003"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


# Signed requests and JSON-RPC, as far as the vendor published them

VECTOR_SEQID, VECTOR_SIGN = "160615134758000001", "d679463dd87931f880095f213e3ae96f"


def digest(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()  # noqa: S324 -- what the vendor published


def seqid(minutes: float = 0) -> str:
    at = datetime.now(timezone(timedelta(hours=8))) + timedelta(minutes=minutes)  # noqa: TID251 -- the witness's clock
    return f"{at:%y%m%d%H%M%S}000001"


def signed(of: str, secret: str = "123456", **more: str) -> dict[str, str]:
    return {"userid": "200001", "seqid": of, "sign": digest(of + digest(secret)), **more}


def ask_signed(url: str, **credential: str) -> str:
    return read(post(url, "info", f"{element('root', **credential)}/>".encode())).attrib["return"]


def call(url: str, text: str | bytes) -> bytes:
    body = text if isinstance(text, bytes) else text.encode()
    head = f"POST /sms3_api/jsonapi/jsonrpc2.jsp HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    return exchange(url, head.encode() + body, "application/json;charset=UTF-8")


def rpc(method: str, credential: str = '"userid":"200001","password":"123456"', submits: str = "") -> str:
    inner = f',"submit":[{submits}]' if submits else ""
    return f'{{"id":1,"method":"{method}","params":{{{credential}{inner}}}}}'


SUBMIT = f'{{"content":"{CONTENT}","phone":"{PHONE},{UNKNOWN}"}}'
MALFORMED = '{"error":{"code":1001001,"message":"参数不完整"}%s}'


def test_a_signed_request_is_accepted_with_a_seqid_of_about_now(gateway: MinimalGateway) -> None:
    assert ask_signed(gateway.url, **signed(seqid())) == "0"
    for minutes, code in ((-9, "0"), (9, "0"), (-11, "1001004"), (11, "1001004")):
        assert ask_signed(gateway.url, **signed(seqid(minutes))) == code, minutes


def test_the_vendors_vector_is_a_right_sign_of_a_seqid_that_is_too_old(gateway: MinimalGateway) -> None:
    vector = {"userid": "200001", "seqid": VECTOR_SEQID, "sign": VECTOR_SIGN}
    assert signed(VECTOR_SEQID) == vector
    assert ask_signed(gateway.url, **vector) == "1001004"
    assert ask_signed(gateway.url, **{**vector, "sign": VECTOR_SIGN.upper()}) == "1001999"


@pytest.mark.parametrize("wrong", ["", "16061513475800000", "1606151347580000010", "16061513475800000x"])
def test_a_sign_needs_a_seqid_of_18_digits(gateway: MinimalGateway, wrong: str) -> None:
    assert ask_signed(gateway.url, **signed(wrong)) == "1001001"


def test_password_and_sign_must_both_be_right(gateway: MinimalGateway) -> None:
    assert ask_signed(gateway.url, **signed(seqid(), "123456", password="123456")) == "0"
    assert ask_signed(gateway.url, **signed(seqid(), "123456", password="654321")) == "1001004"
    assert ask_signed(gateway.url, **signed(seqid(), "654321", password="123456")) == "1001999"


def test_a_call_is_answered_with_a_result_for_each_number(gateway: MinimalGateway) -> None:
    answer = json.loads(call(gateway.url, rpc("send", submits=SUBMIT)))
    assert list(answer) == ["result", "id"]
    assert answer["id"] == 1
    assert [list(item) for item in answer["result"]] == [["phone", "msgid", "return", "info"]] * 2
    assert [(item["phone"], item["return"]) for item in answer["result"]] == [(PHONE, "0"), (UNKNOWN, "1004001")]
    report = json.loads(call(gateway.url, rpc("report")))["result"]
    assert [list(item) for item in report] == [["msgid", "phone", "recvtime", "status", "info"]]
    assert call(gateway.url, rpc("report")) == b'{"result":[],"id":1}'
    gateway.reply("200001", PHONE, "知道了")
    (upmsg,) = json.loads(call(gateway.url, rpc("upmsg")))["result"]
    assert (upmsg["phone"], upmsg["msgcontent"]) == (PHONE, "知道了")


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("{", ""),
        ("[1]", ""),
        (rpc("send").replace('"', "'"), ""),
        (rpc("info"), ',"id":1'),
        (rpc("send"), ',"id":1'),
        (rpc("send", submits="1"), ',"id":1'),
        (rpc("report", '"userid":"200001"').replace('"id":1,', ""), ""),
        (rpc("report", '"userid":"200001"').replace('"id":1', '"id":"a-1"'), ',"id":"a-1"'),
    ],
)
def test_a_malformed_call_has_an_error_and_the_id_if_it_could_be_read(
    gateway: MinimalGateway, text: str, after: str
) -> None:
    assert call(gateway.url, text).decode() == MALFORMED % after


def test_a_call_may_be_signed_in_gbk_or_in_a_query_and_its_content_is_decoded_once_more(
    gateway: MinimalGateway,
) -> None:
    of = seqid()
    credential = f'"userid":"200001","seqid":"{of}","sign":"{digest(of + digest("123456"))}"'
    # Without the decoding the content would have no signature.
    encoded = f'{{"content":"{quote(CONTENT)}","phone":"{PHONE}"}}'
    text = rpc("send", credential, encoded)
    assert json.loads(call(gateway.url, text))["result"][0]["return"] == "0"
    in_gbk = rpc("send", credential, SUBMIT).encode("gbk")
    assert json.loads(call(gateway.url, in_gbk))["result"][0]["return"] == "0"
    query = quote(text).encode()
    got = exchange(
        gateway.url,
        b"GET /sms3_api/jsonapi/jsonrpc2.jsp?%s HTTP/1.1\r\nHost: x\r\n\r\n" % query,
        "application/json;charset=UTF-8",
    )
    assert json.loads(got)["result"][0]["return"] == "0"
