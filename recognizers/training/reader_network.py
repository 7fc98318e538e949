"""The reader's network: a grey crop of a plate in, for each column the odds of every character out."""

from __future__ import annotations

from typing import Any

import keras

from recognizers.plate import ALPHABET
from recognizers.training.layers import StandardizedConv2D, convolution, residual

CLASSES = len(ALPHABET) + 1

COLUMN_PX = 4
"""Width of a column in pixels of the input."""


def build_reader_network(height: int = 48, width: int = 160) -> keras.Model:
    """The untrained network: (batch, height, width, 1) in [0, 1] to logits (batch, width / 4, 37)."""
    if height % 16 or width % COLUMN_PX:
        msg = f"a crop of {width}x{height} does not fit the strides; take a multiple of {COLUMN_PX} by a multiple of 16"
        raise ValueError(msg)
    image = keras.Input((height, width, 1))
    features = convolution(keras.layers.Rescaling(4.0, offset=-1.8)(image), 32, size=5, strides=2)
    features = residual(convolution(features, 48, strides=2))
    features = residual(convolution(features, 80, strides=(2, 1)))
    features = convolution(features, 112, strides=(2, 1))
    columns = keras.layers.ZeroPadding2D((0, 1))(features)
    columns = keras.layers.ReLU()(StandardizedConv2D(128, (height // 16, 3), padding="valid")(columns))
    columns = keras.layers.Reshape((width // COLUMN_PX, 128))(columns)
    columns = _transformer_layer(_Positions(name="positions")(columns))
    logits = keras.layers.Dense(CLASSES, dtype="float32", name="logits")(columns)
    return keras.Model(image, logits, name="plate_reader")


@keras.saving.register_keras_serializable("platewatch")
class _Positions(keras.layers.Layer):  # type: ignore[misc]
    """Adds a learned vector to each column, so that attention knows where it looks."""

    def build(self, input_shape: Any) -> None:
        """Create the vectors."""
        initializer = keras.initializers.RandomNormal(stddev=0.02)
        self.positions = self.add_weight(name="positions", shape=tuple(input_shape[1:]), initializer=initializer)

    def call(self, columns: Any) -> Any:
        """The columns with their positions added."""
        return columns + keras.ops.cast(self.positions, columns.dtype)


def _transformer_layer(columns: Any, *, heads: int = 4, hidden: int = 256) -> Any:
    width = columns.shape[-1]
    normal = keras.layers.LayerNormalization(epsilon=1e-5)(columns)
    attended = keras.layers.MultiHeadAttention(heads, width // heads, flash_attention=False)(normal, normal)
    columns = keras.layers.Add()([columns, attended])
    normal = keras.layers.LayerNormalization(epsilon=1e-5)(columns)
    mixed = keras.layers.Dense(width)(keras.layers.Dense(hidden, activation="relu")(normal))
    return keras.layers.LayerNormalization(epsilon=1e-5)(keras.layers.Add()([columns, mixed]))
