"""The detector's network: a grey image in, a heat map of plates with boxes and corners at an eighth of its size out."""

from __future__ import annotations

from typing import Any

import keras

from recognizers.training.layers import convolution, residual

HEAT, SIDES, CORNERS = slice(0, 1), slice(1, 5), slice(5, 13)
"""Channels of the output: logit of a plate's centre; logarithms of the distances to left, top, right and bottom in
cells; x and y of the four corners relative to the cell's centre as a share of the box's size."""

CHANNELS = 13

# A plate covers few of the cells: start from a probability of 0.01 everywhere, or the first steps only unlearn that.
_HEAT_BIAS = -4.6


def build_detector_network(height: int | None = None, width: int | None = None) -> keras.Model:
    """The untrained network: (batch, height, width, 1) in [0, 1] to (batch, height / 8, width / 8, 13).

    About 0.6 M parameters and 1 GFLOP at 640x384. Height and width are multiples of 32; None leaves them open.
    """
    image = keras.Input((height, width, 1))
    at4 = convolution(convolution(_centred(image), 16, strides=2), 24, strides=2)
    at8 = residual(convolution(at4, 40, strides=2))
    at16 = residual(convolution(at8, 64, strides=2))
    at32 = residual(residual(convolution(at16, 96, strides=2)))
    merged16 = convolution(_lateral(at32, at16, 64), 64)
    merged8 = convolution(_lateral(merged16, at8, 48), 64)
    return keras.Model(image, _head(merged8), name="plate_detector")


def _centred(image: Any) -> Any:
    # Grey of photographs has a mean near 0.45 and a deviation near 0.25.
    return keras.layers.Rescaling(4.0, offset=-1.8)(image)


def _lateral(coarse: Any, fine: Any, filters: int) -> Any:
    coarse = keras.layers.UpSampling2D()(convolution(coarse, filters, size=1))
    return keras.layers.Add()([coarse, convolution(fine, filters, size=1)])


def _head(features: Any) -> Any:
    bias = keras.initializers.Constant(_HEAT_BIAS)
    small = keras.initializers.RandomNormal(stddev=0.01)
    heat = keras.layers.Conv2D(1, 1, bias_initializer=bias, kernel_initializer=small, dtype="float32", name="heat")
    sides = keras.layers.Conv2D(4, 1, kernel_initializer=small, dtype="float32", name="sides")
    corners = keras.layers.Conv2D(8, 1, kernel_initializer=small, dtype="float32", name="corners")
    return keras.layers.Concatenate(dtype="float32")([heat(features), sides(features), corners(features)])
