"""Everything that a client can meet, with its meaning and the ways to bring it about."""

import json
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from typing import Any, cast
from urllib.parse import quote

from ccell_fake.clock import from_micros
from ccell_fake.codes import Code
from ccell_fake.coverage import Coverage, CoverageCall, CoverageItem, CoverageKind, CoverageWay
from ccell_fake.engine import magic
from ccell_fake.records import MetRow
from ccell_fixtures.cases import CASES

_ACCEPTED = 'phone="13800000000" content="您好【签名】"'


def describe(rows: Iterable[MetRow], userid: str | None = None) -> Coverage:
    """Describe what an account has met, or all accounts.

    Args:
        rows: What was met.
        userid: The account; None for all.
    """
    met = {(row.kind, row.name): row for row in rows}
    path = "{userid}" if userid is None else quote(userid, safe="")
    return Coverage.of(userid, (_item(one, met.get((one.kind, one.name)), path) for one in _table()))


def _item(one: CoverageItem, row: MetRow | None, path: str) -> CoverageItem:
    count, first, last = (0, None, None) if row is None else (row.times, from_micros(row.first), from_micros(row.last))
    ways = tuple(_with_path(way, path) for way in one.ways)
    return CoverageItem(one.kind, one.name, one.text, one.text_zh, count, first, last, ways)


def _with_path(way: CoverageWay, path: str) -> CoverageWay:
    if way.call is None:
        return way
    call = CoverageCall(way.call.method, f"/_ccell/v1/accounts/{path}{way.call.path}", way.call.body)
    return CoverageWay(way.kind, way.text, way.text_zh, way.value, call)


@cache
def _table() -> tuple[CoverageItem, ...]:
    """Return all items, not met. The paths of their calls begin after that of the account."""
    others = tomllib.loads(files("ccell_fixtures").joinpath("coverage.toml").read_text("utf-8"))
    return (
        *(_unmet("code", str(code), CASES[code].when, CASES[code].when_zh, _ways_of_code(code)) for code in Code),
        *(_other(kind, name, entry) for kind, entries in others.items() for name, entry in entries.items()),
    )


def _other(kind: str, name: str, entry: dict[str, Any]) -> CoverageItem:
    if kind == "fault":
        ways = [_fault({"kind": name, **entry.get("body", {})})]
    else:
        call = CoverageCall(**entry["call"]) if "call" in entry else None
        ways = [
            CoverageWay("setting" if call else "request", entry["how"], entry["how_zh"], entry.get("value", ""), call)
        ]
    return _unmet(cast("CoverageKind", kind), name, entry["text"], entry["text_zh"], ways)


def _unmet(kind: CoverageKind, name: str, text: str, text_zh: str, ways: Iterable[CoverageWay]) -> CoverageItem:
    return CoverageItem(kind, name, text, text_zh, 0, None, None, tuple(ways))


def _ways_of_code(code: Code) -> Iterator[CoverageWay]:
    if code is Code.SUCCESS:
        yield CoverageWay("request", "Send an acceptable message.", "发送一条可以接受的短信。", _ACCEPTED)
        return
    operation = {"operation": "send"} if code.is_about_a_number else {}
    yield _fault({"kind": "code", "code": str(code), **operation})
    for phone, of in (*magic.REQUEST_PHONES.items(), *magic.NUMBER_PHONES.items()):
        if of is code:
            yield CoverageWay("phone", "Send to this magic number.", "发往此特殊号码。", phone)
    if str(code) in magic.USERIDS:
        text = "Make a request with this magic userid. It counts as a request of no account."
        yield CoverageWay("userid", text, "用此特殊 userid 发出请求。它计为不属于任何账号的请求。", str(code))
    yield from _example(code)


def _example(code: Code) -> Iterator[CoverageWay]:
    """Yield the example of a code, unless it needs another answer of the whole server."""
    case = CASES[code]
    if case.assumptions:
        return
    changed = dict(case.submit) if case.password is None else {**case.submit, "password": case.password}
    value = " ".join(f'{name}="{text}"' for name, text in changed.items())
    if not case.account:
        yield CoverageWay("request", "Send with these attributes.", "带这些属性发送。", value)
        return
    names = json.dumps(case.account, ensure_ascii=False)
    text, text_zh = f"Set {names}, and send a message.", f"设置 {names}，然后发送短信。"
    if case.others:
        text, text_zh = f"Set {names}, and send two messages at the same time.", f"设置 {names}，然后同时发送两条短信。"
    yield CoverageWay("setting", text, text_zh, value, CoverageCall("PATCH", "", case.account))


def _fault(body: dict[str, Any]) -> CoverageWay:
    text = "Arrange it for the next send." if "operation" in body else "Arrange it for the next request."
    text_zh = "安排给下一次发送。" if "operation" in body else "安排给下一个请求。"
    return CoverageWay("fault", text, text_zh, "", CoverageCall("POST", "/faults", body))
