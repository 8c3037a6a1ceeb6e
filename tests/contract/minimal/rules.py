"""Checks of a number and of a send, in the order of the registry's defaults."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import NamedTuple
from xml.etree import ElementTree as ET

from .accounts import Account

TEXTS = {
    "0": "成功",
    "1001001": "参数不完整",
    "1001002": "余额不足",
    "1001003": "账号已冻结",
    "1001004": "密码不正确",
    "1001005": "访问IP受限",
    "1001006": "并发数超限",
    "1001007": "短信附加语不符",
    "1004001": "手机号不可识别",
    "1004002": "未配置有效发送规则",
    "1004003": "短信内容必须有签名",
    "1004004": "短信内容必须指定签名",
    "1004005": "短信内容指定签名",
    "1004006": "无可用通道",
    "1004007": "模板不匹配",
    "1004008": "不能发黑名单号码",
    "1004009": "非白名单号码",
    "1004010": "不能发黑词内容",
    "1004011": "内容中不包括白词",
    "1004012": "定时发送时间参数不正确",
    "1004013": "定时发送时间不能大于50天",
    "1004014": "定时发送时间不能小于当前时间",
    "1004015": "短信签名限20字符",
    "1001999": "接口系统错",
}
CHINA = timezone(timedelta(hours=8))
NUMBER = re.compile(r"1(3[0-9]|4[57]|5[0-35-9]|7[0135-8]|8[0-9])[0-9]{8}")  # mainland prefixes in service in 2016
SIGNATURE = re.compile(r"\A【([^【】]+)】|【([^【】]+)】\Z")
ENDING_SIGNATURE = re.compile(r"【[^【】]+】\Z")
SENDTIME = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2}) ([0-9]{2}):([0-9]{2}):([0-9]{2})")


class Asked(NamedTuple):
    """One number of a submit, for the rules to judge."""

    account: Account
    phone: str
    content: str
    sendtime: str
    spcode: str
    now: datetime

    @property
    def signature(self) -> str:
        """The signature at the front or the end of the content; empty without one."""
        found = SIGNATURE.search(self.content)
        return found[1] or found[2] if found else ""


Verdict = tuple[str, str]
"""A code, and the value it is about."""


def scheduled(text: str) -> datetime | None:
    """Read a sendtime, which is China's; nothing where it is no time of the document's form."""
    found = SENDTIME.fullmatch(text)
    try:
        year, month, day, hour, minute, second = map(int, found.groups() if found else ())
        return datetime(year, month, day, hour, minute, second, tzinfo=CHINA)
    except ValueError:
        return None


def _when(a: Asked) -> Verdict | None:
    at = scheduled(a.sendtime)
    if at is None:
        return ("1004012", a.sendtime) if a.sendtime else None
    if at > a.now + timedelta(days=50):
        return "1004013", a.sendtime
    return ("1004014", a.sendtime) if at < a.now else None


def _signature(a: Asked) -> Verdict | None:
    any_will_do = "*" in a.account.signatures
    if not a.signature:
        return "1004003" if any_will_do else "1004004", ""
    if not any_will_do and a.signature not in a.account.signatures:
        return "1004005", a.signature
    return ("1004015", a.signature) if len(a.signature) > 20 else None


def _template(a: Asked) -> Verdict | None:
    text = SIGNATURE.sub("", a.content, count=1)
    patterns = [".*".join(map(re.escape, template.split("*"))) for template in a.account.templates]
    matched = any(re.fullmatch(pattern, text, re.DOTALL) for pattern in patterns)
    return None if matched or not patterns else ("1004007", "")


def _black_words(a: Asked) -> Verdict | None:
    return next((("1004010", word) for word in a.account.black_words if word in a.content), None)


def _white_words(a: Asked) -> Verdict | None:
    words = a.account.white_words
    return ("1004011", "") if words and not any(word in a.content for word in words) else None


RULES: tuple[Callable[[Asked], Verdict | None], ...] = (
    lambda a: None if NUMBER.fullmatch(a.phone) else ("1004001", a.phone),
    lambda a: ("1004008", a.phone) if a.phone in a.account.blacklist else None,
    lambda a: ("1004009", a.phone) if a.account.whitelist and a.phone not in a.account.whitelist else None,
    lambda a: None if a.account.sending_rule else ("1004002", ""),
    lambda a: ("1004002", a.spcode) if a.spcode and not a.account.spcode else None,
    lambda a: ("1004006", a.phone) if a.phone.startswith(a.account.unreachable) else None,
    _when,
    _signature,
    _template,
    _black_words,
    _white_words,
)
"""What a number has to pass, in the order of the registry's default."""


def verdict_on(account: Account, submit: ET.Element, phone: str, now: datetime) -> Verdict:
    """Judge one number of a submit; code 0 where nothing speaks against it."""
    content, sendtime, spcode = (submit.get(name, "") for name in ("content", "sendtime", "spcode"))
    asked = Asked(account, phone, content, sendtime, spcode, now)
    return next((verdict for rule in RULES if (verdict := rule(asked))), ("0", ""))


def refusal_of(account: Account, submits: list[ET.Element], numbers: int) -> str:
    """Say the code that refuses a send as a whole, before it is charged."""
    contents = [submit.get("content", "") for submit in submits]
    if not all(contents) or not all(submit.get("phone") for submit in submits):
        return "1001001"
    if numbers > 500 or max(map(len, contents)) > 1000 or any(len(one.get("spcode", "")) > 100 for one in submits):
        return "1001001"
    texts = [ENDING_SIGNATURE.sub("", content) for content in contents]
    return "" if all(text.endswith(account.closing_phrase) for text in texts) else "1001007"
