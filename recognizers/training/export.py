"""Networks to LiteRT files."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from recognizers.plate import GrayImage
from recognizers.training.layers import folded_network

DETECTOR_WIDTH, DETECTOR_HEIGHT = 640, 384
"""Size of the served detector's input in pixels."""


def export_detector(model: keras.Model, frames: Iterator[GrayImage]) -> bytes:
    """The detector in whole numbers of 8 bits: grey uint8 in; heat, sides and corners out, as float32.

    Args:
        model: the trained network, of any input size.
        frames: pictures of shape (384, 640) like those it will see, from which the ranges of all values are taken.
    """
    plain = folded_network(model)
    image = keras.Input((DETECTOR_HEIGHT, DETECTOR_WIDTH, 1), batch_size=1)
    # Three outputs: one would share a scale, and corners of 0.5 would drown in logits of 10.
    parts = [plain.get_layer(name).output for name in ("heat", "sides", "corners")]
    split = keras.Model(plain.input, parts)
    served = keras.Model(image, split(image))

    def samples() -> Iterator[list[NDArray[np.float32]]]:
        for frame in frames:
            values = np.asarray(frame[None, :, :, None] / 255, np.float32)
            # The whole range, so that the input's scale becomes exactly 1/255 and pixels go in as they are.
            values[0, 0, 0], values[0, 0, 1] = 0, 1
            yield [values]

    def configure(converter: Any, tensorflow: Any) -> None:
        converter.optimizations = [tensorflow.lite.Optimize.DEFAULT]
        converter.representative_dataset = samples
        converter.target_spec.supported_ops = [tensorflow.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tensorflow.uint8

    return _convert(served, configure)


def export_crop_network(model: keras.Model, height: int, width: int) -> bytes:
    """The reader or the state network with weights of 8 bits: grey float32 in [0, 1] in, logits out."""
    plain = folded_network(model)
    image = keras.Input((height, width, 1), batch_size=1)

    def configure(converter: Any, tensorflow: Any) -> None:
        converter.optimizations = [tensorflow.lite.Optimize.DEFAULT]

    return _convert(keras.Model(image, plain(image)), configure)


def _convert(model: keras.Model, configure: Callable[[Any, Any], None]) -> bytes:
    import tensorflow as tf  # noqa: PLC0415 - the converter is TensorFlow's, whichever backend trained

    with tempfile.TemporaryDirectory() as folder:
        # By way of a SavedModel: a converter of the bare function leaves the weights out, without an error.
        model.export(Path(folder), format="tf_saved_model", verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        configure(converter, tf)
        return bytes(converter.convert())
