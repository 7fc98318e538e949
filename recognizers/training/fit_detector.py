"""Fits the detector's network to windows of photographs."""

from __future__ import annotations

import keras

from recognizers.training.batch_stream import batches_of
from recognizers.training.detector_batches import detector_batches
from recognizers.training.detector_loss import detector_loss
from recognizers.training.detector_network import build_detector_network
from recognizers.training.optimization import fit_steps
from recognizers.training.progress import PRECISION, Checkpoint
from recognizers.training.settings import TrainingSettings


def fit_detector(settings: TrainingSettings) -> keras.Model:
    """Train, with a checkpoint every 200 steps, and give the network with its averaged weights."""
    keras.mixed_precision.set_global_policy(PRECISION)
    keras.utils.set_random_seed(settings.seed)
    model = build_detector_network()
    checkpoint = Checkpoint(settings.out, "detector")

    def stream(step: int) -> object:
        return batches_of(detector_batches, settings.data, (settings.seed, step), settings.batch)

    fit_steps(model, detector_loss, stream, settings=settings, checkpoint=checkpoint)
    return model
