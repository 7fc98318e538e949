"""Whether hits are right as often as they promise, and how surely that is known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from infra.bench.hit_calibration import Hits, calibration_rows, reliability, wilson_weighted
from infra.bench.rows import wilson

probabilities = st.lists(st.floats(0, 1), min_size=1, max_size=50)


def hits_of(
    probability: Sequence[float],
    right: Sequence[bool],
    weight: Sequence[float] | None = None,
    vehicle: Sequence[int] | None = None,
) -> Hits:
    """Hits of equal weight, each of another vehicle, where nothing else is said."""
    count = len(probability)
    return Hits(
        np.array(probability),
        np.array(right, bool),
        np.array(weight if weight is not None else [1.0] * count),
        np.array(vehicle if vehicle is not None else range(count)),
    )


@given(probabilities)
@example([0.3])
@example([float(np.nextafter(0.8, 0))])
@example([0.0, 1.0])
def test_every_hit_is_in_one_tenth(promised: list[float]) -> None:
    tenths = reliability(hits_of(promised, [True] * len(promised)), 0.0)
    assert sum(tenth.hits for tenth in tenths) == len(promised)
    assert all(tenth.low - 1e-9 <= tenth.mean <= tenth.high + 1e-9 for tenth in tenths)


def test_hits_below_the_least_probability_count_nowhere() -> None:
    (tenth,) = reliability(hits_of([0.005, 0.01, 0.05], [False] * 3), 0.01)
    assert (tenth.low, tenth.high, tenth.hits) == (0.01, 0.1, 2)


def test_a_hit_counts_as_much_as_its_weight() -> None:
    (tenth,) = reliability(hits_of([0.90, 0.98], [True, False], [3.0, 1.0]), 0.0)
    assert tenth.hits == 2
    assert [tenth.low, tenth.mean, tenth.right] == pytest.approx([0.9, 0.92, 0.75])


@given(st.integers(1, 40), st.integers(1, 40), st.floats(1e-9, 1e3))
def test_hits_of_equal_weight_of_as_many_vehicles_have_wilsons_interval(right: int, wrong: int, weight: float) -> None:
    count = right + wrong
    hits = hits_of([0.5] * count, [True] * right + [False] * wrong, [weight] * count)
    assert wilson_weighted(hits) == pytest.approx(wilson(right, count))


@pytest.mark.parametrize("right", [True, False])
def test_where_all_are_of_one_kind_the_heaviest_vehicle_counts_as_one(right: bool) -> None:
    hits = hits_of([0.5] * 3, [right] * 3, [2.0, 1.0, 1.0])
    assert wilson_weighted(hits) == pytest.approx(wilson(2.0 * right, 2.0))


@given(st.integers(2, 6))
def test_hits_of_one_vehicle_tell_no_more_than_one(copies: int) -> None:
    once = [True] * 30 + [False] * 10
    apart = hits_of([0.5] * 40, once)
    together = hits_of([0.5] * 40 * copies, once * copies, None, list(range(40)) * copies)
    assert wilson_weighted(together) == pytest.approx(wilson_weighted(apart))


def test_a_few_heavy_hits_tell_less_than_many_light_ones() -> None:
    low, high = wilson_weighted(hits_of([0.8] * 102, [True] * 100 + [False] * 2, [1.0] * 100 + [20.0] * 2))
    light_low, light_high = wilson_weighted(hits_of([0.8] * 140, [True] * 100 + [False] * 40))
    assert low < light_low
    assert light_high < high


def test_the_interval_holds_the_truth_in_about_19_of_20_samples() -> None:
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(400):
        heavy = rng.random(500) < 0.3
        # One in two of the light ones is right, one in four of the heavy ones; these weigh three times as much.
        right = rng.random(500) < np.where(heavy, 0.25, 0.5)
        weight = np.where(heavy, 3.0, 1.0)
        low, high = wilson_weighted(Hits(np.full(500, 0.5), right, weight, np.arange(500)))
        covered += low <= (0.7 * 0.5 + 0.9 * 0.25) / 1.6 <= high
    assert 0.92 <= covered / 400 <= 0.98


@pytest.mark.parametrize(
    ("count", "wrong", "met", "verdict"),
    [
        pytest.param(100_000, 10_000, True, "within 2 points", id="many-and-as-promised"),
        pytest.param(100_000, 20_000, False, "not within 2 points", id="many-and-otherwise"),
        pytest.param(200, 20, None, "cannot be told", id="too-few-though-as-promised"),
        pytest.param(200, 100, False, "not within 2 points", id="few-and-far-off"),
    ],
)
def test_a_row_says_whether_the_share_is_as_promised_or_that_it_cannot_be_told(
    count: int, wrong: int, met: bool | None, verdict: str
) -> None:
    hits = hits_of([0.9] * count, [False] * wrong + [True] * (count - wrong))
    (row,) = calibration_rows("a pass", hits, 0.01, "simulated")
    assert row.met is met
    assert f": {verdict}; {count} hits; simulated" in row.how
    assert row.name == "a pass: hits of p in [0.9, 1]: promised against right"
    assert row.interval is not None
    assert row.interval[0] <= row.value <= row.interval[1]


def test_a_tenth_of_few_hits_gets_no_row() -> None:
    assert list(calibration_rows("a pass", hits_of([0.9] * 199, [True] * 199), 0.01, "")) == []
