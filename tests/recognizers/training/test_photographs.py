"""Annotations become plates with their split; what is wrong with them is told with file and line."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from recognizers.training.errors import TrainingDataError
from recognizers.training.photographs import Photograph, Split, load_photographs, pixels


def line(**changes: object) -> str:
    entry = {
        "file": "a.jpg",
        "source": "spain",
        "width": 200,
        "height": 100,
        "plates": [{"box": [20, 30, 60, 15], "text": "1234ABC"}],
        "unknown_key": "is passed over",
    }
    return json.dumps({**entry, **changes})


def photographs(folder: Path, *lines: str) -> tuple[Photograph, ...]:
    (folder / "annotations.jsonl").write_text("\n".join(lines) + "\n")
    return load_photographs(folder)


def test_a_box_becomes_a_quad_without_corners(tmp_path: Path) -> None:
    (photo,) = photographs(tmp_path, line())
    assert photo.plates[0].quad.tolist() == [[20, 30], [80, 30], [80, 45], [20, 45]]
    assert not photo.plates[0].has_corners
    assert photo.plates[0].text == "1234ABC"


def test_loose_boxes_of_the_romanian_source_are_drawn_in(tmp_path: Path) -> None:
    (photo,) = photographs(tmp_path, line(source="romania_rl"))
    assert np.ptp(photo.plates[0].quad, axis=0) == pytest.approx([60 * 0.93, 15 * 0.9])
    assert photo.plates[0].quad.mean(axis=0) == pytest.approx([50, 37.5])


def test_texts_of_other_scripts_are_not_taught(tmp_path: Path) -> None:
    (photo,) = photographs(tmp_path, line(plates=[{"box": [1, 1, 20, 9], "text": "皖AYL375"}]))
    assert photo.plates[0].text is None


@pytest.mark.parametrize(
    ("given", "split"), [("train", Split.TRAIN), ("valid", Split.VALIDATION), ("test", Split.VALIDATION)]
)
def test_a_given_split_is_kept(tmp_path: Path, given: str, split: Split) -> None:
    assert photographs(tmp_path, line(split_clean=given))[0].split is split


def test_without_a_split_one_in_eight_validates(tmp_path: Path) -> None:
    splits = [photo.split for photo in photographs(tmp_path, *[line()] * 24)]
    assert splits.count(Split.VALIDATION) == 3


def test_a_wrong_line_is_named(tmp_path: Path) -> None:
    with pytest.raises(TrainingDataError, match=r"annotations\.jsonl, line 2"):
        photographs(tmp_path, line(), '{"file": 3}')


def test_missing_annotations_are_told(tmp_path: Path) -> None:
    with pytest.raises(TrainingDataError, match="cannot be read"):
        load_photographs(tmp_path)


def test_pixels_are_grey_and_halved_on_demand(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    cv2.imwrite(str(path), np.full((100, 200, 3), (10, 200, 30), np.uint8))
    assert pixels(path).shape == (100, 200)
    assert pixels(path, 2).shape == (25, 50)


def test_a_missing_photograph_is_named(tmp_path: Path) -> None:
    with pytest.raises(TrainingDataError, match=r"gone\.jpg"):
        pixels(tmp_path / "gone.jpg")
