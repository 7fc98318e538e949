"""How wrong the reader is about which nation issued a plate."""

from __future__ import annotations

from typing import Any

from keras import ops

_SHARE = 0.3
"""Of cross-entropy in the whole loss: characters come first, and share their features with it."""


def nation_loss(labels: Any, logits: Any) -> Any:
    """Cross-entropy of each plate, times its share, shape (batch,); 0 where the label is `UNKNOWN`.

    Args:
        labels: shape (batch,), places in `NATIONS`.
        logits: shape (batch, nations).
    """
    log_odds = ops.log_softmax(ops.cast(logits, "float32"), axis=-1)
    labels = ops.reshape(ops.cast(labels, "int32"), (-1,))
    known = ops.cast(labels >= 0, "float32")
    wanted = ops.one_hot(ops.maximum(labels, 0), log_odds.shape[-1], dtype="float32")
    return -_SHARE * known * ops.sum(wanted * log_odds, axis=-1)
