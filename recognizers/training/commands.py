"""What `platewatch train` runs: fit, export, calibrate, measure, publish. Loads keras only once asked to train."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recognizers.confidence import Calibration
from recognizers.detector import LitertPlateDetector
from recognizers.interpreter import Model, WeightsEntry, has_weights, load_weights
from recognizers.plate import GrayImage
from recognizers.reader import READERS, LitertPlateReader
from recognizers.rectification import BAND_HEIGHT, BAND_WIDTH, CROP_HEIGHT, CROP_WIDTH
from recognizers.training.calibration import calibration_error, fit_calibration, fit_temperature
from recognizers.training.detector_batches import calibration_frames
from recognizers.training.errors import require_train_extra
from recognizers.training.publishing import publish, replace_calibration
from recognizers.training.reader_batches import reader_batches
from recognizers.training.settings import TrainingSettings
from recognizers.training.validation import (
    exact_shares,
    held_out_scenes,
    held_out_us_plates,
    read_scenes,
    read_states,
    score_detector,
)
from recognizers.training.word_batches import word_batches

DETECTOR_DATA = (
    "MIT, Apache-2.0 and CC-BY-4.0 photographs of streets and vehicles (Romania, Poland, Spain, China) "
    "with rendered plates pasted in; nothing of the openalpr benchmark"
)
READER_DATA = (
    "rendered plates of the bundled layouts and some 460 plates of MIT photographs (Romania, Poland, Spain); "
    "nothing of the openalpr benchmark"
)

WORDS_DATA = "rendered US plates of the bundled layouts; nothing of the openalpr benchmark"

_FIXED_SEED, _FIXED_BATCH = (7, 7), 64  # of the pictures on which an exported model must agree with the trained one
_HELD_OUT_US = 1500
_TOLD = 0.8  # confidence from which a state is told
_FRAMES_FOR_RANGES = 60  # pictures that the ranges of the detector's 8-bit values are taken from
_HELD_OUT_PER_REGION = 300


def train_detector(settings: TrainingSettings, weights: Path) -> WeightsEntry:
    """Train the detector, or go on where its checkpoint stands, and put it among the weights of a folder.

    Raises:
        MissingTrainExtraError: keras or tensorflow is not installed.
        TrainingDataError: the photographs or their annotations are missing or wrong.
    """
    require_train_extra()
    _limit_threads(settings.threads)
    from recognizers.training.agreement import require_detector_agreement  # noqa: PLC0415 - keras, see above
    from recognizers.training.export import export_detector  # noqa: PLC0415
    from recognizers.training.fitting import fit_detector  # noqa: PLC0415

    trained = fit_detector(settings)
    frames = list(_frames(settings))
    model = export_detector(trained, iter(frames))
    require_detector_agreement(trained, model, frames)
    scores = score_detector(LitertPlateDetector(model), settings.data)
    plates, found = (sum(getattr(score, name) for score in scores.values()) for name in ("plates", "found"))
    invented, images = (sum(getattr(score, name) for score in scores.values()) for name in ("invented", "images"))
    score = (
        f"{found} of {plates} plates of held-out photographs found (IoU 0.5), "
        f"{invented / images:.2f} boxes a picture beside annotated plates"
    )
    return publish(
        model, Model.DETECTOR, weights, data=DETECTOR_DATA, score=score, command=_command(Model.DETECTOR, settings)
    )


def train_reader(settings: TrainingSettings, weights: Path, model_of: Model = Model.READER) -> WeightsEntry:
    """Train a reader, or go on where its checkpoint stands, calibrate it, and put both among the weights of a folder.

    The calibration belongs to all readers together: the others of the folder read with it.

    Args:
        settings: of the run; readers of other seeds err apart.
        weights: the folder.
        model_of: which of `recognizers.reader.READERS` it is.

    Raises:
        MissingTrainExtraError: keras or tensorflow is not installed.
        TrainingDataError: the photographs or their annotations are missing or wrong.
    """
    require_train_extra()
    _limit_threads(settings.threads)
    from recognizers.training.agreement import require_agreement  # noqa: PLC0415 - keras, see above
    from recognizers.training.export import export_crop_network  # noqa: PLC0415
    from recognizers.training.fitting import fit_reader  # noqa: PLC0415

    trained = fit_reader(settings)
    model = export_crop_network(trained, CROP_HEIGHT, CROP_WIDTH)
    require_agreement(trained, model, _fixed_batch(reader_batches, settings))
    scenes = held_out_scenes(settings.data, _HELD_OUT_PER_REGION)
    others = [load_weights(one, weights) for one in READERS if one is not model_of and has_weights(one, weights)]
    outcomes = read_scenes(LitertPlateReader([model, *others], Calibration()), scenes)
    confidences, right = [outcome.read.confidence for outcome in outcomes], [outcome.exact for outcome in outcomes]
    # Fitted on one half, measured on the other.
    calibration = fit_calibration(confidences[::2], right[::2])
    error = calibration_error([calibration.confidence(value) for value in confidences[1::2]], right[1::2])
    replace_calibration(weights, slope=calibration.slope, intercept=calibration.intercept)
    shares = ", ".join(f"{group} {share:.1%}" for group, share in exact_shares(outcomes).items())
    together = " (together with the other reader)" if others else ""
    score = f"exact on held-out plates{together}: {shares}; calibration error {error:.3f}"
    return publish(model, model_of, weights, data=READER_DATA, score=score, command=_command(model_of, settings))


def train_words(settings: TrainingSettings, weights: Path) -> WeightsEntry:
    """Train the network that reads the words of US plates, calibrate their states, and put both among the weights.

    Raises:
        MissingTrainExtraError: keras or tensorflow is not installed.
        TrainingDataError: the photographs or their annotations are missing or wrong.
        TrainingError: the export does not say what was trained.
    """
    require_train_extra()
    _limit_threads(settings.threads)
    from recognizers.training.agreement import require_agreement  # noqa: PLC0415 - keras, see above
    from recognizers.training.export import export_crop_network  # noqa: PLC0415
    from recognizers.training.fitting import fit_words  # noqa: PLC0415

    trained = fit_words(settings)
    model = export_crop_network(trained, BAND_HEIGHT, BAND_WIDTH)
    require_agreement(trained, model, _fixed_batch(word_batches, settings))
    odds, right = read_states(model, held_out_us_plates(settings.data, _HELD_OUT_US))
    calibration = replace_calibration(weights, state_temperature=fit_temperature(odds[::2], right[::2]))
    told = [calibration.states(each) for each in odds[1::2]]
    sure = [int(each.argmax()) == place for each, place in zip(told, right[1::2], strict=True) if each.max() >= _TOLD]
    score = (
        f"held-out rendered US plates from 85 px of width: state given for {len(sure) / max(1, len(told)):.1%}, "
        f"right in {sum(sure) / max(1, len(sure)):.1%} of those"
    )
    return publish(model, Model.WORDS, weights, data=WORDS_DATA, score=score, command=_command(Model.WORDS, settings))


def _limit_threads(threads: int) -> None:
    """Before tensorflow is loaded: it reads these once."""
    for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(name, str(threads))
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


def _frames(settings: TrainingSettings) -> Iterator[GrayImage]:
    return calibration_frames(settings.data, np.random.default_rng([settings.seed, 9]), _FRAMES_FOR_RANGES)


def _fixed_batch(
    batches: Callable[[Path, tuple[int, ...], int], Iterator[tuple[NDArray[np.uint8], object]]],
    settings: TrainingSettings,
) -> NDArray[np.uint8]:
    return next(batches(settings.data, _FIXED_SEED, _FIXED_BATCH))[0]


def _command(model: Model, settings: TrainingSettings) -> str:
    run = f"--steps {settings.steps} --seed {settings.seed} --data PHOTOGRAPHS --out RUN --weights FOLDER"
    return f"platewatch train {model.value} {run}"
