from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.bench.recall_curves import Judged

scores = st.lists(st.floats(0, 1), min_size=1, max_size=30)

FOUR = Judged(right=np.array([0.9, 0.7, 0.4, 0.0]), false=np.array([0.8, 0.5, 0.5]), unlisted=1_000)


@pytest.mark.parametrize(
    ("threshold", "recall", "false_per_million"),
    [
        pytest.param(0.95, 0.0, 0.0, id="above-all"),
        pytest.param(0.9, 0.25, 0.0, id="a-score-at-the-threshold-counts"),
        pytest.param(0.5, 0.5, 3_000.0, id="equal-scores-come-together"),
        pytest.param(0.1, 0.75, 3_000.0, id="what-got-no-alert-is-missed"),
    ],
)
def test_a_curve_tells_recall_and_false_alerts_at_a_threshold(
    threshold: float, recall: float, false_per_million: float
) -> None:
    assert FOUR.curve([threshold]) == pytest.approx(np.array([[false_per_million, recall]]))


@pytest.mark.parametrize(
    ("recall", "threshold"),
    [
        pytest.param(0.25, 0.9, id="one-of-four"),
        pytest.param(0.3, 0.7, id="more-than-one-takes-two"),
        pytest.param(0.75, 0.4, id="all-that-got-an-alert"),
        pytest.param(1.0, 0.0, id="never-reached"),
    ],
)
def test_the_threshold_for_a_recall_is_the_highest_that_reaches_it(recall: float, threshold: float) -> None:
    assert FOUR.threshold_for_recall(recall) == threshold


@given(scores, st.floats(0.01, 1))
def test_a_higher_threshold_would_miss_the_recall(right: list[float], recall: float) -> None:
    judged = Judged(np.array(right), np.array([]), 1)
    threshold = judged.threshold_for_recall(recall)
    assert judged.recall_at(threshold) >= recall - 1e-9
    assert judged.recall_at(float(np.nextafter(threshold, 2))) < recall


@given(scores, st.integers(0, 40))
def test_the_threshold_for_false_alerts_is_the_lowest_that_allows_no_more(false: list[float], allowed: int) -> None:
    judged = Judged(np.array([]), np.array(false), 1_000_000)
    threshold = judged.threshold_for_false(float(allowed))
    assert judged.false_per_million_at(threshold) <= allowed + 1e-9
    below = [score for score in false if 0 < score < threshold]
    if below:
        assert judged.false_per_million_at(max(below)) > allowed
