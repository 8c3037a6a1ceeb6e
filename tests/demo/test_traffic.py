"""Lifelike traffic: reproducible, in order, and of the configured size."""

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ccell_fake import traffic

SEEDS = st.integers(0, 2**32)
COUNTS = st.integers(1, 300)
DAY = timedelta(days=1)


@given(SEEDS, COUNTS)
def test_the_same_seed_makes_the_same_traffic(seed: int, messages: int) -> None:
    first, second = (list(traffic.steps(seed, messages, DAY)) for _ in range(2))
    assert first == second
    assert traffic.settings(seed, messages) == traffic.settings(seed, messages)


def test_another_seed_makes_other_traffic() -> None:
    assert list(traffic.steps(1, 10, DAY)) != list(traffic.steps(2, 10, DAY))


@given(SEEDS, COUNTS)
def test_the_number_of_messages_is_exact(seed: int, messages: int) -> None:
    sends = [step for step in traffic.steps(seed, messages, DAY) if isinstance(step, traffic.Send)]
    assert sum(len(send.phones) for send in sends) == messages
    assert len({send.linkid for send in sends}) == len(sends)
    assert all(len(set(send.phones)) == len(send.phones) for send in sends)


@given(SEEDS, COUNTS, st.timedeltas(timedelta(seconds=1), timedelta(days=40)))
def test_steps_are_in_order_and_within_the_span(seed: int, messages: int, span: timedelta) -> None:
    times = [step.at for step in traffic.steps(seed, messages, span)]
    assert all(earlier <= later for earlier, later in pairwise(times))
    assert timedelta() <= times[0] <= times[-1] <= span


@given(SEEDS)
def test_only_phones_that_received_a_message_reply(seed: int) -> None:
    recipients: set[str] = set()
    for step in traffic.steps(seed, 200, DAY):
        if isinstance(step, traffic.Send):
            recipients.update(step.phones)
        if isinstance(step, traffic.PhoneReply):
            assert step.phone in recipients
