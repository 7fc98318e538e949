"""Whether an exported model says what the network that was trained says."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
from numpy.typing import NDArray

from recognizers.heat_map import PlateMaps, find_quads
from recognizers.interpreter import Interpreter
from recognizers.plate import GrayImage
from recognizers.training.errors import TrainingError

LEAST_AGREEMENT = 0.97
"""Share of the answers that must be the same; rounding weights to 8 bits turns over those that stood on the edge."""

LEAST_DETECTOR_AGREEMENT = 0.9
"""The same of the plates that are found: activations are rounded too, and scores lie near any threshold."""

_FOUND, _NEAR_PX = 0.5, 8.0  # score from which a plate counts as found; how far its corners may be off: a cell


def agreement(model: keras.Model, exported: bytes, images: NDArray[np.uint8]) -> float:
    """Share of the answers that are the same in both, of the output that differs most, in [0, 1].

    An answer is the best class of a picture or of a column; columns that are blank in both say nothing.

    Args:
        model: as it was trained; its outputs are logits.
        exported: the LiteRT file.
        images: a fixed batch, shape (batch, height, width, 1).
    """
    wanted = _outputs(model.predict_on_batch(images.astype(np.float32) / 255))
    interpreter = Interpreter(exported)
    values = (images[:, None] / np.float32(255)).astype(interpreter.input_type)
    given = [np.stack(each) for each in zip(*(interpreter.run(value) for value in values), strict=True)]
    return min(_same(one, other) for one, other in zip(wanted, given, strict=True))


def _same(wanted: NDArray[np.float32], given: NDArray[np.float32]) -> float:
    one, other = wanted.argmax(axis=-1), given.argmax(axis=-1)
    blank = wanted.shape[-1] - 1
    told = (one != blank) | (other != blank) if wanted.ndim > 2 else np.ones(one.shape, bool)  # noqa: PLR2004 - columns
    return float((one == other)[told].mean()) if told.any() else 1.0


def require_agreement(model: keras.Model, exported: bytes, images: NDArray[np.uint8]) -> float:
    """As `agreement`.

    Raises:
        TrainingError: they differ in more than rounding explains.
    """
    return _require(agreement(model, exported, images), LEAST_AGREEMENT)


def require_detector_agreement(model: keras.Model, exported: bytes, frames: Sequence[GrayImage]) -> float:
    """As `detector_agreement`.

    Raises:
        TrainingError: they differ in more than rounding explains.
    """
    return _require(detector_agreement(model, exported, frames), LEAST_DETECTOR_AGREEMENT)


def _require(share: float, least: float) -> float:
    if share < least:
        msg = (
            f"the exported model agrees with the trained one in only {share:.1%} of a fixed batch; it is not published"
        )
        raise TrainingError(msg)
    return share


def _outputs(outputs: object) -> list[NDArray[np.float32]]:
    """The logits of each output, ordered as `Interpreter.run` orders them."""
    each = outputs.values() if isinstance(outputs, dict) else [outputs]
    return sorted((np.asarray(value, np.float32) for value in each), key=lambda value: (value.ndim, value.shape[-1]))


def detector_agreement(model: keras.Model, exported: bytes, frames: Sequence[GrayImage]) -> float:
    """Share of the plates that either finds in the frames and both find, at the same place, in [0, 1].

    Args:
        model: as it was trained.
        exported: the LiteRT file, in whole numbers of 8 bits.
        frames: pictures of the size that the exported model takes.
    """
    interpreter = Interpreter(exported)
    both = either = 0
    for frame in frames:
        maps = np.asarray(model.predict_on_batch(frame[None, :, :, None].astype(np.float32) / 255), np.float32)[0]
        heat, sides, corners = interpreter.run(frame[None, :, :, None])
        wanted = find_quads(PlateMaps(maps[..., 0], maps[..., 1:5], maps[..., 5:13]), _FOUND).quads
        given = find_quads(PlateMaps(heat[..., 0], sides, corners), _FOUND).quads
        near = sum(any(np.abs(one - other).max() <= _NEAR_PX for other in given) for one in wanted)
        both, either = both + near, either + len(wanted) + len(given) - near
    return both / either if either else 1.0
