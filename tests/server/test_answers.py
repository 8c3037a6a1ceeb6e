"""Each answer to an open question has the effect that the registry describes."""

import codecs
import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest.mock import Mock
from urllib.parse import quote, quote_plus
from wsgiref.handlers import SimpleHandler
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest
from harness import http
from harness.emulators import CONTENT, DOCUMENT_DAY, PHONE, Bench, codes, emulator, items

from ccell_fake import signing
from ccell_fake.engine.assumptions import AnswerError, Answers, check
from ccell_fake.engine.policy import Policy
from ccell_fake.model import JSON_PATH, Door, Envelope, Operation, Request, Submit, Upmsg
from ccell_fake.settings import AccountSettings, OutcomeRule
from ccell_fixtures.registries import ASSUMPTIONS

Answer = str | tuple[str, ...]

ROOT = '<root userid="200001" password="123456">'
UNRECOGNISED = "19500001111"
PATHS = (
    "//sms3_api/xmlapi/info.jsp",
    "/sms3_api//xmlapi/info.jsp",
    "/sms3_api/./xmlapi/info.jsp",
    "/sms3_api/xmlapi/info.jsp;jsessionid=1",
)


def _served(id_: str, answer: Answer, body: bytes, *, query: bytes = b"", path: str = Operation.SEND.path) -> str:
    """Return the answer of a server that uses the answer to the question."""
    given = list(answer) if isinstance(answer, tuple) else answer
    account = {"userid": "200001", "password": "123456"}
    with emulator(accounts=[account], assumptions={id_: given}) as served:
        if query:
            return http.get(served.url, path.encode() + b"?" + query).body.decode()
        return http.post(served.url, path, body).body.decode()


def _bench(id_: str, answer: Answer, assumptions: dict[str, Answer] | None = None, **settings: Any) -> Bench:
    return Bench(assumptions={id_: answer, **(assumptions or {})}, **settings)


def _code(text: str) -> str:
    return text.partition('return="')[2].partition('"')[0]


def _q1(answer: Answer) -> object:
    return _code(_served("Q1", answer, b'<root userid="1" password="2"/>'))


def _q2(answer: Answer) -> object:
    return tuple(_code(_served("Q2", answer, body)) for body in (b"", b"<root>", b"<x/>", f"{ROOT}</root>".encode()))


def _q3(answer: Answer) -> object:
    bench = _bench("Q3", answer)
    return codes(bench.submit(Submit(PHONE, CONTENT), Submit(PHONE, ""))), len(bench.reports())


def _q4(answer: Answer) -> object:
    return codes(_bench("Q4", answer).send(",".join([PHONE] * 501)))[:2]


def _q5(answer: Answer) -> object:
    return codes(_bench("Q5", answer).send(content="一" * 1000 + "【签名】"))


def _q6(answer: Answer) -> object:
    return codes(_bench("Q6", answer, status="frozen").ask(Operation.INFO, password="wrong"))


def _q7(answer: Answer) -> object:
    return codes(_bench("Q7", answer).send(UNRECOGNISED, "no signature"))


def _q8(answer: Answer) -> object:
    return codes(_bench("Q8", answer).send(f"{UNRECOGNISED},19800000000,12800000000"))


def _q9(answer: Answer) -> object:
    return codes(_bench("Q9", answer).send(f" {PHONE},,{PHONE},\u00a0{PHONE}\u3000"))


def _q10(answer: Answer) -> object:
    bench = _bench("Q10", answer)
    return codes(bench.send(f"{PHONE},{PHONE}")), bench.info().riches


def _q11(answer: Answer) -> object:
    bench = _bench("Q11", answer)
    bench.send(UNRECOGNISED)
    return [(report.status, report.info) for report in bench.reports()], bench.info().riches


def _q12(answer: Answer) -> object:
    bench = _bench("Q12", answer, blacklist=("138*",))
    return [items(bench.send())[0].info, bench.send(content="").reply.info]


def _q13(answer: Answer) -> object:
    bench = _bench("Q13", answer)
    bench.send(content="一" * 67 + "【签名】")
    return bench.info().riches


def _q14(answer: Answer) -> object:
    bench = _bench("Q14", answer, balance=1)
    return codes(bench.send("13800000000,13800000001")), bench.info().riches


def _q15(answer: Answer) -> object:
    return codes(_bench("Q15", answer).send(spcode="1"))


def _q16(_answer: Answer) -> object:
    bench = Bench()
    bench.send()
    return bench.reports()[0].recvtime.tzinfo.key


def _q17(answer: Answer) -> object:
    bounds = (DOCUMENT_DAY, DOCUMENT_DAY + timedelta(days=50))
    return [codes(_bench("Q17", answer).send(sendtime=f"{bound:%Y-%m-%d %H:%M:%S}"))[1] for bound in bounds]


def _q18(answer: Answer) -> object:
    bench = _bench("Q18", answer)
    bench.send()
    bench.receive(Upmsg("1", PHONE, DOCUMENT_DAY, "hi"))
    counts: list[tuple[int, int]] = []
    for _ in range(3):
        counts.append((len(bench.reports()), len(items(bench.ask(Operation.UPMSG)))))
        bench.clock.advance(timedelta(seconds=30))
    return counts


def _q19(answer: Answer) -> object:
    bench = _bench("Q19", answer)
    bench.receive(Upmsg("1", PHONE, DOCUMENT_DAY, "hi"))
    return items(bench.ask(Operation.UPMSG))[0].phone


def _q20(answer: Answer) -> object:
    info = _bench("Q20", answer, name="login").info()
    return info.id, info.name


def _q21(answer: Answer) -> object:
    inner: list[list[str]] = []
    left = [Operation.UPMSG]

    def pause(_seconds: float) -> None:
        if left:
            inner.append(codes(bench.ask(left.pop())))

    bench = Bench(pause, max_concurrency=1, processing_time=1.0, assumptions={"Q21": answer})
    bench.ask(Operation.REPORT)
    return inner[0]


def _q22(answer: Answer) -> object:
    excess: list[str] = []

    def pause(_seconds: float) -> None:
        excess.append(codes(bench.ask(Operation.INFO))[0])

    bench = Bench(pause, max_concurrency=1, processing_time=1.0, assumptions={"Q22": answer})
    for _ in range(12):
        bench.ask(Operation.INFO)
        bench.clock.advance(timedelta(seconds=4))
    return excess.count("1001006")


def _q23(answer: Answer) -> object:
    bench = _bench("Q23", answer, status="frozen")
    return [codes(bench.ask(operation))[0] for operation in (Operation.SEND, Operation.REPORT, Operation.INFO)], [
        info.status for info in items(bench.ask(Operation.INFO))
    ]


def _q24(answer: Answer) -> object:
    return items(_bench("Q24", answer).send())[0].linkid


def _q25(answer: Answer) -> object:
    query = f'{ROOT}<submit phone="1+3" content="x"/></root>'.replace(" ", "%20").encode()
    return 'phone="1+3"' in _served("Q25", answer, b"", query=query)


def _q26(answer: Answer) -> object:
    with emulator(assumptions={"Q26": answer}) as served:
        return str(http.post(served.url, Operation.INFO.path, b"nonsense").status)


def _q27(answer: Answer) -> object:
    return codes(_bench("Q27", answer).send(content="您【签名】好"))


def _q28(answer: Answer) -> object:
    fixed = _bench("Q28", answer, signcode=("签名",))
    return [
        codes(bench.send(content=content))[1]
        for bench, content in ((_bench("Q28", answer), "x"), (fixed, "x"), (fixed, "x【别的】"))
    ]


def _q29(answer: Answer) -> object:
    return codes(_bench("Q29", answer, closing_phrase="T").submit(Submit(PHONE, "T【签名】"), Submit(PHONE, CONTENT)))


def _q30(answer: Answer) -> object:
    return codes(_bench("Q30", answer).ask(Operation.REPORT, password="e10adc3949ba59abbe56e057f20f883e"))


def _q31(answer: Answer) -> object:
    return _served("Q31", answer, f"{ROOT}</root>".encode(), path=Operation.INFO.path).count("\n")


def _q32(answer: Answer) -> object:
    text = _served("Q32", answer, f'{ROOT}<submit phone="1" content="x" linkid="7"/></root>'.encode())
    return text.index("linkid") < text.index("msgid")


def _q33(answer: Answer) -> object:
    bench = _bench("Q33", answer, outcomes=(OutcomeRule(stat="UNDELIV"),))
    bench.send()
    return bench.info().riches


def _q34(answer: Answer) -> object:
    bench = _bench("Q34", answer)
    bench.send(sendtime="2016-01-01 08:30:30")
    return bench.info().riches


def _q35(answer: Answer) -> object:
    return codes(_bench("Q35", answer).send(content="一" * 995 + "😀【签名】"))


def _q36(answer: Answer) -> object:
    body = f'<?xml version="1.0" encoding="GBK"?>{ROOT}<submit phone="1" content="您好"/></root>'
    return [_code(_served("Q36", answer, body.encode(encoding))) for encoding in ("gbk", "utf-8")]


def _q37(answer: Answer) -> object:
    bench = _bench("Q37", answer)
    return [codes(bench.send(linkid="1" * characters)) for characters in (1000, 1001, 20_001)], bench.info().riches


def _q38(answer: Answer) -> object:
    bench = _bench("Q38", answer, spcode=True)
    return [codes(bench.send(spcode="1" * characters)) for characters in (100, 101, 20_001)], bench.info().riches


def _q39(answer: Answer) -> object:
    bodies = (f'<root userid="{"1" * characters}" password="2"/>'.encode() for characters in (100, 101))
    return [_code(_served("Q39", answer, body)) for body in bodies]


_STORED = "e10adc3949ba59abbe56e057f20f883e"
_JSON_ROOT = '"params":{"userid":"200001","password":"123456"'


def _signed(bench: Bench, seqid: str, sign: str, password: str | None = None) -> list[str]:
    return codes(bench.call(Operation.INFO, Request("200001", password, (), seqid, sign)))


def _q40(answer: Answer) -> object:
    bench, seqid = _bench("Q40", answer), "160615134758000001"
    return [_signed(bench, seqid, signing.sign(seqid, "123456")) for _ in range(2)]


def _q41(answer: Answer) -> object:
    bench = _bench("Q41", answer)
    found: list[str] = []
    for seconds in (0, 300, -300, 301, -301):
        seqid = signing.make_seqid(DOCUMENT_DAY + timedelta(seconds=seconds), 1)
        found += _signed(bench, seqid, signing.sign(seqid, "123456"))
    return found + _signed(bench, "9" * 18, signing.sign("9" * 18, "123456"))


def _q42(answer: Answer) -> object:
    return _signed(_bench("Q42", answer), "1" * 18, "0" * 32)


def _q43(answer: Answer) -> object:
    bench, right = _bench("Q43", answer, assumptions={"Q40": "accept"}), signing.sign("1" * 18, "123456")
    pairs = ((right, "123456"), (right, "wrong"), ("0" * 32, "123456"))
    return [_signed(bench, "1" * 18, sign, password) for sign, password in pairs]


def _q44(answer: Answer) -> object:
    bench = _bench("Q44", answer, password=_STORED)
    return [
        _signed(bench, "1" * 18, signing.sign("1" * 18, _STORED)),
        _signed(bench, "2" * 18, signing.md5("2" * 18 + _STORED)),
    ]


def _jsoned(id_: str, answer: Answer, text: str, encoding: str = "utf-8") -> Any:
    return json.loads(_served(id_, answer, text.encode(encoding), path=JSON_PATH))


def _q45(answer: Answer) -> object:
    text = f'{{"method":"info","x":"中",{_JSON_ROOT}}}}}'
    return "result" in _jsoned("Q45", answer, text, "gbk")


def _q46(answer: Answer) -> object:
    submit = {"phone": PHONE, "content": quote("您好【签名】")}
    text = f'{{"method":"send",{_JSON_ROOT},"submit":[{json.dumps(submit)}]}}}}'
    return _jsoned("Q46", answer, text)["result"][0]["return"]


def _q47(answer: Answer) -> object:
    text = f'{{"method":"info",{_JSON_ROOT}}}}}'.replace('"', "'")
    return "result" in _jsoned("Q47", answer, text)


def _q48(answer: Answer) -> object:
    return "result" in _jsoned("Q48", answer, f'{{"method":"info",{_JSON_ROOT}}}}}')


def _q49(answer: Answer) -> object:
    bench = _bench("Q49", answer)
    bench.send(linkid="ref")
    bench.clock.advance(timedelta(hours=1))
    answered = bench.call(Operation.REPORT, Request("200001", "123456"), Envelope(Door.JSON))
    (report,) = json.loads(answered.delivery.body)["result"]
    return list(report)


def _q50(answer: Answer) -> object:
    bench = Bench(assumptions={"Q50": answer, "Q11": "report"}, blacklist=("139*",))
    refused, partly = bench.send(f"13900000000,{UNRECOGNISED}"), bench.send(f"{UNRECOGNISED},{PHONE}")
    reports = [report.status for report in bench.reports()]
    return codes(refused), refused.reply.info, codes(partly), reports, bench.info().riches


def _q51(answer: Answer) -> object:
    bench = _bench("Q51", answer)
    return [codes(bench.send(content=f"您好【{'签' * characters}】"))[1] for characters in (18, 19, 20, 21)]


def _q52(answer: Answer) -> object:
    bench, fixed = _bench("Q52", answer), _bench("Q52", answer, signcode=("签名",))
    sent = [
        (bench, "[签名]您好"),
        (bench, "您好[签名]"),
        (bench, "您[签名]好"),
        (fixed, "您好[签名]"),
        (fixed, "[别的]您好"),
    ]
    return [codes(of.send(content=content))[1] for of, content in sent]


def _q53(answer: Answer) -> object:
    bench = _bench("Q53", answer, balance=1, credit=3)
    seen = [(bench.info().riches, bench.info().credit)]
    for _ in range(3):
        bench.send()
        seen.append((bench.info().riches, bench.info().credit))
    return seen


def _q54(answer: Answer) -> object:
    raw = f'{ROOT}<submit phone="%31+2" content="x"/></root>'
    answered = _served("Q54", answer, raw.encode())
    read = [phone for phone in ("%31+2", "1 2") if f'phone="{phone}"' in answered]
    return _code(_served("Q54", answer, quote_plus(raw).encode())), read


def _q55(answer: Answer) -> object:
    query = quote(f'{ROOT}<submit phone="LONE" content="x"/></root>').replace("LONE", "%zz").encode()
    answered = _served("Q55", answer, b"", query=query)
    return _code(answered), 'phone="%zz"' in answered


def _q56(answer: Answer) -> object:
    return _code(_served("Q56", answer, b"\xef\xbb\xbf" + f"{ROOT}</root>".encode(), path=Operation.INFO.path))


def _q57(answer: Answer) -> object:
    with emulator(assumptions={"Q57": answer}) as served:
        return [http.post(served.url, path, b"").status for path in (*PATHS, "/sms3_api/xmlapi//info.jsp")]


def _q58(answer: Answer) -> object:
    with emulator(assumptions={"Q58": answer}) as served:
        targets = (b"%s?%s" % (Operation.INFO.path.encode(), b"x" * size) for size in (8192, 8193, 9001))
        return [http.get(served.url, target).status for target in targets]


def _q59(answer: Answer) -> object:
    body = f'{ROOT}<submit phone="{",".join(["1"] * 200)}" content="x"/></root>'.encode()
    with emulator(accounts=[{"userid": "200001", "password": "123456"}], assumptions={"Q59": answer}) as served:
        return sorted(
            {"content-length", "transfer-encoding"} & http.post(served.url, Operation.SEND.path, body).headers.keys()
        )


REFUSED = ["1001001"]
EFFECTS: dict[str, tuple[Callable[[Answer], object], dict[Answer, object]]] = {
    "Q1": (_q1, {"1001004": "1001004", "1001003": "1001003", "1001001": "1001001"}),
    "Q2": (_q2, {code: (code,) * 4 for code in ("1001001", "1001999", "1001004")}),
    "Q3": (_q3, {"request": (REFUSED, 0), "number": (["0", "0", "1001001"], 1)}),
    "Q4": (_q4, {"refuse": REFUSED, "accept": ["0", "0"]}),
    "Q5": (_q5, {"refuse": REFUSED, "accept": ["0", "0"]}),
    "Q6": (_q6, {ASSUMPTIONS["Q6"].default: ["1001004"], tuple(reversed(ASSUMPTIONS["Q6"].default)): ["1001003"]}),
    "Q7": (
        _q7,
        {ASSUMPTIONS["Q7"].default: ["0", "1004001"], tuple(reversed(ASSUMPTIONS["Q7"].default)): ["0", "1004003"]},
    ),
    "Q8": (_q8, {"then": ["0", *["1004001"] * 3], "today": ["0", "1004001", "0", "1004001"]}),
    "Q9": (
        _q9,
        {
            "trim": ["0", "0", "0", "1004001"],
            "unicode": ["0", "0", "0", "0"],
            "refuse": ["0", "1004001", "1004001", "0", "1004001"],
        },
    ),
    "Q10": (
        _q10,
        {
            "twice": (["0", "0", "0"], "99998"),
            "drop": (["0", "0"], "99999"),
            "refuse": (["0", "0", "1004001"], "99999"),
        },
    ),
    "Q11": (_q11, {"no": ([], "100000"), "report": ([("1004001", f"手机号不可识别{UNRECOGNISED}")], "100000")}),
    "Q12": (
        _q12,
        {
            "plain": ["不能发黑名单号码", "参数不完整"],
            # The text of a refused request never names a value.
            "value": [f"不能发黑名单号码{PHONE}", "参数不完整"],
        },
    ),
    "Q13": (_q13, {"segments": "99998", "number": "99999"}),
    "Q14": (_q14, {"request": (["1001002"], "1"), "number": (["0", "0", "1001002"], "0")}),
    "Q15": (_q15, {"1004002": ["0", "1004002"], "1004006": ["0", "1004006"], "1001001": REFUSED}),
    "Q16": (_q16, {"Asia/Shanghai": "Asia/Shanghai"}),
    "Q17": (_q17, {"accept": ["0", "0"], "refuse": ["1004014", "1004013"]}),
    "Q18": (_q18, {"gone": [(1, 1), (0, 0), (0, 0)], "again": [(1, 1), (0, 0), (1, 1)]}),
    "Q19": (_q19, {"no": PHONE, "yes": f" {PHONE}"}),
    "Q20": (_q20, {"described": ("200001", "login"), "sampled": ("login", "200001")}),
    "Q21": (_q21, {"account": ["1001006"], "endpoint": ["0"]}),
    "Q22": (_q22, {"10/60": 10, "never": 12, "2/5": 2}),
    "Q23": (
        _q23,
        {"refuse": (["1001003"] * 3, []), "info": (["1001003", "1001003", "0"], ["1"])},
    ),
    "Q24": (_q24, {"absent": None, "empty": ""}),
    "Q25": (_q25, {"blank": False, "plus": True}),
    "Q26": (_q26, {"200": "200"}),
    "Q27": (_q27, {"ends": ["0", "1004003"], "anywhere": ["0", "0"]}),
    "Q28": (_q28, {"fixed": ["1004003", "1004004", "1004005"]}),
    "Q29": (_q29, {"request": ["1001007"], "number": ["0", "0", "1001007"]}),
    "Q30": (_q30, {"yes": ["0"], "no": ["1001004"]}),
    "Q31": (_q31, {"line": 0, "declaration": 1}),
    "Q32": (_q32, {"described": False, "sampled": True}),
    "Q33": (_q33, {"kept": "99999", "refunded": "100000"}),
    "Q34": (_q34, {"at_once": "99999", "when_sent": "100000"}),
    "Q35": (_q35, {"utf16": REFUSED, "codepoint": ["0", "0"]}),
    "Q36": (
        _q36,
        {
            "ignore": ["1001001", "0"],
            "declared": ["0", "0"],
            "refuse": ["1001001", "1001001"],
        },
    ),
    "Q37": (
        _q37,
        {
            "refuse": ([["0", "0"], REFUSED, REFUSED], "99999"),
            "accept": ([["0", "0"], ["0", "0"], REFUSED], "99998"),
        },
    ),
    "Q38": (
        _q38,
        {
            "refuse": ([["0", "0"], REFUSED, REFUSED], "99999"),
            "accept": ([["0", "0"], ["0", "0"], REFUSED], "99998"),
        },
    ),
    "Q39": (_q39, {"refuse": ["1001004", "1001001"], "accept": ["1001004", "1001004"]}),
    "Q40": (_q40, {"refuse": [["0"], ["1001004"]], "accept": [["0"], ["0"]]}),
    "Q41": (_q41, {"any": ["0"] * 6, "5": ["0"] * 3 + ["1001004"] * 3}),
    "Q42": (_q42, {code: [code] for code in ("1001004", "1001001", "1001999")}),
    "Q43": (
        _q43,
        {
            "sign": [["0"], ["0"], ["1001004"]],
            "password": [["0"], ["1001004"], ["0"]],
            "both": [["0"], ["1001004"], ["1001004"]],
        },
    ),
    "Q44": (_q44, {"md5": [["0"], ["1001004"]], "stored": [["1001004"], ["0"]]}),
    "Q45": (_q45, {"refuse": False, "gbk": True}),
    "Q46": (_q46, {"kept": "1004003", "decoded": "0"}),
    "Q47": (_q47, {"accept": True, "refuse": False}),
    "Q48": (_q48, {"yes": True, "no": False}),
    "Q49": (
        _q49,
        {
            "all": ["msgid", "linkid", "phone", "recvtime", "status", "info"],
            "without_linkid": ["msgid", "phone", "recvtime", "status", "info"],
        },
    ),
    "Q50": (
        _q50,
        {
            "success": (
                ["0", "1004008", "1004001"],
                "成功",
                ["0", "1004001", "0"],
                ["1004008", "1004001", "1004001", "0"],
                "99999",
            ),
            "first": (["1004008"], "不能发黑名单号码", ["0", "1004001", "0"], ["1004001", "0"], "99999"),
        },
    ),
    "Q51": (_q51, {"without": ["0", "0", "0", "1004015"], "with": ["0", "1004015", "1004015", "1004015"]}),
    "Q52": (
        _q52,
        {
            "no": ["1004003", "1004003", "1004003", "1004004", "1004004"],
            "yes": ["0", "0", "1004003", "0", "1004005"],
        },
    ),
    "Q53": (
        _q53,
        {
            "zero": [("1", "3"), ("0", "3"), ("0", "2"), ("0", "1")],
            "negative": [("1", "3"), ("0", "3"), ("-1", "3"), ("-2", "3")],
        },
    ),
    "Q54": (
        _q54,
        {"marked": ("0", ["%31+2"]), "never": ("1001001", ["%31+2"]), "always": ("0", ["1 2"])},
    ),
    "Q55": (_q55, {"refuse": ("1001001", False), "keep": ("0", True)}),
    "Q56": (_q56, {"drop": "0", "refuse": "1001001"}),
    "Q57": (_q57, {"reach": [200] * 5, "not_found": [404, 404, 404, 404, 200]}),
    "Q58": (_q58, {"8192": [200, 400, 400], "any": [200, 200, 200], "9000": [200, 200, 400]}),
    "Q59": (_q59, {"chunked": ["transfer-encoding"], "length": ["content-length"]}),
}


def test_every_answer_to_every_question_is_tested() -> None:
    assert list(EFFECTS) == list(ASSUMPTIONS)
    for id_, question in ASSUMPTIONS.items():
        assert set(question.answers) <= set(EFFECTS[id_][1])
        assert question.default in EFFECTS[id_][1]
        assert all(question.accepts(answer) for answer in EFFECTS[id_][1])


@pytest.mark.parametrize(
    ("id_", "answer"), [(key, answer) for key, (_, effects) in EFFECTS.items() for answer in effects]
)
def test_an_answer_has_the_described_effect(id_: str, answer: Answer) -> None:
    observe, effects = EFFECTS[id_]
    assert observe(answer) == effects[answer]


@pytest.mark.parametrize("id_", EFFECTS)
def test_two_answers_never_have_the_same_effect(id_: str) -> None:
    effects = list(EFFECTS[id_][1].values())
    assert all(one != other for index, one in enumerate(effects) for other in effects[:index])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"Q99": "x"}, "unknown question 'Q99'; known questions: Q1, Q2"),
        ({"Q13": "x"}, "allowed: segments, number"),
        ({"Q22": "often"}, "allowed: 10/60, never, or N/S"),
        ({"Q6": ("parse",)}, "allowed: a permutation of parse, account"),
        ({"Q6": "parse"}, "allowed: a permutation of"),
        ({"Q13": ("segments",)}, "is not an answer to Q13"),
        ({"Q25": "plus"}, "Q25 cannot be answered for an account; answer it for the whole server"),
    ],
)
def test_an_unknown_answer_is_refused_with_the_known_ones(given: dict[str, Answer], said: str) -> None:
    with pytest.raises(AnswerError) as caught:
        check(given, "account")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("server", "account", "settings", "locks_at"),
    [
        ("never", None, {}, 0),
        ("never", None, {"lock_after": 2}, 2),
        ("3/60", None, {}, 3),
        ("3/60", None, {"lock_after": 0}, 0),
        ("3/60", "4/60", {"lock_after": 2}, 4),
    ],
)
def test_the_lock_of_an_account_overrides_the_answer_of_the_server(
    server: str, account: str | None, settings: dict[str, Any], locks_at: int
) -> None:
    own = {"Q22": account} if account else {}
    policy = Policy(AccountSettings(assumptions=own, **settings), Answers({"Q22": server}, own))
    assert policy.lock[0] == locks_at


def test_declared_utf_16_is_decoded() -> None:
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        text = '<?xml version="1.0" encoding="UTF-16"?><root userid="200001" password="123456"/>\n'
        body = mark + text.encode(encoding)
        assert _code(_served("Q36", "declared", body, path=Operation.INFO.path)) == "0"
        assert _code(_served("Q36", "refuse", body, path=Operation.INFO.path)) == "1001001"
    assert _code(_served("Q36", "declared", b'<?xml version="1.0" encoding="a\0b"?><root/>')) == "1001001"


@pytest.mark.parametrize("phone", ["", None, " , "])
@pytest.mark.parametrize("items", ["trim", "unicode", "refuse"])
def test_a_missing_phone_has_a_resp_of_its_own(phone: str | None, items: str) -> None:
    bench = Bench(assumptions={"Q3": "number", "Q9": items})
    code = "1004001" if phone == " , " and items == "refuse" else "1001001"
    assert set(codes(bench.submit(Submit(phone, CONTENT)))[1:]) == {code}


def test_a_missing_content_is_incomplete_before_it_lacks_a_closing_phrase() -> None:
    bench = Bench(assumptions={"Q3": "number"}, closing_phrase="T")
    assert codes(bench.submit(Submit(PHONE, ""))) == ["0", "1001001"]


def test_the_report_of_a_refused_number_does_not_wait_for_its_sendtime() -> None:
    bench = Bench(assumptions={"Q11": "report", "Q12": "value"}, blacklist=("138*",))
    bench.send(sendtime="2016-01-01 08:30:30")
    assert [report.info for report in bench.reports()] == [f"不能发黑名单号码{PHONE}"]


@pytest.mark.parametrize("answer", ["0/60", "１０/６０", "10/"])
def test_an_invalid_lock_answer_is_refused(answer: str) -> None:
    with pytest.raises(AnswerError):
        check({"Q22": answer}, "account")


def test_an_account_overrides_the_server_and_the_server_overrides_a_profile() -> None:
    observed = {"Q13": "number", "Q30": "no", "Q24": "empty"}
    answers = Answers({"Q30": "yes", "Q31": "declaration"}, {"Q31": "line"}, observed=observed)
    assert (answers["Q13"], answers["Q30"], answers["Q31"]) == ("number", "yes", "line")
    bases = {id_: str(answers.basis(id_)) for id_ in ("Q13", "Q30", "Q31", "S5", "W9", "magic")}
    assert bases == {
        "Q13": "observed",
        "Q30": "assumed",
        "Q31": "assumed",
        "S5": "documented",
        "W9": "observed",
        "magic": "arranged",
    }


def test_a_request_with_a_too_long_answer_has_no_effect() -> None:
    bench = Bench(assumptions={"Q37": "accept"})
    phones = ",".join(f"138{index:08}" for index in range(500))
    refused = bench.send(phones, linkid="1" * 20_000)
    assert codes(refused) == ["1001999"]
    assert "an answer" not in refused.explanation
    assert "it may have 8388608" in refused.explanation
    assert (bench.info().riches, bench.reports()) == ("100000", ())
    (entry,) = (one for one in bench.journal() if one.code == "1001999")
    assert entry.items == 0
    assert codes(bench.send(phones, linkid="1" * 10_000))[0] == "0"
    assert bench.info().riches == "99500"


def test_all_the_reports_of_a_call_fit_into_an_answer() -> None:
    bench = Bench(assumptions={"Q37": "accept"})
    for _ in range(3):
        bench.send(",".join(f"138{index:08}" for index in range(100)), linkid="1" * 20_000)
    assert len(bench.reports()) == 300


@pytest.mark.parametrize("operation", Operation)
def test_answers_pass_the_checks_of_a_strict_wsgi_server(operation: Operation) -> None:
    """PEP 3333 demands str itself: wsgiref, for example, refuses its subclasses."""
    body = f'<root userid="200001" password="123456"><submit phone="{PHONE}" content="{CONTENT}"/></root>'.encode()
    environ: dict[str, Any] = {"CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": "text/xml"}
    setup_testing_defaults(environ)
    environ |= {"REQUEST_METHOD": "POST", "PATH_INFO": operation.path, "REMOTE_ADDR": "127.0.0.1", "QUERY_STRING": ""}
    output, errors = io.BytesIO(), io.StringIO()
    with emulator() as running:
        SimpleHandler(io.BytesIO(body), output, errors, environ).run(validator(running.app))
    assert errors.getvalue() == ""
    assert b'return="0"' in output.getvalue()


@pytest.mark.parametrize("origin", [{}, {"REMOTE_ADDR": ""}, {"REMOTE_ADDR": "/run/ccell.sock"}], ids=str)
def test_a_peer_without_an_address_is_not_allowed(origin: dict[str, str]) -> None:
    """Other WSGI servers name no address, or the path of a Unix socket."""
    body = b'<root userid="300001" password="123456"></root>'
    account = {"userid": "300001", "password": "123456", "allowed_ips": ["0.0.0.0/0", "::/0"]}
    environ: dict[str, Any] = {"CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body)}
    setup_testing_defaults(environ)
    environ |= {"REQUEST_METHOD": "POST", "PATH_INFO": Operation.INFO.path, **origin}
    with emulator(accounts=[account]) as running:
        answer = b"".join(running.dispatcher(environ, Mock()))
        (entry,) = running.services.admin("300001").journal(0).items
    assert b'return="1001005"' in answer
    assert "allowed addresses: 0.0.0.0/0, ::/0" in entry.explanation
