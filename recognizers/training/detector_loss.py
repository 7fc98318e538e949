"""How wrong the detector's maps are: focal loss for centres, generalised IoU for boxes, distance for corners."""

from __future__ import annotations

from typing import Any

from keras import ops

from recognizers.training import detector_network as predicted
from recognizers.training import detector_targets as wanted

_FOCUS, _FORGIVE_NEAR = 2.0, 4.0
"""Exponents of the focal loss. Source: Law and Deng, "CornerNet", ECCV 2018."""

_BOX_SHARE, _SIDE_SHARE, _CORNER_SHARE = 1.5, 0.5, 3.0
_MAX_LOG_CELLS = 4.6  # a hundred cells: wider than any picture the network sees


def detector_loss(target: Any, output: Any) -> Any:
    """The loss of a batch, a scalar.

    Args:
        target: shape (batch, rows, columns, 16), as of `detector_targets.target_maps`.
        output: shape (batch, rows, columns, 13), as of the network.
    """
    output = ops.cast(output, "float32")
    return _heat_loss(target, output) + _box_loss(target, output)


def _heat_loss(target: Any, output: Any) -> Any:
    logit = output[..., predicted.HEAT]
    heat, counted = target[..., wanted.HEAT], target[..., wanted.COUNTED]
    probability = ops.sigmoid(logit)
    missed = -ops.log_sigmoid(logit) * (1 - probability) ** _FOCUS
    invented = ops.softplus(logit) * probability**_FOCUS * (1 - heat) ** _FORGIVE_NEAR
    centre = ops.cast(heat >= 1, "float32")
    total = ops.sum(counted * (centre * missed + (1 - centre) * invented))
    return total / ops.maximum(ops.sum(centre), 1.0)


def _box_loss(target: Any, output: Any) -> Any:
    weight = target[..., wanted.BOX_WEIGHT]
    corner_weight = target[..., wanted.CORNER_WEIGHT]
    true = ops.maximum(target[..., wanted.SIDES], 1e-3)
    logs = ops.clip(output[..., predicted.SIDES], -_MAX_LOG_CELLS, _MAX_LOG_CELLS)
    sides = ops.exp(logs)
    overlap = 1 - _generalised_iou(true, sides)
    # In logarithms, so that a pixel counts more on small plates.
    side_error = ops.sum(ops.abs(logs - ops.log(true)), axis=-1)
    corner_error = ops.sum(ops.abs(target[..., wanted.CORNERS] - output[..., predicted.CORNERS]), axis=-1) / 8
    count, corner_count = ops.maximum(ops.sum(weight), 1.0), ops.maximum(ops.sum(corner_weight), 1.0)
    box = ops.sum(weight * (_BOX_SHARE * overlap + _SIDE_SHARE * side_error)) / count
    return box + _CORNER_SHARE * ops.sum(corner_weight * corner_error) / corner_count


def _generalised_iou(true: Any, sides: Any) -> Any:
    """Of boxes given by the distances to their left, top, right and bottom from the same point."""
    inner, outer = ops.minimum(true, sides), ops.maximum(true, sides)
    intersection = _area(inner)
    union = _area(true) + _area(sides) - intersection
    hull = _area(outer)
    return intersection / union - (hull - union) / hull


def _area(sides: Any) -> Any:
    return (sides[..., 0] + sides[..., 2]) * (sides[..., 1] + sides[..., 3])
