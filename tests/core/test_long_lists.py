"""Long lists and long patterns cost time in proportion to their length."""

from harness.counting import count_calls
from harness.emulators import Bench
from hypothesis import given
from hypothesis import strategies as st

from ccell_fake.engine import wait_match
from ccell_fake.engine.policy import Words
from ccell_fake.engine.wait_match import WaitFilter
from ccell_fake.inspection import MessageFilter


@given(
    words=st.lists(st.text("ab", min_size=1, max_size=5), min_size=1, max_size=8), content=st.text("abc", max_size=12)
)
def test_the_first_and_longest_word_in_a_content_is_found(words: list[str], content: str) -> None:
    found = [(content.find(word), -len(word), word) for word in words if word in content]
    assert Words(tuple(words)).first_in(content) == (min(found)[2] if found else None)


def test_a_list_of_words_that_begin_with_each_other_is_built_in_linear_time() -> None:
    """In quadratic time, this would take longer than any test may."""
    words = Words(tuple(f"w{number}" for number in range(500_000)) + ("again",) * 500_000)
    assert words.first_in("a word: w4999990") == "w499999"


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
