from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from infra.recognize.marking import mark
from infra.recognize.plates import ReadPlate, build_view, plates_of
from infra.settings.pipeline import RecognitionSettings
from tests.builders import build_look

GREY = np.full((200, 400, 3), 128, np.uint8)


def plate(x: float = 150.0, y: float = 100.0) -> ReadPlate:
    return plates_of([build_look(x=x, y=y)], build_view(RecognitionSettings()))[0]


def changed(plates: list[ReadPlate], region: tuple[tuple[tuple[float, float], ...], ...] = ()) -> NDArray[np.bool_]:
    difference = np.abs(mark(GREY, plates, region).astype(int) - 128).max(axis=2)
    return np.asarray(difference > 30)


def test_a_plate_is_outlined_and_its_text_stands_above_it() -> None:
    drawn = changed([plate()])
    assert drawn[88, 190], "the outline"
    assert drawn[70:86, 100:160].any(), "the text"
    assert not drawn[130:].any()
    assert not drawn[:, 300:].any()
    assert (GREY == 128).all(), "the original is left alone"


def test_a_text_without_room_above_stands_below() -> None:
    drawn = changed([plate(y=12.0)])
    assert drawn[28:45, 100:160].any()


@pytest.mark.parametrize("x", [0.0, 400.0])
def test_a_text_at_the_side_stays_within_the_picture(x: float) -> None:
    inside = changed([plate(x=200.0)])[60:86].sum()
    assert changed([plate(x=x)])[60:86].sum() > 0.8 * inside


def test_the_region_is_outlined() -> None:
    drawn = changed([], (((0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75)),))
    assert drawn[50, 200]
    assert drawn[100, 300]
    assert not drawn[100, 200]
