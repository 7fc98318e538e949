"""The state network: the grey face of a US plate in, the odds of each state out."""

from __future__ import annotations

import keras

from recognizers.jurisdictions import STATES
from recognizers.training.layers import convolution, residual


def build_state_network(height: int = 96, width: int = 192) -> keras.Model:
    """The untrained network: (batch, height, width, 1) in [0, 1] to logits (batch, states). About 1 M parameters.

    Names and slogans stand anywhere and may be hidden: features are taken at their clearest, and on the whole.
    """
    image = keras.Input((height, width, 1))
    at2 = convolution(keras.layers.Rescaling(4.0, offset=-1.8)(image), 24, size=5, strides=2)
    at4 = residual(convolution(at2, 48, strides=2))
    at8 = residual(convolution(at4, 96, strides=2))
    at16 = residual(convolution(at8, 160, strides=2))
    clearest = keras.layers.GlobalMaxPooling2D()(at16)
    whole = keras.layers.GlobalAveragePooling2D()(at16)
    hidden = keras.layers.Dense(192, activation="relu")(keras.layers.Concatenate()([clearest, whole]))
    logits = keras.layers.Dense(len(STATES), dtype="float32", name="states")(hidden)
    return keras.Model(image, logits, name="plate_state")
