"""The whole way of a training run, as small as it gets: fit, go on, export, and agree with what was fitted."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import keras
import numpy as np
import pytest

from recognizers.heat_map import STRIDE
from recognizers.interpreter import Interpreter
from recognizers.jurisdictions import NATIONS
from recognizers.rectification import BAND_HEIGHT, BAND_WIDTH, CROP_HEIGHT, CROP_WIDTH
from recognizers.training.agreement import agreement, detector_agreement, require_agreement
from recognizers.training.detector_batches import calibration_frames
from recognizers.training.errors import TrainingError
from recognizers.training.export import DETECTOR_HEIGHT, DETECTOR_WIDTH, export_crop_network, export_detector
from recognizers.training.fitting import fit_detector, fit_reader, fit_words
from recognizers.training.reader_batches import reader_batches
from recognizers.training.reader_network import CLASSES
from recognizers.training.settings import TrainingSettings
from recognizers.training.word_batches import word_batches


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four pictures of noise, two of them with a plate."""
    folder = tmp_path_factory.mktemp("photographs")
    rng = np.random.default_rng(1)
    lines = []
    for number in range(4):
        small = rng.integers(0, 255, (12, 20), dtype=np.uint8)
        cv2.imwrite(str(folder / f"{number}.png"), cv2.resize(small, (640, 400), interpolation=cv2.INTER_CUBIC))
        plates = [{"box": [200, 160, 160, 40], "quad": None, "text": "AB123"}] if number % 2 else []
        entry = {"file": f"{number}.png", "width": 640, "height": 400, "source": "test", "license": "none"}
        lines.append(json.dumps({**entry, "plates": plates}))
    (folder / "annotations.jsonl").write_text("\n".join(lines))
    return folder


def settings(photographs: Path, out: Path, steps: int) -> TrainingSettings:
    return TrainingSettings(data=photographs, out=out, steps=steps, batch=4, seed=3)


@pytest.fixture(autouse=True)
def _precision_is_put_back() -> object:
    yield
    keras.mixed_precision.set_global_policy("float32")


def test_a_reader_is_fitted_exported_and_says_what_was_fitted(photographs: Path, tmp_path: Path) -> None:
    model = fit_reader(settings(photographs, tmp_path, 2))
    exported = export_crop_network(model, CROP_HEIGHT, CROP_WIDTH)
    crop = np.zeros((1, CROP_HEIGHT, CROP_WIDTH, 1), np.float32)
    nations, columns = Interpreter(exported).run(crop)
    assert nations.shape == (len(NATIONS),)
    assert columns.shape == (CROP_WIDTH // 4, CLASSES)
    crops, _ = next(reader_batches(photographs, (9, 9), 6))
    assert agreement(model, exported, crops) > 0.6, "two steps leave many answers on the edge"


def test_a_word_network_is_fitted_exported_and_says_what_was_fitted(photographs: Path, tmp_path: Path) -> None:
    model = fit_words(settings(photographs, tmp_path, 2))
    exported = export_crop_network(model, BAND_HEIGHT, BAND_WIDTH)
    (columns,) = Interpreter(exported).run(np.zeros((1, BAND_HEIGHT, BAND_WIDTH, 1), np.float32))
    assert columns.shape == (BAND_WIDTH // 4, CLASSES)
    bands, _ = next(word_batches(photographs, (9, 9), 6))
    assert agreement(model, exported, bands) > 0.6


def test_a_detector_is_fitted_and_its_whole_numbers_come_near_what_was_fitted(
    photographs: Path, tmp_path: Path
) -> None:
    model = fit_detector(settings(photographs, tmp_path, 2))
    frames = list(calibration_frames(photographs, np.random.default_rng(5), 3))
    exported = export_detector(model, iter(frames))
    heat, _, _ = Interpreter(exported).run(frames[0][None, :, :, None])
    assert heat.shape == (DETECTOR_HEIGHT // STRIDE, DETECTOR_WIDTH // STRIDE, 1)
    wanted = np.asarray(model.predict_on_batch(frames[0][None, :, :, None].astype(np.float32) / 255))[0, ..., :1]
    assert np.abs(heat - wanted).mean() < 0.15
    assert detector_agreement(model, exported, frames) == 1.0, "two steps find nothing, and so do both"


def test_a_run_goes_on_where_it_stopped(photographs: Path, tmp_path: Path) -> None:
    fit_reader(settings(photographs, tmp_path, 1))
    fit_reader(settings(photographs, tmp_path, 2))
    steps = [line.split("\t")[0] for line in (tmp_path / "reader.log.tsv").read_text().splitlines()]
    assert steps == ["1", "2"]


def test_the_same_seed_gives_the_same_samples(photographs: Path) -> None:
    first, again = (next(reader_batches(photographs, (4, 0), 3)) for _ in range(2))
    assert np.array_equal(first[0], again[0])
    assert all(np.array_equal(first[1][name], again[1][name]) for name in first[1])


def test_an_export_that_says_something_else_is_not_published(photographs: Path, tmp_path: Path) -> None:
    one = fit_words(settings(photographs, tmp_path / "one", 1))
    exported = export_crop_network(one, BAND_HEIGHT, BAND_WIDTH)
    one.set_weights([weights * -1.5 for weights in one.get_weights()])
    bands, _ = next(word_batches(photographs, (9, 9), 8))
    with pytest.raises(TrainingError, match="it is not published"):
        require_agreement(one, exported, bands)
