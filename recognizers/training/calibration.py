"""Fits the line that turns the reader's odds into probabilities that hold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recognizers.confidence import Calibration

_STEPS = 60  # Newton's method is done after ten or so
_EDGE = 1e-6
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


def calibration_error(confidences: Sequence[float], right: Sequence[bool], bins: int = 10) -> float:
    """Expected calibration error over bins of equal count: the mean gap between confidence and share of right reads."""
    order = np.argsort(np.asarray(confidences))
    sorted_confidences: NDArray[np.float64] = np.asarray(confidences, np.float64)[order]
    sorted_right = np.asarray(right, np.float64)[order]
    parts = [part for part in np.array_split(np.arange(len(order)), bins) if len(part)]
    gaps = [len(part) * abs(sorted_confidences[part].mean() - sorted_right[part].mean()) for part in parts]
    return float(sum(gaps) / len(order))
