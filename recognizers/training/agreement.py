"""Whether an exported model says what the network that was trained says."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
from numpy.typing import NDArray

from recognizers.interpreter import Interpreter
from recognizers.training.errors import TrainingError

LEAST_AGREEMENT = 0.97
"""Share of the answers that must be the same; rounding weights to 8 bits turns over those that stood on the edge."""


def agreement(model: keras.Model, exported: bytes, images: NDArray[np.uint8]) -> float:
    """Share of all answers (the best class of each column, cell or picture) that are the same in both, in [0, 1].

    Args:
        model: as it was trained; its outputs are logits, of a column or of the whole picture.
        exported: the LiteRT file.
        images: a fixed batch, shape (batch, height, width, 1).
    """
    wanted = _answers(model.predict_on_batch(images.astype(np.float32) / 255))
    interpreter = Interpreter(exported)
    kind = interpreter.input_type
    same = total = 0
    for number, image in enumerate(images[:, None]):
        values = image if kind == np.uint8 else (image / np.float32(255)).astype(kind)
        for name, logits in zip(wanted, interpreter.run(values), strict=True):
            answers = wanted[name][number]
            same += int((logits.argmax(axis=-1) == answers).sum())
            total += answers.size
    return same / max(1, total)


def require_agreement(model: keras.Model, exported: bytes, images: NDArray[np.uint8]) -> float:
    """As `agreement`.

    Raises:
        TrainingError: they differ in more than rounding explains.
    """
    share = agreement(model, exported, images)
    if share < LEAST_AGREEMENT:
        msg = (
            f"the exported model agrees with the trained one in only {share:.1%} of a fixed batch; it is not published"
        )
        raise TrainingError(msg)
    return share


def _answers(outputs: object) -> dict[str, NDArray[np.int64]]:
    """The best class of each answer by output, ordered by the number of classes, as `Interpreter.run` orders them."""
    named = outputs if isinstance(outputs, dict) else {"": outputs}
    logits: Sequence[tuple[str, NDArray[np.float32]]] = [(name, np.asarray(value)) for name, value in named.items()]
    ordered = sorted(logits, key=lambda entry: entry[1].shape[-1])
    return {name: np.asarray(value.argmax(axis=-1), np.int64) for name, value in ordered}
