"""Fits each of the networks to its samples."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import keras

from recognizers.training.batch_stream import BatchMaker, batches_of
from recognizers.training.ctc import ctc_loss
from recognizers.training.detector_batches import detector_batches
from recognizers.training.detector_loss import detector_loss
from recognizers.training.detector_network import build_detector_network
from recognizers.training.nation_loss import nation_loss
from recognizers.training.optimization import Loss, fit_steps
from recognizers.training.progress import PRECISION, Checkpoint
from recognizers.training.reader_batches import reader_batches
from recognizers.training.reader_network import CHARACTERS, NATION, build_reader_network
from recognizers.training.settings import TrainingSettings
from recognizers.training.word_batches import word_batches
from recognizers.training.word_network import build_word_network

Batches = Callable[[Path, tuple[int, ...], int], Iterator[Any]]


def fit_detector(settings: TrainingSettings) -> keras.Model:
    """The detector's network, fitted to windows of photographs."""
    return _fit("detector", build_detector_network, detector_loss, detector_batches, settings)


def fit_reader(settings: TrainingSettings) -> keras.Model:
    """The reader's network, fitted to crops of plates."""
    losses = {CHARACTERS: ctc_loss, NATION: nation_loss}
    return _fit("reader", build_reader_network, losses, reader_batches, settings)


def fit_words(settings: TrainingSettings) -> keras.Model:
    """The word network, fitted to bands of US plates."""
    return _fit("words", build_word_network, ctc_loss, word_batches, settings)


def _fit(  # noqa: PLR0917 - what makes up a training, each of its own kind
    name: str, build: Callable[[], keras.Model], loss: Loss, batches: Batches, settings: TrainingSettings
) -> keras.Model:
    """Train, with a checkpoint every 200 steps, and give the network with its averaged weights."""
    keras.mixed_precision.set_global_policy(PRECISION)
    keras.utils.set_random_seed(settings.seed)
    model = build()

    def stream(step: int) -> AbstractContextManager[BatchMaker[Any]]:
        return batches_of(batches, settings.data, (settings.seed, step), settings.batch)

    fit_steps(model, loss, stream, settings=settings, checkpoint=Checkpoint(settings.out, name))
    return model
