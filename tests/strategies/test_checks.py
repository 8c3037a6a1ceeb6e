"""Calls of strategies: reprs, refused arguments, docstrings, and the message if Hypothesis is missing."""

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
from ccell_fake.extras import install
from ccell_fake.limits import PAYLOAD_BYTES
from ccell_fake.model import Request, Submit

FIFTY_DAYS, SECOND = timedelta(days=50), timedelta(seconds=1)
NAIVE = DOCUMENT_DAY.replace(tzinfo=None)
INFO = Request("200001", "123456")
SEND = Request("200001", "123456", (Submit("13800000000", "您好【签名】"),))
LONG = Request("200001", "123456", (Submit("13800000000", "x" * PAYLOAD_BYTES),))


@pytest.mark.parametrize(
    ("strategy", "call"),
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
def test_the_repr_of_a_strategy_is_its_call(strategy: SearchStrategy[object], call: str) -> None:
    assert repr(strategy) == call


REFUSED: list[tuple[Callable[..., object], dict[str, Any], str]] = [
    (strategies.phones, {"carrier": "radio"}, "carrier must be one of mobile, unicom, telecom, broadnet, got 'radio'"),
    (strategies.phones, {"carrier": "broadnet", "recognised": "then"}, "no number of broadnet was recognised"),
    (strategies.phones, {"recognised": True}, "recognised must be one of today, then, got True"),
    (strategies.unrecognisable_phones, {"recognised": "x"}, "recognised must be one of today, then, got 'x'"),
    (strategies.magic_phones, {"codes": ["7"]}, "codes must be one of 1001001, "),
    (strategies.magic_phones, {"codes": ["0"]}, "codes must be one of 1001001, "),
    (strategies.magic_phones, {"stats": ["LOST"]}, "stats must be one of DELIVRD, UN"),
    (strategies.magic_phones, {"codes": (), "stats": ()}, "codes and stats must not both be empty"),
    (strategies.contents, {"min_size": 0}, "min_size must be at least 1, got 0"),
    (strategies.contents, {"min_size": 5, "max_size": 4}, "max_size must be at least min_size, which is 5, got 4"),
    (strategies.contents, {"max_size": 2}, "max_size must be at least 3 for a content with a signature, got 2"),
    (strategies.contents, {"repertoires": ()}, "repertoires must not be empty; known: chinese, gsm, emoji, markup, "),
    (strategies.contents, {"repertoires": ["klingon"]}, "repertoires must be one of chinese, "),
    (strategies.contents, {"repertoires": "gsm"}, "repertoires must be one of chinese, "),
    (
        strategies.contents,
        {"signed": False, "signatures": st.just("签")},
        "signatures must be absent if signed is False",
    ),
    (strategies.signatures, {"min_size": 21}, "max_size must be at least min_size, which is 21, got 20"),
    (strategies.linkids, {"max_size": 0}, "max_size must be at least min_size, which is 1, got 0"),
    (strategies.spcodes, {"min_size": -1}, "min_size must be at least 1, got -1"),
    (strategies.sendtimes, {"now": NAIVE}, "now must be an aware time, got 2015-12-31T08:30:30"),
    (strategies.past_sendtimes, {"now": NAIVE}, "must be an aware time"),
    (strategies.distant_sendtimes, {"now": NAIVE}, "must be an aware time"),
    (strategies.sendtimes, {"now": DOCUMENT_DAY, "min_ahead": -SECOND}, "got -1 day, 23:59:59 and "),
    (strategies.sendtimes, {"now": DOCUMENT_DAY, "max_ahead": FIFTY_DAYS + SECOND}, "from 0 to 50 days, 0:00:00"),
    (strategies.sendtimes, {"now": DOCUMENT_DAY, "min_ahead": 2 * SECOND, "max_ahead": SECOND}, "must be ordered"),
    (strategies.submits, {"min_numbers": 0}, "min_numbers must be at least 1, got 0"),
    (strategies.submits, {"max_numbers": 0}, "max_numbers must be at least min_numbers, which is 1, got 0"),
    (strategies.requests, {"min_submits": -1}, "min_submits must be at least 0, got -1"),
    (strategies.requests, {"max_submits": 0}, "max_submits must be at least min_submits, which is 1, got 0"),
    (
        strategies.requests,
        {"operation": "balance"},
        "operation must be one of send, report, upmsg, info, got 'balance'",
    ),
    (strategies.requests, {"operation": "info", "submits": strategies.submits()}, "submits must be absent for info"),
    (
        strategies.account_settings,
        {"balanc": st.just(1)},
        "unknown setting 'balanc'; known settings: userid, password, ",
    ),
    (
        strategies.outcome_rules,
        {"fone": st.just("1")},
        "unknown setting 'fone'; known settings: phone, content, linkid",
    ),
    (
        strategies.payloads,
        {"request": INFO, "operation": "balance"},
        "operation must be one of send, report, ",
    ),
    (strategies.payloads, {"request": SEND, "operation": "info"}, "or submits for info"),
    (strategies.payloads, {"request": Request("1", "\0")}, "contains a character that XML cannot carry"),
    (strategies.payloads, {"request": LONG}, "must have at most 2097152 bytes"),
]


@pytest.mark.parametrize(("strategy", "arguments", "reason"), REFUSED)
def test_invalid_arguments_are_refused_by_the_call(
    strategy: Callable[..., object], arguments: dict[str, Any], reason: str
) -> None:
    with pytest.raises(InvalidArgument) as caught:
        strategy(**arguments)
    assert reason in str(caught.value)
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


def test_a_seed_draws_the_same_in_every_process() -> None:
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


def test_a_missing_hypothesis_is_named() -> None:
    script = "import sys; sys.modules['hypothesis'] = None; import ccell_fake.strategies"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"ccell_fake.strategies requires Hypothesis: {install('hypothesis')}" in done.stderr
