"""The reader's network: a grey crop in; the odds of each column's characters, and of the nations, out."""

from __future__ import annotations

from typing import Any

import keras

from recognizers.jurisdictions import NATIONS
from recognizers.plate import ALPHABET
from recognizers.training.layers import StandardizedConv2D, convolution, residual

CLASSES = len(ALPHABET) + 1

COLUMN_PX = 4
"""Width of a column in pixels of the input."""

CHARACTERS, NATION = "characters", "nation"
"""Names of the two outputs."""

_WIDTH = 160  # of a column's vector


def build_reader_network(height: int = 64, width: int = 160) -> keras.Model:
    """The untrained network: (batch, height, width, 1) in [0, 1] to two outputs by name.

    `characters` are logits (batch, width / 4, 37), `nation` are logits (batch, nations). About 1.2 M
    parameters.
    """
    if height % 16 or width % COLUMN_PX:
        msg = f"a crop of {width}x{height} does not fit the strides; take a multiple of {COLUMN_PX} by a multiple of 16"
        raise ValueError(msg)
    image = keras.Input((height, width, 1))
    at8 = stem(image)
    outputs = {CHARACTERS: read_columns(at8, height, width), NATION: _judge(at8)}
    return keras.Model(image, outputs, name="plate_reader")


def stem(image: Any) -> Any:
    """Strokes and their turns: features at an eighth of the height and a quarter of the width."""
    at2 = convolution(keras.layers.Rescaling(4.0, offset=-1.8)(image), 32, size=5, strides=2)
    at4 = residual(convolution(at2, 64, strides=2))
    return residual(convolution(at4, 96, strides=(2, 1)))


def read_columns(at8: Any, height: int, width: int) -> Any:
    """Logits of the characters of each column.

    Args:
        at8: of `stem`.
        height: of the network's input.
        width: of the network's input.
    """
    features = convolution(at8, 128, strides=(2, 1))
    columns = keras.layers.ZeroPadding2D((0, 1))(features)
    columns = keras.layers.ReLU()(StandardizedConv2D(_WIDTH, (height // 16, 3), padding="valid")(columns))
    columns = keras.layers.Reshape((width // COLUMN_PX, _WIDTH))(columns)
    columns = _transformer_layer(_Positions(name="positions")(columns))
    return keras.layers.Dense(CLASSES, dtype="float32", name=CHARACTERS)(columns)


def _judge(at8: Any) -> Any:
    """Names, slogans and bands are small and stand anywhere: what was seen at its clearest, and on the whole."""
    features = convolution(convolution(at8, 112, strides=2), 128)
    clearest = keras.layers.GlobalMaxPooling2D()(features)
    whole = keras.layers.GlobalAveragePooling2D()(features)
    hidden = keras.layers.Dense(128, activation="relu")(keras.layers.Concatenate()([clearest, whole]))
    return keras.layers.Dense(len(NATIONS), dtype="float32", name=NATION)(hidden)


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


def _transformer_layer(columns: Any, *, heads: int = 4, hidden: int = 320) -> Any:
    width = columns.shape[-1]
    normal = keras.layers.LayerNormalization(epsilon=1e-5)(columns)
    attended = keras.layers.MultiHeadAttention(heads, width // heads, flash_attention=False)(normal, normal)
    columns = keras.layers.Add()([columns, attended])
    normal = keras.layers.LayerNormalization(epsilon=1e-5)(columns)
    mixed = keras.layers.Dense(width)(keras.layers.Dense(hidden, activation="relu")(normal))
    return keras.layers.LayerNormalization(epsilon=1e-5)(keras.layers.Add()([columns, mixed]))
