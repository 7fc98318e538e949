"""The state of a US plate is told from its words, and only where they can be seen."""

from __future__ import annotations

import numpy as np
import pytest

from recognizers.confidence import load_calibration
from recognizers.interpreter import Model, load_weights
from recognizers.jurisdictions import STATES
from recognizers.state_reader import LEAST_WIDTH_PX, LitertStateReader
from recognizers.training.reader_samples import SizeRange, draw_rendered
from recognizers.training.word_batches import draw_state_plate

CLOSE = SizeRange(smallest_px=45.0, largest_px=80.0, detail=0.3)
PLATES = 80


@pytest.fixture(scope="module")
def reader() -> LitertStateReader:
    return LitertStateReader(load_weights(Model.WORDS), load_calibration())


def test_states_of_close_plates_are_told_and_what_is_told_surely_is_right(reader: LitertStateReader) -> None:
    rng = np.random.default_rng(515_151)
    ground = np.full((300, 500), 90, np.uint8)
    sure = right = 0
    for _ in range(PLATES):
        scene = draw_rendered(draw_state_plate(rng), ground, rng, CLOSE)
        states = reader.states(scene.image, scene.quad)
        assert [one.code for one in states] == list(STATES)
        assert sum(one.probability for one in states) == pytest.approx(1)
        best = max(states, key=lambda one: one.probability)
        if best.probability >= 0.8:
            sure += 1
            right += best.code == scene.jurisdiction
    assert sure >= 0.5 * PLATES
    assert right >= 0.9 * sure


def test_a_plate_too_small_for_words_has_no_state(reader: LitertStateReader) -> None:
    width = LEAST_WIDTH_PX - 1
    quad = np.array([[5, 5], [5 + width, 5], [5 + width, 25], [5, 25]], np.float32)
    assert reader.states(np.full((60, 100), 128, np.uint8), quad) == ()
