"""What is exported computes what was trained."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from keras import ops

from recognizers.heat_map import STRIDE
from recognizers.training.detector_network import CHANNELS, build_detector_network
from recognizers.training.layers import folded_network
from recognizers.training.reader_network import CLASSES, COLUMN_PX, build_reader_network

# Keras saves its variables through NumPy's old protocol.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def test_folded_network_gives_the_same_output() -> None:
    model = build_reader_network()
    crops = np.random.default_rng(1).random((2, 48, 160, 1), np.float32)
    assert ops.convert_to_numpy(folded_network(model)(crops)) == pytest.approx(
        ops.convert_to_numpy(model(crops)), abs=1e-3
    )


def test_saved_network_comes_back_whole(tmp_path: Path) -> None:
    model, other = build_reader_network(), build_reader_network()
    for weight in model.weights:
        weight.assign(np.random.default_rng(2).normal(0, 0.3, weight.shape))
    model.save_weights(tmp_path / "reader.weights.h5")
    other.load_weights(tmp_path / "reader.weights.h5")
    crops = np.random.default_rng(1).random((1, 48, 160, 1), np.float32)
    assert ops.convert_to_numpy(other(crops)) == pytest.approx(ops.convert_to_numpy(model(crops)), abs=1e-4)


def test_reader_gives_odds_of_each_character_for_each_column() -> None:
    assert build_reader_network().output_shape == (None, 160 // COLUMN_PX, CLASSES)


@pytest.mark.parametrize("size", [(40, 160), (48, 161)])
def test_reader_refuses_crops_that_do_not_fit_its_strides(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        build_reader_network(*size)


def test_detector_gives_a_cell_for_each_stride() -> None:
    model = build_detector_network()
    maps = model(np.zeros((1, 96, 160, 1), np.float32))
    assert tuple(maps.shape) == (1, 96 // STRIDE, 160 // STRIDE, CHANNELS)
    assert model.count_params() < 700_000
