"""The state network: the grey face of a US plate in; the odds of each state, and of the title's letters, out."""

from __future__ import annotations

from typing import Any

import keras

from recognizers.jurisdictions import STATES
from recognizers.plate import ALPHABET
from recognizers.training.layers import StandardizedConv2D, convolution, residual

STATE, TITLE = "states", "title"
"""Names of the two outputs."""

_COLUMN_PX = 4


def build_state_network(height: int = 96, width: int = 192) -> keras.Model:
    """The untrained network: (batch, height, width, 1) in [0, 1] to two outputs by name. About 1.3 M parameters.

    `states` are logits (batch, states). `title` are logits (batch, width / 4, 37) that spell the words which name the
    state: whoever has learnt to read them learns the states in a tenth of the time. Only `states` is exported.
    """
    image = keras.Input((height, width, 1))
    at2 = convolution(keras.layers.Rescaling(4.0, offset=-1.8)(image), 32, size=5, strides=2)
    at4 = residual(convolution(at2, 64, strides=2))
    columns = _columns(at4, height, width)
    letters = keras.layers.Dense(len(ALPHABET) + 1, dtype="float32", name=TITLE)(columns)
    looks = convolution(residual(convolution(at4, 96, strides=2)), 128, strides=2)
    seen = [
        keras.layers.GlobalMaxPooling1D()(columns),
        keras.layers.GlobalAveragePooling1D()(columns),
        keras.layers.GlobalMaxPooling2D()(looks),
        keras.layers.GlobalAveragePooling2D()(looks),
    ]
    hidden = keras.layers.Dense(192, activation="relu")(keras.layers.Concatenate()(seen))
    states = keras.layers.Dense(len(STATES), dtype="float32", name=STATE)(hidden)
    return keras.Model(image, {STATE: states, TITLE: letters}, name="plate_state")


def states_alone(model: keras.Model) -> keras.Model:
    """The part that is exported."""
    return keras.Model(model.input, model.get_layer(STATE).output)


def _columns(at4: Any, height: int, width: int) -> Any:
    """What stands in each column, above or below, read from left to right."""
    features = convolution(convolution(at4, 96, strides=(2, 1)), 112, strides=(2, 1))
    columns = keras.layers.ZeroPadding2D((0, 1))(features)
    columns = keras.layers.ReLU()(StandardizedConv2D(144, (height // 16, 3), padding="valid")(columns))
    return keras.layers.Reshape((width // _COLUMN_PX, 144))(columns)
