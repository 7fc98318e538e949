"""What a threshold costs, of the probabilities that were given."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.bench.category_scores import CategoryScores

probabilities = st.floats(0, 1)
weights = st.floats(1e-9, 1.0)


def scores(*false: tuple[int, float, float], found: tuple[float, ...] = ()) -> CategoryScores:
    return CategoryScores(10, 1e-6, one_look=list(found), whole_pass=[1.0 for _ in found], false=list(false))


def test_what_is_found_is_the_share_of_the_wanted_vehicles_from_the_threshold_on() -> None:
    cost = scores(found=(0.0, 0.5, 0.5, 0.9)).cost_at(0.5, 100)
    assert (cost.found_one_look, cost.found_pass) == (0.75, 1.0)


def test_nothing_is_said_of_what_is_found_where_no_vehicle_was_simulated() -> None:
    cost = scores().cost_at(0.5, 100)
    assert (cost.found_one_look, cost.found_pass) == (None, None)


def test_false_alerts_count_as_much_as_their_texts_are_listed() -> None:
    cost = scores((1, 0.6, 0.01), (2, 0.7, 0.03), (3, 0.4, 0.5)).cost_at(0.5, 100)
    assert cost.false_per_read == pytest.approx(0.04 / 100)
    assert cost.interval[0] < cost.false_per_read < cost.interval[1]


def test_where_no_read_came_near_one_the_density_of_the_lists_bounds_them() -> None:
    cost = scores((1, 0.4, 0.5)).cost_at(0.5, 1000)
    assert cost.false_per_read == 0
    low, high = cost.interval
    assert low == 0
    assert high == pytest.approx(3.69 * 1e-6 / 1000, rel=0.01)


def test_texts_of_one_read_are_no_evidence_of_their_own() -> None:
    together, apart = (scores((1, 0.9, 0.1), (second, 0.9, 0.1)).cost_at(0.5, 10) for second in (1, 2))
    assert together.false_per_read == apart.false_per_read
    assert together.interval[1] > apart.interval[1]


@given(
    st.lists(st.tuples(st.integers(0, 5), probabilities, weights), max_size=20),
    st.lists(probabilities, min_size=1, max_size=20),
    st.tuples(probabilities, probabilities).map(sorted),
)
def test_a_higher_threshold_finds_no_more_and_costs_no_more(
    false: list[tuple[int, float, float]], found: list[float], thresholds: list[float]
) -> None:
    some = scores(*false, found=tuple(found))
    low, high = (some.cost_at(threshold, 10) for threshold in thresholds)
    assert low.found_one_look is not None
    assert high.found_one_look is not None
    assert high.found_one_look <= low.found_one_look
    assert high.false_per_read <= low.false_per_read * (1 + 1e-9)
