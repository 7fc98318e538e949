from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sampling import Sampler


@pytest.mark.parametrize(
    ("fps", "max_fps", "taken_in_10_s"),
    [(25, 12.5, 125), (30, 10, 100), (18.09, 10, 100), (10, 10, 100), (5, 10, 50), (29.97, 60, 300)],
)
def test_a_sampler_takes_the_rate_it_was_told(fps: float, max_fps: float, taken_in_10_s: int) -> None:
    sampler = Sampler(max_fps)
    taken = sum(sampler.takes(index / fps) for index in range(round(fps * 10)))
    assert taken == pytest.approx(taken_in_10_s, abs=2)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=200), st.floats(1, 60))
def test_a_sampler_never_takes_much_more_than_the_rate(gaps: list[float], max_fps: float) -> None:
    sampler, at, taken = Sampler(max_fps), 0.0, 0
    for gap in gaps:
        at += gap
        taken += sampler.takes(at)
    assert taken <= at * max_fps / 0.9 + 2
