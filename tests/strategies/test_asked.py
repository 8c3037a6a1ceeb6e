"""How strategies are asked for: their reprs, their names, and what is said where Hypothesis is missing."""

import inspect
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from harness.emulators import DOCUMENT_DAY
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis.strategies import SearchStrategy

from ccell_fake import strategies
from ccell_fake.limits import PAYLOAD_BYTES
from ccell_fake.model import Request, Submit

FIFTY_DAYS, SECOND = timedelta(days=50), timedelta(seconds=1)
NAIVE = DOCUMENT_DAY.replace(tzinfo=None)
INFO = Request("200001", "123456")
SEND = Request("200001", "123456", (Submit("13800000000", "您好【签名】"),))
LONG = Request("200001", "123456", (Submit("13800000000", "x" * PAYLOAD_BYTES),))


@pytest.mark.parametrize(
    ("strategy", "written"),
    [
        (strategies.phones(), "phones()"),
        (strategies.phones("unicom"), "phones(carrier='unicom')"),
        (strategies.contents(max_size=70, signed=None), "contents(max_size=70, signed=None)"),
        (strategies.requests("info", userid="1"), "requests(operation='info', userid='1')"),
        (strategies.submits(spcodes=strategies.spcodes()), "submits(spcodes=spcodes())"),
        (strategies.account_settings(balance=st.just(1)), "account_settings(balance=just(1))"),
        (st.lists(strategies.linkids(max_size=9)), "lists(linkids(max_size=9))"),
    ],
)
def test_a_strategy_reads_as_it_was_asked_for(strategy: SearchStrategy[object], written: str) -> None:
    assert repr(strategy) == written


REFUSED: list[tuple[Callable[..., object], dict[str, Any], str]] = [
    (strategies.phones, {"carrier": "radio"}, "carrier is 'radio'; there are mobile, unicom, telecom, broadnet"),
    (strategies.phones, {"carrier": "broadnet"}, "no number of broadnet is recognised"),
    (strategies.phones, {"recognised": True}, "recognised is True; there are then, today"),
    (strategies.unrecognisable_phones, {"recognised": "x"}, "recognised is 'x'; there are then, today"),
    (strategies.magic_phones, {"codes": ["7"]}, "a code of a magic phone is '7'; there are 1001001, "),
    (strategies.magic_phones, {"codes": ["0"]}, "a code of a magic phone is '0'; there are 1001001, "),
    (strategies.magic_phones, {"stats": ["LOST"]}, "a stat of a magic phone is 'LOST'; there are DELIVRD, UN"),
    (strategies.magic_phones, {"codes": (), "stats": ()}, "codes and stats are both empty"),
    (strategies.contents, {"min_size": 0}, "min_size is 0; it takes 1 or more"),
    (strategies.contents, {"min_size": 5, "max_size": 4}, "max_size is 4; it takes 5 or more, for min_size is 5"),
    (strategies.contents, {"max_size": 2}, "max_size is 2; a content with a signature takes 3 or more"),
    (strategies.contents, {"repertoires": ()}, "repertoires is empty; there are chinese, gsm, emoji, markup, "),
    (strategies.contents, {"repertoires": ["klingon"]}, "a repertoire is 'klingon'; there are chinese, "),
    (strategies.contents, {"repertoires": "gsm"}, "a repertoire is 'g'; there are chinese, "),
    (strategies.contents, {"signed": False, "signatures": st.just("签")}, "signatures are given, and signed is False"),
    (strategies.signatures, {"min_size": 21}, "max_size is 20; it takes 21 or more"),
    (strategies.linkids, {"max_size": 0}, "max_size is 0; it takes 1 or more"),
    (strategies.spcodes, {"min_size": -1}, "min_size is -1; it takes 1 or more"),
    (strategies.sendtimes, {"now": NAIVE}, "now is 2015-12-31T08:30:30, which has no zone; it takes an aware time"),
    (strategies.past_sendtimes, {"now": NAIVE}, "which has no zone"),
    (strategies.distant_sendtimes, {"now": NAIVE}, "which has no zone"),
    (strategies.sendtimes, {"now": DOCUMENT_DAY, "min_ahead": -SECOND}, "min_ahead is -1 day, 23:59:59 and max_ahead"),
    (strategies.sendtimes, {"now": DOCUMENT_DAY, "max_ahead": FIFTY_DAYS + SECOND}, "from 0 to 50 days, 0:00:00"),
    (strategies.sendtimes, {"now": DOCUMENT_DAY, "min_ahead": 2 * SECOND, "max_ahead": SECOND}, "in this order"),
    (strategies.submits, {"min_numbers": 0}, "min_numbers is 0; it takes 1 or more"),
    (strategies.submits, {"max_numbers": 0}, "max_numbers is 0; it takes 1 or more, for min_numbers is 1"),
    (strategies.requests, {"min_submits": -1}, "min_submits is -1; it takes 0 or more"),
    (strategies.requests, {"max_submits": 0}, "max_submits is 0; it takes 1 or more"),
    (strategies.requests, {"operation": "balance"}, "operation is 'balance'; there are send, report, upmsg, info"),
    (strategies.requests, {"operation": "info", "submits": strategies.submits()}, "a request to info holds none"),
    (strategies.account_settings, {"balanc": st.just(1)}, "a setting is 'balanc'; there are userid, password, "),
    (strategies.outcome_rules, {"fone": st.just("1")}, "a setting is 'fone'; there are phone, content, linkid"),
    (
        strategies.payloads,
        {"request": INFO, "operation": "balance"},
        "operation is 'balance'; there are send, report, ",
    ),
    (strategies.payloads, {"request": SEND, "operation": "info"}, "or submits for info"),
    (strategies.payloads, {"request": Request("1", "\0")}, "holds a character that XML cannot carry"),
    (strategies.payloads, {"request": LONG}, "bytes of XML; the gateway takes 2097152"),
]


@pytest.mark.parametrize(("ask", "asked", "said"), REFUSED)
def test_what_cannot_be_drawn_is_refused_when_it_is_asked_for(
    ask: Callable[..., object], asked: dict[str, Any], said: str
) -> None:
    with pytest.raises(InvalidArgument) as caught:
        ask(**asked)
    assert said in str(caught.value)
    assert len(str(caught.value)) < 1000


def test_every_strategy_is_documented() -> None:
    for strategy in filter(inspect.isfunction, vars(strategies).values()):
        assert strategy.__doc__, strategy
        assert strategy.__name__ in strategies.__all__


DRAWING = """
from hypothesis import given, settings, strategies as st
from ccell_fake import strategies

@settings(derandomize=True, database=None, max_examples=20, deadline=None)
@given(st.tuples(
    strategies.phones(),
    strategies.unrecognisable_phones(),
    strategies.magic_phones(),
    strategies.malformed_sendtimes(),
    strategies.requests(),
    strategies.requests("info").flatmap(lambda request: strategies.payloads(request, "info")),
    strategies.account_settings(),
))
def draw(drawn):
    print(repr(drawn).encode())

draw()
"""


def test_every_process_draws_the_same_so_that_a_failure_can_be_replayed() -> None:
    drawn = [
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", DRAWING],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert drawn[0]
    assert drawn[0] == drawn[1]


def test_what_is_missing_without_hypothesis_is_said() -> None:
    script = "import sys; sys.modules['hypothesis'] = None; import ccell_fake.strategies"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "ccell_fake.strategies takes Hypothesis: pip install 'ccell-fake[hypothesis]'" in done.stderr
