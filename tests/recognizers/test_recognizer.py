"""From a picture's bytes to what its plates read."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from recognizers.plate import DetectedPlate, GrayImage, PlateRead, Quad, UnreadableImageError
from recognizers.recognizer import Recognizer, RecognizerSettings, build_recognizer
from recognizers.rendering.layouts import load_layouts
from recognizers.rendering.plates import render_plate
from recognizers.rendering.serials import draw_serial

QUAD = np.array([[10, 10], [110, 10], [110, 40], [10, 40]], np.float32)


class ScriptedDetector:
    """Finds the same plates in every image."""

    def __init__(self, count: int) -> None:
        self._plates = [DetectedPlate(QUAD + n, 0.9) for n in range(count)]

    def detect(self, image: GrayImage) -> list[DetectedPlate]:
        return list(self._plates)


class ScriptedReader:
    """Reads the same text everywhere."""

    def __init__(self, text: str, confidence: float) -> None:
        self._read = PlateRead(text, confidence, (), ())

    def read(self, image: GrayImage, quad: Quad) -> PlateRead:
        return self._read


@pytest.mark.parametrize(
    ("text", "confidence", "taken"),
    [
        pytest.param("AB12", 0.9, True, id="good"),
        pytest.param("AB", 0.9, False, id="too-short"),
        pytest.param("AB12", 0.1, False, id="too-unsure"),
        pytest.param("", 0.0, False, id="nothing"),
    ],
)
def test_a_read_is_taken_if_long_and_sure_enough(text: str, confidence: float, taken: bool) -> None:
    recognizer = Recognizer(ScriptedDetector(1), ScriptedReader(text, confidence), RecognizerSettings())
    assert len(recognizer.recognize_image(np.zeros((60, 120), np.uint8)).looks) == taken


def test_no_frame_reads_more_plates_than_allowed() -> None:
    recognizer = Recognizer(ScriptedDetector(9), ScriptedReader("AB12", 0.9), RecognizerSettings(max_plates=4))
    assert len(recognizer.recognize_image(np.zeros((60, 120), np.uint8)).looks) == 4


def test_a_frame_reports_its_size_and_what_a_look_is_worth() -> None:
    recognizer = Recognizer(ScriptedDetector(1), ScriptedReader("AB12", 0.9), RecognizerSettings())
    frame = recognizer.recognize_image(np.tile(np.array([0, 0, 255, 255] * 30, np.uint8), (60, 1)))
    assert (frame.width, frame.height) == (120, 60)
    assert frame.looks[0].quality.plate_width_px == pytest.approx(100)
    assert frame.looks[0].quality.sharpness > 0.5


def test_bytes_that_are_no_picture_are_refused() -> None:
    recognizer = Recognizer(ScriptedDetector(1), ScriptedReader("AB12", 0.9), RecognizerSettings())
    with pytest.raises(UnreadableImageError):
        recognizer.recognize(b"no picture")


def test_a_plate_in_a_jpeg_is_found_and_read() -> None:
    rng = np.random.default_rng(8)
    layout = load_layouts()["eu-de"]
    plate = render_plate(layout, rng, serial=draw_serial("[M]-[A][K] [2][8][4][6]", layout.letters, rng))
    picture = np.full((720, 1280, 3), 70, np.uint8)
    small = cv2.resize(plate.image, (180, 39), interpolation=cv2.INTER_AREA)
    picture[494:545, 594:786] = 25
    picture[500:539, 600:780] = small
    done, data = cv2.imencode(".jpg", picture)
    assert done
    frame = build_recognizer().recognize(data.tobytes())
    assert [look.read.text for look in frame.looks] == [plate.text]
    assert frame.timings.decode_ms > 0
