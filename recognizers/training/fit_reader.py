"""Fits the reader's network to crops."""

from __future__ import annotations

import keras

from recognizers.rectification import CROP_HEIGHT, CROP_WIDTH
from recognizers.training.batch_stream import batches_of
from recognizers.training.ctc import ctc_loss
from recognizers.training.nation_loss import nation_loss
from recognizers.training.optimization import fit_steps
from recognizers.training.progress import PRECISION, Checkpoint
from recognizers.training.reader_batches import reader_batches
from recognizers.training.reader_network import CHARACTERS, NATION, build_reader_network
from recognizers.training.settings import TrainingSettings


def fit_reader(settings: TrainingSettings) -> keras.Model:
    """Train, with a checkpoint every 200 steps, and give the network with its averaged weights."""
    keras.mixed_precision.set_global_policy(PRECISION)
    keras.utils.set_random_seed(settings.seed)
    model = build_reader_network(CROP_HEIGHT, CROP_WIDTH)
    checkpoint = Checkpoint(settings.out, "reader")

    def stream(step: int) -> object:
        return batches_of(reader_batches, settings.data, (settings.seed, step), settings.batch)

    losses = {CHARACTERS: ctc_loss, NATION: nation_loss}
    fit_steps(model, losses, stream, settings=settings, checkpoint=checkpoint)
    return model
