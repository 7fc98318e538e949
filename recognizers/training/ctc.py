"""Connectionist temporal classification: the loss of a text against the columns that must spell it.

Written out because the loss of the backends costs more than the network does: 10 ms a batch of 64 against 180 ms.
Source: Graves et al., "Connectionist temporal classification", ICML 2006.
"""

from __future__ import annotations

from typing import Any

from keras import ops

from recognizers.training.labels import BLANK, PADDING

_IMPOSSIBLE = -1e9  # a logarithm of zero that survives additions in float32


def ctc_loss(labels: Any, logits: Any) -> Any:
    """Minus the log-likelihood of each text, shape (batch,).

    Args:
        labels: shape (batch, characters), indices into the alphabet, padded at the end with `PADDING`. May be empty.
        logits: shape (batch, columns, classes); the blank is the last class.
    """
    logits = ops.cast(logits, "float32")
    log_odds = ops.log_softmax(logits, axis=-1)
    labels = ops.cast(labels, "int32")
    states = _interleave_blanks(labels)
    emitted = ops.einsum("btc,bsc->tbs", log_odds, ops.one_hot(states, logits.shape[-1], dtype="float32"))
    may_skip = _skip_scores(states)
    count = states.shape[1]
    position = ops.arange(count)
    alpha = ops.where(position < 2, emitted[0], _IMPOSSIBLE)  # noqa: PLR2004 - a path starts at the blank or the first
    for column in range(1, logits.shape[1]):
        one_back = ops.pad(alpha, ((0, 0), (1, 0)), constant_values=_IMPOSSIBLE)[:, :count]
        two_back = ops.pad(alpha, ((0, 0), (2, 0)), constant_values=_IMPOSSIBLE)[:, :count] + may_skip
        alpha = _log_sum(alpha, one_back, two_back) + emitted[column]
    lengths = ops.sum(ops.cast(labels != PADDING, "int32"), axis=1, keepdims=True)
    ends = (position[None] == 2 * lengths) | (position[None] == 2 * lengths - 1)
    return -ops.logsumexp(ops.where(ends, alpha, _IMPOSSIBLE), axis=1)


def _interleave_blanks(labels: Any) -> Any:
    """The states of a path: blank, first character, blank, second character, …, blank."""
    characters = ops.where(labels == PADDING, BLANK, labels)
    blanks = ops.full_like(characters, BLANK)
    pairs = ops.reshape(ops.stack([blanks, characters], axis=2), (-1, 2 * labels.shape[1]))
    return ops.pad(pairs, ((0, 0), (0, 1)), constant_values=BLANK)


def _skip_scores(states: Any) -> Any:
    """0 where the blank before a state may be left out, else a logarithm of zero: between two different characters."""
    two_back = ops.pad(states, ((0, 0), (2, 0)), constant_values=BLANK)[:, : states.shape[1]]
    return ops.where((states != BLANK) & (states != two_back), 0.0, _IMPOSSIBLE)


def _log_sum(first: Any, second: Any, third: Any) -> Any:
    peak = ops.maximum(ops.maximum(first, second), third)
    total = ops.exp(first - peak) + ops.exp(second - peak) + ops.exp(third - peak)
    return peak + ops.log(total)
