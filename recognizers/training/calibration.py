"""Fits the line and the temperature that turn the reader's odds into probabilities that hold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recognizers.confidence import Calibration

_STEPS = 60  # Newton's method is done after ten or so
_EDGE = 1e-6
_COLDEST, _HOTTEST = 0.3, 5.0  # temperatures beyond are those of a network that has learnt nothing
_PULL = 1e-3  # towards slope 0: keeps the fit finite where every read is right


def fit_calibration(probabilities: Sequence[float], right: Sequence[bool]) -> Calibration:
    """The calibration that makes the given outcomes likeliest (logistic regression on the log-odds).

    Args:
        probabilities: the network's own, of the best text of each held-out plate.
        right: whether that text was exactly right.
    """
    bounded = np.clip(np.asarray(probabilities, np.float64), _EDGE, 1 - _EDGE)
    features = np.stack([np.log(bounded / (1 - bounded)), np.ones_like(bounded)], axis=1)
    wanted = np.asarray(right, np.float64)
    weights = np.array([1.0, 0.0])
    for _ in range(_STEPS):
        predicted = 1 / (1 + np.exp(-features @ weights))
        gradient = features.T @ (predicted - wanted) + _PULL * weights
        curvature = (features * (predicted * (1 - predicted))[:, None]).T @ features + _PULL * np.eye(2)
        weights = weights - np.linalg.solve(curvature, gradient)
    return Calibration(slope=float(weights[0]), intercept=float(weights[1]))


def fit_temperature(odds: Sequence[NDArray[np.floating]], right: Sequence[int]) -> float:
    """The temperature that makes the right classes likeliest, by the golden section.

    Args:
        odds: for each held-out plate the network's own probability of each class.
        right: the place of each right class.
    """
    logs = np.log(np.maximum(np.asarray(odds, np.float64), _EDGE))
    rows = np.arange(len(logs))

    def surprise(temperature: float) -> float:
        scaled = logs / temperature
        peak = scaled.max(axis=1)
        total = peak + np.log(np.exp(scaled - peak[:, None]).sum(axis=1))
        return float((total - scaled[rows, np.asarray(right)]).mean())

    low, high, part = _COLDEST, _HOTTEST, (np.sqrt(5) - 1) / 2
    for _ in range(_STEPS):
        left, warm = high - part * (high - low), low + part * (high - low)
        low, high = (low, warm) if surprise(left) < surprise(warm) else (left, high)
    return float((low + high) / 2)


def calibration_error(confidences: Sequence[float], right: Sequence[bool], bins: int = 10) -> float:
    """Expected calibration error: mean gap between confidence and share of right reads, over bins of equal width."""
    gap = 0.0
    for number in range(bins):
        inside = [i for i, value in enumerate(confidences) if min(bins - 1, int(value * bins)) == number]
        gap += abs(sum(confidences[i] for i in inside) - sum(right[i] for i in inside))
    return gap / max(1, len(confidences))
