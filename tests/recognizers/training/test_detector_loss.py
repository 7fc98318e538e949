"""The detector's loss prefers what is right."""

from __future__ import annotations

import numpy as np

from recognizers.training.detector_loss import detector_loss
from recognizers.training.detector_samples import LabelledPlate
from recognizers.training.detector_targets import CORNERS, SIDES, target_maps

QUAD = np.array([[100, 60], [180, 70], [178, 92], [98, 82]], np.float32)
TARGET = target_maps([LabelledPlate(QUAD, has_corners=True, ignored=False)], 320, 192)[None]


def output_for(target: np.ndarray) -> np.ndarray:
    heat = np.clip(target[..., :1], 1e-3, 1 - 1e-3)
    return np.concatenate(
        [np.log(heat / (1 - heat)), np.log(np.maximum(target[..., SIDES], 1e-2)), target[..., CORNERS]], axis=-1
    )


def loss_of(output: np.ndarray) -> float:
    return float(detector_loss(TARGET, output.astype(np.float32)))


def test_the_right_answer_costs_next_to_nothing() -> None:
    assert loss_of(output_for(TARGET)) < 0.1


def test_every_fault_costs() -> None:
    right = output_for(TARGET)
    for channels, change in ((slice(0, 1), -9.0), (slice(0, 1), 6.0), (slice(1, 5), 0.3), (slice(5, 13), 0.1)):
        wrong = right.copy()
        wrong[..., channels] += change
        assert loss_of(wrong) > loss_of(right) + 0.05


def test_a_batch_without_plates_has_a_finite_loss() -> None:
    empty = target_maps([], 320, 192)[None]
    assert 0 <= float(detector_loss(empty, np.zeros((1, 24, 40, 13), np.float32))) < 1e4
