from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streams.delivery.rate import TokenBucket


@given(st.floats(0.5, 50), st.lists(st.floats(0, 0.5), min_size=1, max_size=200))
def test_in_no_time_more_goes_than_the_rate_and_a_seconds_worth(rate: float, waits: list[float]) -> None:
    bucket, now, taken = TokenBucket(rate, filled_at_s=0.0), 0.0, 0
    for wait in waits:
        now += wait
        while bucket.may_take(now):
            bucket.take(now)
            taken += 1
    assert taken <= max(1.0, rate) + rate * now + 1e-6


def test_it_says_when_the_next_may_go() -> None:
    bucket = TokenBucket(2.0, tokens=1.0, filled_at_s=10.0)
    bucket.take(10.0)
    assert not bucket.may_take(10.0)
    assert bucket.next_at_s(10.0) == 10.5
    assert bucket.may_take(10.5)


def test_a_clock_that_runs_back_fills_nothing() -> None:
    bucket = TokenBucket(1.0, tokens=0.0, filled_at_s=100.0)
    assert not bucket.may_take(50.0)
    assert not bucket.may_take(100.5)
