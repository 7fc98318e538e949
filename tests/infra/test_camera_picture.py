from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from infra.camera_picture import read_and_mark
from infra.recognize.plates import build_view
from infra.settings.pipeline import RecognitionSettings
from recognizers.picture_header import read_header
from tests.infra.conftest import PlatePicture

EVERYWHERE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
TOP = ((0.0, 0.0), (1.0, 0.0), (1.0, 0.5), (0.0, 0.5))
VIEW = build_view(RecognitionSettings())


def test_a_plate_is_marked_and_told(plate_picture: PlatePicture) -> None:
    marked, words = read_and_mark(plate_picture.encoded(), replace(VIEW, region_of_interest=(EVERYWHERE,)))
    assert words.startswith(f"{plate_picture.text} (")
    header = read_header(marked)
    assert header is not None
    assert (header.width, header.height, header.complete) == (1280, 720, True)


def test_a_plate_outside_the_region_is_passed_over_and_the_region_is_drawn(plate_picture: PlatePicture) -> None:
    marked, words = read_and_mark(plate_picture.encoded(), replace(VIEW, region_of_interest=(TOP,)))
    assert words == "none in the region of interest of this frame"
    image = cv2.imdecode(np.frombuffer(marked, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    assert image[360, 300].max() > 200


def test_a_frame_with_nothing_to_draw_is_saved_as_it_came() -> None:
    jpeg = cv2.imencode(".jpg", np.full((90, 160, 3), 70, np.uint8))[1].tobytes()
    assert read_and_mark(jpeg, VIEW) == (jpeg, "none in this frame")
