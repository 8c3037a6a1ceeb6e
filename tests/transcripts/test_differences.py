"""Compare recorded and replayed answers."""

from datetime import UTC, datetime

import pytest

from ccell_fake.model import Operation
from ccell_fake.transcripts import Comparison, Difference, Exchange
from ccell_fake.transcripts.differences import layout

HEAD = '<?xml version="1.0" encoding="UTF-8"?> '


def _exchange(answer: str, operation: Operation = Operation.SEND, status: int = 200) -> Exchange:
    at = datetime(2026, 11, 23, tzinfo=UTC)
    return Exchange(7, at, "POST", operation.path, status=status, answer=answer.encode(), answer_type="text/xml")


def _resp(msgid: str) -> str:
    return f'{HEAD}<root return="0" info="成功"> <resp msgid="{msgid}" phone="1" return="0" info="成功"/> </root>'


def _where(comparison: Comparison, recorded: Exchange, replayed: Exchange) -> list[str]:
    return [one.where for one in comparison.differences(recorded, replayed)]


def test_each_recorded_msgid_corresponds_to_one_replayed_msgid() -> None:
    comparison = Comparison()
    assert _where(comparison, _exchange(_resp("1")), _exchange(_resp("a"))) == []
    assert _where(comparison, _exchange(_resp("2")), _exchange(_resp("b"))) == []
    assert _where(comparison, _exchange(_resp("1")), _exchange(_resp("a"))) == []
    assert _where(comparison, _exchange(_resp("1")), _exchange(_resp("b"))) == ["resp 1 msgid"]
    assert _where(comparison, _exchange(_resp("3")), _exchange(_resp("a"))) == ["resp 1 msgid"]
    assert comparison.replayed_msgid("1") == "a"
    assert comparison.replayed_msgid("9") is None


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        (_exchange(_resp("1").replace('info="成功"/', 'info="失败"/')), ["resp 1 info"]),
        (_exchange(_resp("1").replace('phone="1"', 'phone="2"')), ["resp 1 phone"]),
        (_exchange(_resp("1").replace('root return="0"', 'root return="1"')), ["return"]),
        (_exchange(_resp("1").replace(" <resp", "<resp")), ["layout"]),
        (_exchange(_resp("1").replace('msgid="1" phone="1"', 'phone="1" msgid="1"')), ["layout"]),
        (_exchange(_resp("1").replace('return="0"', "return='0'")), ["layout"]),
        (_exchange(_resp("1").replace('return="0"', 'return = "0"')), ["layout"]),
        (_exchange(_resp("1"), status=500), ["HTTP status"]),
        (_exchange("<html>"), ["body"]),
        (_exchange(f'{HEAD}<root return="0" info="成功"></root>'), ["count"]),
    ],
)
def test_each_difference_is_found(changed: Exchange, where: list[str]) -> None:
    assert _where(Comparison(), _exchange(_resp("1")), changed) == where


def test_a_difference_has_the_recorded_and_the_replayed_value() -> None:
    changed = _exchange(_resp("1").replace('phone="1"', 'phone="2"'))
    assert [*Comparison().differences(_exchange(_resp("1")), changed)] == [
        Difference(7, "send", "resp 1 phone", "1", "2")
    ]


def test_a_layout_depends_on_neither_values_nor_repetitions() -> None:
    one = f'{HEAD}<root return="0" info="成功"> <resp msgid="1" phone="1"/> </root>'
    two = f'{HEAD}<root return="1" info=">"> <resp msgid="" phone="2"/> <resp msgid="3" phone="&lt;"/> </root>'
    assert layout(one.encode()) == layout(two.encode())
    assert layout(one.encode()) != layout(one.replace("> <", "><").encode())


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ('{"result":[],"id":1}', '{"result":[],"id":"x"}', True),
        ('{"result":[{"phone":"1","msgid":"2"}],"id":1}', '{"result":[{"phone":"9","msgid":"8,}"}],"id":1}', True),
        ('{"result":[{"phone":"1"},{"phone":"1"}]}', '{"result":[{"phone":"1"},{"phone":"2"},{"phone":"3"}]}', True),
        ('{"result":[{"phone":"1","msgid":"2"}]}', '{"result":[{"msgid":"2","phone":"1"}]}', False),
        ('{"id":1}', '{"id": 1}', False),
        ('{"error":{"code":1,"message":"a"},"id":1}', '{"id":1,"error":{"code":1,"message":"a"}}', False),
    ],
)
def test_the_layout_of_json_is_its_blanks_and_the_order_of_its_members(one: str, other: str, is_same: bool) -> None:  # noqa: FBT001 - a parameter
    assert (layout(one.encode()) == layout(other.encode())) is is_same
