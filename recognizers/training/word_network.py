"""The word network: a grey band of a plate in, the odds of each column's letters out."""

from __future__ import annotations

import keras

from recognizers.rectification import BAND_HEIGHT, BAND_WIDTH
from recognizers.training.reader_network import read_columns, stem


def build_word_network() -> keras.Model:
    """The untrained network: (batch, 64, 240, 1) in [0, 1] to logits (batch, 60, 37). About 1 M parameters."""
    image = keras.Input((BAND_HEIGHT, BAND_WIDTH, 1))
    return keras.Model(image, read_columns(stem(image), BAND_HEIGHT, BAND_WIDTH), name="plate_words")
