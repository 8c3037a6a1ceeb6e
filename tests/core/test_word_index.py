"""The index of words finds what a search for each word finds, in one pass."""

from collections.abc import Iterable

from harness.counting import count_calls
from hypothesis import given
from hypothesis import strategies as st

from ccell_fake.wire import secrets
from ccell_fake.word_index import WordIndex

WORDS = st.lists(st.text("ab", min_size=1, max_size=5), max_size=12)
TEXTS = st.text("abc", max_size=20)


@given(words=WORDS, text=TEXTS)
def test_the_first_and_longest_word_in_a_text_is_found(words: list[str], text: str) -> None:
    found = [(text.find(word), -len(word), word) for word in words if word in text]
    assert WordIndex(words).first_in(text) == (min(found)[2] if found else None)


@given(words=WORDS, text=TEXTS)
def test_all_words_in_a_text_are_found(words: list[str], text: str) -> None:
    assert WordIndex(words).all_in(text) == {word for word in words if word in text}


@given(words=st.lists(st.text(min_size=1)), before=st.text(), after=st.text(), data=st.data())
def test_a_word_of_any_characters_is_found(words: list[str], before: str, after: str, data: st.DataObject) -> None:
    word = data.draw(st.text(min_size=1) | st.sampled_from(words) if words else st.text(min_size=1))
    assert word in WordIndex([*words, word]).all_in(before + word + after)


def test_an_empty_word_is_in_no_text() -> None:
    assert WordIndex(["", "a"]).all_in("ab") == {"a"}
    assert WordIndex([""]).first_in("ab") is WordIndex([]).first_in("") is None


@given(secret=st.text("ab&", min_size=1, max_size=9), text=st.text("ab&;mp", max_size=40))
def test_a_secret_is_hidden_alike_among_few_and_among_many(secret: str, text: str) -> None:
    others = [f"xyz{number}" for number in range(20)]
    assert secrets.hide(text, [secret, *others]) == secrets.hide(text, [secret])


def test_a_secret_that_begins_another_one_leaves_nothing_of_it() -> None:
    assert secrets.hide("<abcdef>", ["abc", "abcdef"]) == f"<{secrets.HIDDEN}>"
    assert secrets.hide("<abcdef>", ["abc", "abcdef", *"0123456789"]) == f"<{secrets.HIDDEN}>"


def _cost(words: Iterable[str], text: str) -> int:
    index = WordIndex(words)
    return count_calls(lambda: index.all_in(text))


def test_a_search_costs_the_same_among_many_words_as_among_few() -> None:
    text = "w1 and http://sms.example/7 in a text, 的。" * 10
    for alike in ("w", "http://sms.example/", "的"):
        few, many = ([*"的a", *(f"{alike}{number}" for number in range(count))] for count in (100, 100_000))
        assert _cost(many, text) <= 2 * _cost(few, text)


def test_words_that_begin_with_each_other_are_indexed_in_linear_time() -> None:
    """Quadratic time would take longer than any test may. Deep recursion would fail."""
    words = WordIndex([*(f"w{number}" for number in range(500_000)), *(["again"] * 500_000)])
    assert words.first_in("a word: w4999990") == "w499999"
    assert WordIndex("a" * length for length in range(1, 2_000)).first_in("a" * 1_500) == "a" * 1_500


def test_each_of_a_thousand_secrets_is_hidden_everywhere_in_a_text_of_four_megabytes() -> None:
    passwords = [*(f"secret-{number}" for number in range(1_000)), "q"]
    assert secrets.hide("a secret-7 " * (4 * 2**20 // 11), passwords) == f"a {secrets.HIDDEN} " * (4 * 2**20 // 11)
