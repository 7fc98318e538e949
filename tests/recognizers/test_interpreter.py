"""Only the weights that the manifest names are run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recognizers.interpreter import Interpreter, Model, load_weights, shipped_weights
from recognizers.plate import WeightsError

MANIFEST = """
[reader]
file = "reader.tflite"
sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
licence = "Apache-2.0"
data = "none"
score = "none"
command = "platewatch train reader"
"""


@pytest.mark.parametrize("model", Model)
def test_shipped_weights_are_those_of_the_manifest_and_small(model: Model) -> None:
    assert 100_000 < len(load_weights(model)) < 5_000_000


def test_changed_weights_are_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.toml").write_text(MANIFEST)
    (tmp_path / "reader.tflite").write_bytes(b"hello")
    assert load_weights(Model.READER, tmp_path) == b"hello"
    (tmp_path / "reader.tflite").write_bytes(b"hello!")
    with pytest.raises(WeightsError, match=r"SHA-256 differs.*platewatch train reader"):
        load_weights(Model.READER, tmp_path)


@pytest.mark.parametrize(
    "manifest",
    [
        pytest.param(None, id="no-manifest"),
        pytest.param("[reader]\nfile = 3\n", id="wrong-manifest"),
        pytest.param(MANIFEST, id="no-file"),
        pytest.param("", id="model-not-named"),
    ],
)
def test_missing_weights_are_told_in_one_sentence(tmp_path: Path, manifest: str | None) -> None:
    if manifest is not None:
        (tmp_path / "manifest.toml").write_text(manifest)
    with pytest.raises(WeightsError, match="install the package again"):
        load_weights(Model.READER, tmp_path)


def test_what_is_no_model_is_refused() -> None:
    with pytest.raises(WeightsError, match="no LiteRT model"):
        Interpreter(b"no model at all, but long enough to be looked into")


def test_detector_gives_heat_sides_and_corners() -> None:
    interpreter = Interpreter(load_weights(Model.DETECTOR, shipped_weights()))
    shape = interpreter.input_shape
    assert shape == (1, 384, 640, 1)
    assert interpreter.input_type == np.uint8
    outputs = interpreter.run(np.zeros(shape, np.uint8))
    assert [output.shape for output in outputs] == [(48, 80, 1), (48, 80, 4), (48, 80, 8)]
