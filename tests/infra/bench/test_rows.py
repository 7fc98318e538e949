from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.bench.rows import Better, Goal, figure, poisson_interval, share, wilson


@pytest.mark.parametrize(
    ("right", "trials", "interval"),
    [
        pytest.param(0, 10, (0.0, 0.278), id="none"),
        pytest.param(10, 10, (0.722, 1.0), id="all"),
        pytest.param(50, 100, (0.404, 0.596), id="half"),
        pytest.param(0, 0, (0.0, 1.0), id="nothing-is-known-without-trials"),
    ],
)
def test_the_interval_of_a_share_is_wilsons(right: int, trials: int, interval: tuple[float, float]) -> None:
    assert wilson(right, trials) == pytest.approx(interval, abs=0.001)


@given(st.integers(1, 500).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials))))
def test_the_interval_holds_the_share_and_lies_within_0_and_1(counts: tuple[int, int]) -> None:
    low, high = wilson(*counts)
    assert 0 <= low <= counts[0] / counts[1] + 1e-9
    assert counts[0] / counts[1] - 1e-9 <= high <= 1


@pytest.mark.parametrize(
    ("goal", "value", "met"),
    [
        pytest.param(Goal(85, 95), 85.0, True, id="just-reached"),
        pytest.param(Goal(85, 95), 84.9, False, id="missed"),
        pytest.param(Goal(25, 12, Better.LOWER), 24.0, True, id="fast-enough"),
        pytest.param(Goal(25, 12, Better.LOWER), 25.1, False, id="too-slow"),
        pytest.param(Goal(None, 80), 3.0, None, id="an-aim-is-no-bar"),
    ],
)
def test_a_row_says_whether_its_bar_is_met(goal: Goal, value: float, met: bool | None) -> None:
    assert figure("a", value, "%", goal=goal, how="").met is met


def test_a_share_is_told_with_its_trials_and_interval() -> None:
    row = share("a", 3, 4, goal=Goal(70, 90), how="counted")
    assert (row.value, row.trials, row.met) == (75.0, 4, True)
    assert row.interval == (30.1, 95.4)


@pytest.mark.parametrize(
    ("events", "interval"),
    [
        pytest.param(0, (0.0, 3.689), id="none"),
        pytest.param(1, (0.0253, 5.572), id="one"),
        pytest.param(10, (4.795, 18.39), id="ten"),
        pytest.param(100, (81.36, 121.6), id="a-hundred"),
    ],
)
def test_the_interval_of_rare_events_is_nearly_the_exact_one(events: int, interval: tuple[float, float]) -> None:
    assert poisson_interval(events) == pytest.approx(interval, rel=0.01, abs=0.02)


@given(st.floats(0, 1e6))
def test_the_interval_of_rare_events_holds_what_was_seen(events: float) -> None:
    low, high = poisson_interval(events)
    assert 0 <= low <= events < high
