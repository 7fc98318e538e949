"""Fits the word network to bands of US plates."""

from __future__ import annotations

import keras

from recognizers.training.batch_stream import batches_of
from recognizers.training.ctc import ctc_loss
from recognizers.training.optimization import fit_steps
from recognizers.training.progress import PRECISION, Checkpoint
from recognizers.training.settings import TrainingSettings
from recognizers.training.word_batches import word_batches
from recognizers.training.word_network import build_word_network


def fit_words(settings: TrainingSettings) -> keras.Model:
    """Train, with a checkpoint every 200 steps, and give the network with its averaged weights."""
    keras.mixed_precision.set_global_policy(PRECISION)
    keras.utils.set_random_seed(settings.seed)
    model = build_word_network()
    checkpoint = Checkpoint(settings.out, "words")

    def stream(step: int) -> object:
        return batches_of(word_batches, settings.data, (settings.seed, step), settings.batch)

    fit_steps(model, ctc_loss, stream, settings=settings, checkpoint=checkpoint)
    return model
