"""The loop that all networks are fitted with: AdamW along a cosine, weights averaged, checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np

from recognizers.training.progress import Checkpoint, Reporter, RunState
from recognizers.training.settings import Start, TrainingSettings

_WARM_UP_STEPS = 300
_LARGEST_GRADIENT = 2.0  # one batch of unreadable crops must not undo many good ones
_AVERAGE_OVER = 0.997  # share that the average of the weights keeps each step: it spans some 300 steps


Loss = Callable[[Any, Any], Any] | Mapping[str, Callable[[Any, Any], Any]]
"""Of targets and outputs; by name where the network has several outputs."""


def build_optimizer(settings: TrainingSettings) -> keras.optimizers.Optimizer:
    """AdamW with warm-up, a cosine to 0, clipped gradients and averaged weights."""
    rate = keras.optimizers.schedules.CosineDecay(
        settings.peak_rate / 100,
        decay_steps=max(1, settings.steps - _WARM_UP_STEPS),
        warmup_target=settings.peak_rate,
        warmup_steps=min(_WARM_UP_STEPS, settings.steps),
    )
    optimizer = keras.optimizers.AdamW(
        rate,
        weight_decay=0.02,
        global_clipnorm=_LARGEST_GRADIENT,
        use_ema=True,
        ema_momentum=_AVERAGE_OVER,
    )
    # Pulling gains, biases and positions to 0 would only fight the standardised weights.
    optimizer.exclude_from_weight_decay(var_names=["gain", "bias", "positions", "gamma", "beta"])
    return optimizer


def fit_steps(
    model: keras.Model,
    loss: Loss,
    stream: Callable[[int], Any],
    *,
    settings: TrainingSettings,
    checkpoint: Checkpoint,
) -> None:
    """Train up to `settings.steps`; afterwards the model holds the averaged weights.

    Args:
        model: the network, trained in place.
        loss: of targets and outputs.
        stream: gives, for the step at which training starts, a context manager of an endless iterator of batches:
            grey images of uint8, and their targets.
        settings: how long, how fast, from where.
        checkpoint: where to save each 200 steps and go on from.
    """
    state = restore(model, settings, checkpoint, loss)
    with stream(state.step) as batches, Reporter(checkpoint, state, settings.steps) as reporter:
        for _ in range(state.step, settings.steps):
            images, targets = next(batches)
            # Not model.fit: its data adapter takes no batches of several sizes.
            # The total, and with several outputs the loss of each behind it.
            total, *_ = np.atleast_1d(model.train_on_batch(images.astype(np.float32) / 255, targets))
            reporter.stepped(model, float(total))
    model.optimizer.finalize_variable_values(model.trainable_variables)


def restore(model: keras.Model, settings: TrainingSettings, checkpoint: Checkpoint, loss: Loss) -> RunState:
    """Compile the model and bring it and its optimizer to where the run of these settings stands."""
    optimizer = build_optimizer(settings)
    model.compile(optimizer=optimizer, loss=loss)
    optimizer.build(model.trainable_variables)
    return checkpoint.load(model) if settings.start is Start.RESUME else RunState(0, 0.0)
