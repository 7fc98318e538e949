"""What is exported computes what was trained."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from keras import ops

from recognizers.heat_map import STRIDE
from recognizers.jurisdictions import NATIONS
from recognizers.rectification import BAND_HEIGHT, BAND_WIDTH, CROP_HEIGHT, CROP_WIDTH
from recognizers.training.detector_network import CHANNELS, build_detector_network
from recognizers.training.layers import folded_network
from recognizers.training.reader_network import CHARACTERS, CLASSES, COLUMN_PX, NATION, build_reader_network
from recognizers.training.word_network import build_word_network

CROP = (CROP_HEIGHT, CROP_WIDTH, 1)


def test_folded_network_gives_the_same_output() -> None:
    model = build_reader_network()
    crops = np.random.default_rng(1).random((2, *CROP), np.float32)
    wanted, folded = model(crops), folded_network(model)(crops)
    assert set(folded) == {CHARACTERS, NATION}
    for name, logits in folded.items():
        assert ops.convert_to_numpy(logits) == pytest.approx(ops.convert_to_numpy(wanted[name]), abs=1e-3)


def test_saved_network_comes_back_whole(tmp_path: Path) -> None:
    model, other = build_word_network(), build_word_network()
    for weight in model.weights:
        weight.assign(np.random.default_rng(2).normal(0, 0.3, weight.shape))
    model.save_weights(tmp_path / "words.weights.h5")
    other.load_weights(tmp_path / "words.weights.h5")
    bands = np.random.default_rng(1).random((1, BAND_HEIGHT, BAND_WIDTH, 1), np.float32)
    assert ops.convert_to_numpy(other(bands)) == pytest.approx(ops.convert_to_numpy(model(bands)), abs=1e-4)


def test_reader_gives_odds_of_each_character_for_each_column_and_of_each_nation() -> None:
    shapes = {name: tuple(output.shape) for name, output in build_reader_network().output.items()}
    assert shapes == {CHARACTERS: (None, 160 // COLUMN_PX, CLASSES), NATION: (None, len(NATIONS))}


@pytest.mark.parametrize("size", [(40, 160), (48, 161)])
def test_reader_refuses_crops_that_do_not_fit_its_strides(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        build_reader_network(*size)


def test_detector_gives_a_cell_for_each_stride() -> None:
    model = build_detector_network()
    maps = model(np.zeros((1, 96, 160, 1), np.float32))
    assert tuple(maps.shape) == (1, 96 // STRIDE, 160 // STRIDE, CHANNELS)
    assert model.count_params() < 700_000
