"""Calibration is fitted to outcomes."""

from __future__ import annotations

import numpy as np
import pytest

from recognizers.training.calibration import calibration_error, fit_calibration, fit_temperature


def outcomes(slope: float, intercept: float, count: int = 20_000) -> tuple[list[float], list[bool]]:
    """Probabilities of a network whose reads are right as the line through its log-odds says."""
    rng = np.random.default_rng(4)
    odds = rng.normal(1, 2, count)
    right = rng.random(count) < 1 / (1 + np.exp(-(slope * odds + intercept)))
    return list(1 / (1 + np.exp(-odds))), list(right)


@pytest.mark.parametrize(("slope", "intercept"), [(1.0, 0.0), (0.5, -0.4), (1.6, 0.7)])
def test_the_line_behind_the_outcomes_is_found(slope: float, intercept: float) -> None:
    found = fit_calibration(*outcomes(slope, intercept))
    assert found.slope == pytest.approx(slope, abs=0.08)
    assert found.intercept == pytest.approx(intercept, abs=0.08)


def test_calibrated_confidences_hold() -> None:
    probabilities, right = outcomes(0.5, -0.4)
    found = fit_calibration(probabilities, right)
    assert calibration_error(probabilities, right) > 0.05
    assert calibration_error([found.confidence(p) for p in probabilities], right) < 0.02


def test_reads_that_are_all_right_keep_the_fit_finite() -> None:
    found = fit_calibration([0.9, 0.95, 0.99], [True, True, True])
    assert np.isfinite([found.slope, found.intercept]).all()


@pytest.mark.parametrize("temperature", [0.7, 1.0, 2.2])
def test_the_temperature_behind_the_odds_is_found(temperature: float) -> None:
    rng = np.random.default_rng(6)
    logits = rng.normal(0, 2, (6000, 5))
    true = np.exp(logits / temperature)
    true /= true.sum(axis=1, keepdims=True)
    right = [int(rng.choice(5, p=row)) for row in true]
    told = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert fit_temperature(list(told), right) == pytest.approx(temperature, rel=0.08)


def test_the_calibration_error_is_the_gap_within_bins() -> None:
    assert calibration_error([0.75] * 4, [True, True, True, False]) == pytest.approx(0)
    assert calibration_error([0.95] * 4, [True, True, False, False]) == pytest.approx(0.45)
    assert calibration_error([], []) == 0
