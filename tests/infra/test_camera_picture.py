from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from infra.camera_picture import CheckedPicture, check_picture
from infra.recognize.plates import build_view
from infra.settings.pipeline import RecognitionSettings
from recognizers.picture_header import read_header
from tests.infra.conftest import PlatePicture

EVERYWHERE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
TOP = ((0.0, 0.0), (1.0, 0.0), (1.0, 0.5), (0.0, 0.5))
VIEW = build_view(RecognitionSettings())


def test_a_plate_is_marked_and_told(plate_picture: PlatePicture) -> None:
    checked = check_picture(plate_picture.encoded(), replace(VIEW, region_of_interest=(EVERYWHERE,)))
    assert checked.plates.startswith(f"{plate_picture.text} (")
    header = read_header(checked.jpeg)
    assert header is not None
    assert (header.width, header.height, header.complete) == (1280, 720, True)


def test_a_plate_outside_the_region_is_passed_over_and_the_region_is_drawn(plate_picture: PlatePicture) -> None:
    checked = check_picture(plate_picture.encoded(), replace(VIEW, region_of_interest=(TOP,)))
    assert checked.plates == "none in the region of interest of this frame"
    image = cv2.imdecode(np.frombuffer(checked.jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    assert image[360, 300].max() > 200


def test_a_frame_with_nothing_to_draw_is_saved_as_it_came() -> None:
    jpeg = cv2.imencode(".jpg", np.full((90, 160, 3), 70, np.uint8))[1].tobytes()
    assert check_picture(jpeg, VIEW) == CheckedPicture(jpeg, "none in this frame", ())


def test_a_camera_that_stands_too_far_away_is_told_how_wide_its_plates_should_be(plate_picture: PlatePicture) -> None:
    image = cv2.imdecode(np.frombuffer(plate_picture.encoded(), np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    small = cv2.resize(image, (640, 360), interpolation=cv2.INTER_AREA)
    checked = check_picture(cv2.imencode(".jpg", small)[1].tobytes(), VIEW)
    assert any("px wide here, 100 wanted" in sentence for sentence in checked.advice)
