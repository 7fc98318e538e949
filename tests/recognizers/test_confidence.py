"""Calibration moves probabilities without changing their order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizers.confidence import Calibration, load_calibration
from recognizers.plate import Candidate


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_likelier_text_stays_likelier(first: float, second: float) -> None:
    calibration = Calibration(slope=0.8, intercept=-0.3)
    low, high = sorted((first, second))
    assert 0 < calibration.confidence(low) <= calibration.confidence(high) < 1


@given(st.lists(st.floats(0.001, 1), min_size=1, max_size=8), st.floats(0.3, 2), st.floats(-2, 2))
def test_candidates_stay_ordered_and_share_one(weights: list[float], slope: float, intercept: float) -> None:
    total = sum(weights)
    candidates = [Candidate(str(n), weight / total) for n, weight in enumerate(sorted(weights, reverse=True))]
    found = Calibration(slope, intercept).apply(candidates)
    assert [candidate.text for candidate in found] == [candidate.text for candidate in candidates]
    assert sum(candidate.confidence for candidate in found) <= 1 + 1e-6
    assert all(found[0].confidence >= other.confidence for other in found)


def test_no_candidates_stay_none() -> None:
    assert Calibration().apply([]) == ()


def test_shipped_calibration_is_a_rising_line() -> None:
    assert load_calibration().slope == pytest.approx(1, abs=0.6)
