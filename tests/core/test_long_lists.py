"""Long lists and long patterns cost time in proportion to their length."""

from harness.counting import count_calls
from harness.emulators import Bench

from ccell_fake.engine import wait_match
from ccell_fake.engine.wait_match import WaitFilter
from ccell_fake.inspection import MessageFilter


def _cost_of_a_timeout(characters: int) -> int:
    bench = Bench()
    for _ in range(200):
        bench.send(content="a" * 900 + "【签名】")
    wanted = WaitFilter("message", MessageFilter(content="*a" * (characters // 2) + "b"))
    with bench.admin.opened() as (account, ledger):
        result = wait_match.match(account, ledger, wanted)
        return count_calls(lambda: wait_match.explain(account, ledger, wanted, result))


def test_a_timeout_of_a_wait_with_a_long_pattern_costs_no_more_than_its_length() -> None:
    short, long = _cost_of_a_timeout(180), _cost_of_a_timeout(1_800)
    assert long <= 10 * short
    assert long < 3_000_000
