"""A published model is the one that its manifest names."""

from __future__ import annotations

from pathlib import Path

import pytest

from recognizers.confidence import CALIBRATION_FILE, Calibration
from recognizers.interpreter import Model, load_weights
from recognizers.training.errors import TrainingDataError
from recognizers.training.publishing import publish, replace_calibration


def publish_bytes(model: bytes, entry_of: Model, folder: Path) -> None:
    publish(model, entry_of, folder, data='plates of "88" layouts', score="all right", command="platewatch train")


def test_published_models_can_be_loaded_side_by_side(tmp_path: Path) -> None:
    publish_bytes(b"old", Model.READER, tmp_path)
    publish_bytes(b"detector", Model.DETECTOR, tmp_path)
    publish_bytes(b"reader", Model.READER, tmp_path)
    assert load_weights(Model.READER, tmp_path) == b"reader"
    assert load_weights(Model.DETECTOR, tmp_path) == b"detector"


def test_a_broken_manifest_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "manifest.toml").write_text("[reader\n")
    with pytest.raises(TrainingDataError, match="cannot be read"):
        publish_bytes(b"reader", Model.READER, tmp_path)


def test_each_training_replaces_its_own_figures_of_the_calibration(tmp_path: Path) -> None:
    replace_calibration(tmp_path, slope=1.25, intercept=-0.5)
    assert replace_calibration(tmp_path, state_temperature=1.5) == Calibration(1.25, -0.5, 1.5)
    written = (tmp_path / CALIBRATION_FILE).read_text()
    assert written == "slope = 1.2500\nintercept = -0.5000\nstate_temperature = 1.5000\n"


def test_a_broken_calibration_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / CALIBRATION_FILE).write_text("slope = steep\n")
    with pytest.raises(TrainingDataError, match="cannot be read"):
        replace_calibration(tmp_path, slope=1.0)
