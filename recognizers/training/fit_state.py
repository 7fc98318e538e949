"""Fits the state network to faces of US plates."""

from __future__ import annotations

from typing import Any

import keras

from recognizers.training.batch_stream import batches_of
from recognizers.training.ctc import ctc_loss
from recognizers.training.optimization import fit_steps
from recognizers.training.progress import PRECISION, Checkpoint
from recognizers.training.settings import TrainingSettings
from recognizers.training.state_batches import state_batches
from recognizers.training.state_network import STATE, TITLE, build_state_network

_TITLE_SHARE = 0.15  # of the title's loss, a sum over some eight letters, against the state's


def title_loss(labels: Any, logits: Any) -> Any:
    """Minus the log-likelihood of each title, times its share, shape (batch,)."""
    return _TITLE_SHARE * ctc_loss(labels, logits)


def fit_state(settings: TrainingSettings) -> keras.Model:
    """Train, with a checkpoint every 200 steps, and give the network with its averaged weights."""
    keras.mixed_precision.set_global_policy(PRECISION)
    keras.utils.set_random_seed(settings.seed)
    model = build_state_network()
    checkpoint = Checkpoint(settings.out, "state")

    def stream(step: int) -> object:
        return batches_of(state_batches, settings.data, (settings.seed, step), settings.batch)

    losses = {STATE: keras.losses.SparseCategoricalCrossentropy(from_logits=True), TITLE: title_loss}
    fit_steps(model, losses, stream, settings=settings, checkpoint=checkpoint)
    return model
