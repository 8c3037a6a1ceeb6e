"""Guarantees of the strategies for signatures, contents, linkids and spcodes."""

import re

import pytest
from harness import documents
from harness.emulators import Bench, codes, items
from hypothesis import find, given
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from ccell_fake import strategies
from ccell_fake.engine.assumptions import Answers
from ccell_fake.engine.content import find_signatures
from ccell_fake.model import Operation, Request, Submit
from ccell_fake.strategies import Repertoire
from ccell_fake.wire import requests
from ccell_fake.wire.text import legible

DEFAULTS, ANYWHERE = Answers(), Answers({"Q27": "anywhere"})
REPERTOIRES: list[Repertoire] = ["chinese", "gsm", "emoji", "markup", "uncarriable"]


def _units(text: str) -> int:
    return sum(2 if one > "\uffff" else 1 for one in text)


@given(strategies.contents())
def test_a_content_is_accepted_and_costs_what_its_characters_cost(content: str) -> None:
    bench = Bench()
    assert codes(bench.send(content=content)) == ["0", "0"]
    size = _units(content)
    assert 100_000 - int(bench.info().riches) == (1 if size <= 70 else -(-size // 67))


@given(strategies.contents(signed=None))
def test_a_content_arrives_as_it_was_sent(content: str) -> None:
    request = Request("1", "2", (Submit("3", content),))
    assert requests.parse(Operation.SEND, requests.render(request)) == request


@given(strategies.contents())
def test_a_signed_content_has_one_signature_at_its_front_or_end(content: str) -> None:
    (signature,) = {found.text for found in find_signatures(content, DEFAULTS)}
    assert 1 <= _units(signature) <= 20
    assert content.startswith(f"【{signature}】") or content.endswith(f"【{signature}】")
    assert content.count("【") == 1


@given(strategies.contents(signed=False))
def test_an_unsigned_content_has_no_signature_anywhere(content: str) -> None:
    assert find_signatures(content, ANYWHERE) == ()
    assert codes(Bench().send(content=content)) == ["0", "1004003"]
    assert codes(Bench(require_signature=False).send(content=content)) == ["0", "0"]


@given(st.data(), st.integers(1, 1100), st.integers(0, 1100), st.sampled_from([True, False, None]))
def test_a_content_keeps_to_its_bounds(data: st.DataObject, least: int, more: int, signed: bool | None) -> None:  # noqa: FBT001 - drawn
    most = max(least + more, 3)
    repertoires = data.draw(st.lists(st.sampled_from(REPERTOIRES), min_size=1, unique=True))
    content = data.draw(strategies.contents(min_size=least, max_size=most, signed=signed, repertoires=repertoires))
    assert least <= _units(content) <= most


@pytest.mark.parametrize(("size", "code"), [(999, ["0", "0"]), (1000, ["0", "0"]), (1001, ["1001001"])])
@given(st.data())
def test_a_content_can_lie_exactly_at_the_limit(size: int, code: list[str], data: st.DataObject) -> None:
    content = data.draw(strategies.contents(min_size=size, max_size=size))
    assert codes(Bench().send(content=content)) == code


@pytest.mark.parametrize("size", [70, 71, 134, 135, 1000])
@pytest.mark.parametrize("signed", [True, False])
def test_contents_that_end_with_a_segment_are_drawn(size: int, signed: bool) -> None:  # noqa: FBT001 - a parameter
    assert documents.some(strategies.contents(signed=signed), lambda content: _units(content) == size)


@pytest.mark.parametrize(
    ("repertoire", "only"),
    [
        ("chinese", "[\u4e00-\u9fa5,。!?:;、“”《》()…—·]+"),
        ("gsm", "[ -_a-~£¥€èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßɤ¡ÄÖÑܧ¿äöñüà]+"),
        ("emoji", "[^\u4e00-\u9fff -~]*[.]?"),
        ("markup", "[ -~\t\r\n]+"),
    ],
)
@given(st.data())
def test_a_content_is_made_of_the_given_repertoire(repertoire: Repertoire, only: str, data: st.DataObject) -> None:
    only = only.replace("ɤ", "\u00c9\u00a4").replace("ܧ", "\u00dc\u00a7")
    content = data.draw(strategies.contents(signed=False, repertoires=[repertoire]))
    assert re.fullmatch(only, content)


@pytest.mark.parametrize("hostile", ["<", "&", '"', "]]>", "&amp;", "\n", "+", "%", "😀", "𠮷", "\u200d"])
def test_special_characters_are_drawn(hostile: str) -> None:
    assert documents.some(strategies.contents(), lambda content: hostile in content)


@pytest.mark.parametrize("uncarriable", ["\0", "\x0b", "\ud83d", "\uffff"])
def test_uncarriable_characters_are_drawn_on_request(uncarriable: str) -> None:
    contents = strategies.contents(repertoires=["chinese", "uncarriable"])
    content = documents.some(contents, lambda content: uncarriable in content)
    assert legible(content) != content


@given(strategies.contents(signatures=st.sampled_from(["甲", "乙"])))
def test_a_content_has_one_of_the_given_signatures(content: str) -> None:
    assert codes(Bench(signcode=("甲", "乙")).send(content=content)) == ["0", "0"]


@given(strategies.contents(signatures=strategies.signatures(min_size=21, max_size=30)))
def test_a_signature_can_be_too_long(content: str) -> None:
    assert codes(Bench().send(content=content)) == ["0", "1004015"]


@given(strategies.signatures(min_size=2, max_size=30))
def test_a_signature_keeps_to_its_bounds_and_has_no_brackets_or_blanks(signature: str) -> None:
    assert 2 <= _units(signature) <= 30
    assert not re.search(r"[【】\s]", signature)


@given(strategies.linkids())
def test_a_linkid_comes_back_in_resp_and_report(linkid: str) -> None:
    bench = Bench()
    request = requests.render(Request("200001", "123456", (Submit("13800000000", "您好【签名】", linkid=linkid),)))
    answer = bench.submit(*requests.parse(Operation.SEND, request).submits)
    assert [one.linkid for one in (*items(answer), *bench.reports())] == [linkid, linkid]


@given(strategies.spcodes())
def test_an_spcode_is_accepted_if_the_account_allows_it(spcode: str) -> None:
    assert codes(Bench(spcode=True).send(spcode=spcode)) == ["0", "0"]
    assert codes(Bench().send(spcode=spcode)) == ["0", "1004002"]


def test_texts_shrink_to_the_documents_sample() -> None:
    contents = strategies.contents()
    assert find(contents, lambda _: True) == "您好【签名】"
    signed = strategies.contents(signatures=st.just("签名"))
    assert find(signed, lambda content: content.startswith("【")) == "【签名】您好"
    assert find(signed, lambda content: "<" in content) == "<【签名】"
    assert find(signed, lambda content: "😀" in content) == "😀【签名】"
    assert find(signed, lambda content: _units(content) > 70) == "您好" * 33 + "您【签名】"
    assert (
        find(strategies.contents(min_size=70, signatures=st.just("签名")), lambda _: True) == "您好" * 33 + "【签名】"
    )
    assert find(strategies.contents(signed=None), lambda content: "【" not in content) == "您好"
    assert find(strategies.contents(repertoires=["gsm"]), lambda _: True) == "Hello【签名】"
    assert find(strategies.signatures(), lambda _: True) == "签名"
    assert find(strategies.linkids(), lambda _: True) == "1"
    assert find(strategies.spcodes(), lambda _: True) == "0"


def test_a_signature_that_is_too_long_for_the_content_is_named() -> None:
    contents = strategies.contents(max_size=5, signatures=st.just("很长的签名"))
    with pytest.raises(InvalidArgument, match="max_size must be at least 7 for 【很长的签名】, got 5"):
        find(contents, lambda _: True)


def test_an_unsigned_content_can_be_a_single_character() -> None:
    assert find(strategies.contents(signed=False, max_size=1), lambda _: True) == "您"
