from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.reconnect import Backoff


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_a_wait_lies_between_nothing_and_the_cap(failures: int, number: float) -> None:
    backoff = Backoff(first_s=0.5, longest_s=30)
    assert 0 <= backoff.wait_s(failures, lambda: number) <= 30


@pytest.mark.parametrize(("failures", "longest"), [(1, 0.5), (2, 1.0), (3, 2.0), (7, 30.0)])
def test_the_longest_wait_doubles_up_to_the_cap(failures: int, longest: float) -> None:
    assert Backoff(first_s=0.5, longest_s=30).longest_wait_s(failures) == longest


def test_a_backoff_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="first_s"):
        Backoff(first_s=5, longest_s=1)
