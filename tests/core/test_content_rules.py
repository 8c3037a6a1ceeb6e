"""Rules about a content: signature, template, words, closing phrase, spcode (1004002 to 1004015, 1001007)."""

from typing import Any

import pytest
from harness.emulators import CONTENT, Bench, codes

from ccell_fake.engine.content import find_verification_code

TWENTY = "一二三四五六七八九十" * 2


@pytest.mark.parametrize(
    ("content", "settings", "code"),
    [
        ("您好【签名】", {}, "0"),
        ("【签名】您好", {}, "0"),
        ("您好【签名】 ", {}, "0"),
        ("您【签名】好", {}, "1004003"),
        ("您好", {}, "1004003"),
        ("您好【】", {}, "1004003"),
        ("您好", {"require_signature": False}, "0"),
        ("您好", {"signcode": ("签名",)}, "1004004"),
        ("您好", {"signcode": ("签名",), "require_signature": False}, "1004004"),
        ("您好【别的】", {"signcode": ("签名",)}, "1004005"),
        ("您好【别的】", {"signcode": ("签名", "别的")}, "0"),
        ("【签名】您的验证码【1234】", {"signcode": ("签名",)}, "0"),
        (f"您好【{TWENTY}】", {}, "0"),
        (f"您好【{TWENTY}一】", {}, "1004015"),
        (f"您好【{TWENTY[:18]}😀】", {}, "0"),
        (f" 【签名】您好【{TWENTY}一】", {}, "0"),
        (f"【{TWENTY}一】您好【签名】", {}, "0"),
        (f"【{TWENTY}一】您好【{TWENTY}一二】", {}, "1004015"),
        (f"您好【{TWENTY[:19]}😀】", {}, "1004015"),
        (f"您好【{TWENTY}一】", {"signcode": (f"{TWENTY}一",)}, "1004015"),
    ],
)
def test_a_signature_is_accepted_or_refused_with_its_code(content: str, settings: dict[str, Any], code: str) -> None:
    assert codes(Bench(**settings).send(content=content)) == ["0", code]


@pytest.mark.parametrize(
    ("templates", "content", "code"),
    [
        (("验证码为*。",), CONTENT, "0"),
        (("验证码为*。",), "【签名】验证码为1234。", "0"),
        (("验证码为*。",), "验证码为1234。请勿泄露。【签名】", "0"),
        (("验证码为*",), "您的验证码为1234。【签名】", "1004007"),
        (("别的", "验证码为????。"), CONTENT, "1004007"),
        (("*",), CONTENT, "0"),
        (("*点击【这里】",), "【签名】请点击【这里】", "0"),
        (("【签名】请点击",), "【签名】请点击【这里】", "0"),
        (("*" + "a*" * 30,), "a" * 29 + "【签名】", "1004007"),
    ],
)
def test_a_template_must_match_the_content_without_its_signature(
    templates: tuple[str, ...], content: str, code: str
) -> None:
    assert codes(Bench(templates=templates).send(content=content)) == ["0", code]


def test_black_and_white_words_are_searched_in_the_whole_content() -> None:
    assert codes(Bench(black_words=("签名",)).send()) == ["0", "1004010"]
    assert codes(Bench(white_words=("签名",)).send()) == ["0", "0"]
    assert codes(Bench(black_words=("发票",), white_words=("会员", "验证")).send()) == ["0", "0"]


def test_a_refusal_names_the_first_black_word_of_the_content() -> None:
    assert "'验证'" in Bench(black_words=("签名", "验证")).send().explanation
    assert "'abcd'" in Bench(black_words=("bc", "abcd")).send(content="abcd【签名】").explanation


def test_an_explanation_names_the_valid_values() -> None:
    cases: list[tuple[dict[str, Any], dict[str, Any], str]] = [
        ({"templates": ("甲*", "乙*")}, {}, "the account's templates: 甲*, 乙*"),
        ({"white_words": tuple("甲乙丙丁戊己")}, {}, "add one of 甲, 乙, 丙, 丁, 戊, …"),
        ({"blacklist": ("138*", "13800000000")}, {}, "on the account's blacklist: 13800000000, 138*"),
        ({"whitelist": ()}, {}, "whitelist: none"),
        ({"channels": ("unicom",)}, {}, "belongs to mobile; the account's channels: unicom"),
        ({}, {"spcode": "7"}, "leave it out, or set spcode = true"),
        ({"signcode": ("甲",)}, {}, "the signature is 签名; the account's signatures: 甲"),
    ]
    for settings, submit, text in cases:
        assert text in Bench(**settings).send(**submit).explanation


def test_a_long_quote_in_an_explanation_is_cut() -> None:
    explanation = Bench().send("1" * 100_000).explanation
    assert len(explanation) < 500
    assert "…" in explanation


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("您好退订回T【签名】", "0"),
        ("【签名】您好退订回T", "0"),
        ("退订回T您好【签名】", "1001007"),
        ("您好退订回T 【签名】", "0"),
        ("【签名】请回复退订回T【别的】", "0"),
    ],
)
def test_the_closing_phrase_must_end_the_content_without_its_signature(content: str, code: str) -> None:
    assert codes(Bench(closing_phrase="退订回T").send(content=content))[0] == code


def test_one_content_without_the_closing_phrase_refuses_the_whole_request() -> None:
    bench = Bench(closing_phrase="T")
    assert codes(bench.send("13800000000,13800000001", "hi【签名】")) == ["1001007"]
    assert bench.info().riches == "100000"


def test_an_spcode_requires_an_account_with_spcode() -> None:
    assert codes(Bench().send(spcode="1")) == ["0", "1004002"]
    assert codes(Bench(spcode=True).send(spcode="1")) == ["0", "0"]
    assert codes(Bench().send(spcode="")) == ["0", "0"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("验证码：123456，请勿泄露【签名】", "123456"),
        ("123456是您的验证码【签名】", "123456"),
        ("【签名】动态密码 8a7K，2016-01-31 08:00 前有效", "8a7K"),
        ("Your code is G-471 100. PIN 471100", "471100"),
        ("订单20160131001已发货【签名】", None),
        ("您的验证码已发送【签名】", None),
        ("余额1234.56元，验证码4321", "4321"),
        ("decode 123456", None),
    ],
)
def test_a_verification_code_is_found_beside_a_word_for_it(content: str, code: str | None) -> None:
    assert find_verification_code(content) == code
