from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streams.delivery.breaker import CircuitBreaker


def failed_open(at_s: float = 100.0) -> CircuitBreaker:
    breaker = CircuitBreaker(failures_to_open=3, rest_s=5.0)
    for _ in range(3):
        breaker.fail(at_s, asked=False)
    return breaker


def test_it_opens_after_so_many_failures_in_a_row_and_says_so_once() -> None:
    breaker = CircuitBreaker(failures_to_open=3, rest_s=5.0)
    assert [breaker.fail(100.0, asked=False) for _ in range(4)] == [False, False, True, False]
    assert not breaker.permits(101.0)


def test_a_success_in_between_starts_the_count_anew() -> None:
    breaker = CircuitBreaker(failures_to_open=3, rest_s=5.0)
    for _ in range(10):
        breaker.fail(1.0, asked=False)
        breaker.fail(1.0, asked=False)
        breaker.succeed()
    assert breaker.permits(1.0)


def test_after_its_rest_one_try_asks_and_no_other_until_that_has_ended() -> None:
    breaker = failed_open(at_s=100.0)
    assert not breaker.permits(104.9)
    assert breaker.permits(105.0)
    breaker.begin()
    assert not breaker.permits(105.0)
    assert breaker.succeed()
    assert breaker.permits(105.0)


def test_rests_double_up_to_eight_times_the_first() -> None:
    breaker = failed_open(at_s=0.0)
    rests = []
    for _ in range(6):
        began = breaker.reopens_at_s()
        breaker.begin()
        breaker.fail(began, asked=True)
        rests.append(breaker.reopens_at_s() - began)
    assert rests == [10.0, 20.0, 40.0, 40.0, 40.0, 40.0]


def test_a_try_that_began_before_and_fails_only_now_does_not_prolong_the_rest() -> None:
    breaker = failed_open(at_s=100.0)
    breaker.fail(104.0, asked=False)
    assert breaker.reopens_at_s() == 105.0


@given(st.lists(st.booleans(), max_size=60))
def test_whatever_happens_an_endpoint_is_asked_again_within_the_longest_rest(answers: list[bool]) -> None:
    breaker, now = CircuitBreaker(failures_to_open=2, rest_s=1.0), 0.0
    for ok in answers:
        waited = 0.0
        while not breaker.permits(now):
            now, waited = now + 0.5, waited + 0.5
            assert waited <= 8.0
        asked = breaker.is_open
        breaker.begin()
        if ok:
            breaker.succeed()
        else:
            breaker.fail(now, asked=asked)
