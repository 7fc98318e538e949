"""From a picture's bytes to what its plates read."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from recognizers.plate import DetectedPlate, GrayImage, Issuer, PlateRead, Quad, UnreadableImageError
from recognizers.recognizer import Recognizer, RecognizerSettings, build_recognizer
from recognizers.rendering.layouts import load_layouts
from recognizers.rendering.plates import render_plate
from recognizers.rendering.serials import draw_serial

QUAD = np.array([[10, 10], [110, 10], [110, 40], [10, 40]], np.float32)


class ScriptedDetector:
    """Finds the same plates in every whole image, and none in the cuts of a closer look."""

    def __init__(self, count: int) -> None:
        self._plates = [DetectedPlate(QUAD + n, 0.9) for n in range(count)]

    def detect(self, image: GrayImage) -> list[DetectedPlate]:
        return list(self._plates) if image.shape == (60, 120) else []


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


class NarrowDetector:
    """Finds one small plate; counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def detect(self, image: GrayImage) -> list[DetectedPlate]:
        self.asked += 1
        centre = np.array([image.shape[1] / 2, image.shape[0] / 2], np.float32)
        return [DetectedPlate(np.array([[-20, -6], [20, -6], [20, 6], [-20, 6]], np.float32) + centre, 0.9)]


class FirstThenAgain:
    """Reads one text at first and another the second time."""

    def __init__(self, *reads: PlateRead) -> None:
        self._reads = list(reads)

    def read(self, image: GrayImage, quad: Quad) -> PlateRead:
        return self._reads.pop(0)


@pytest.mark.parametrize(
    ("closer", "first", "taken"),
    [
        pytest.param(("ABC123", 0.95), ("ABC128", 0.99), "ABC123", id="a-sure-read-by-the-better-corners-is-taken"),
        pytest.param(("ABC128", 0.5), ("ABC123", 0.9), "ABC123", id="of-two-reads-the-surer-one-is-taken"),
        pytest.param(("ABC123", 0.5), ("A", 0.2), "ABC123", id="a-worse-one-is-not"),
        pytest.param(("", 0.0), ("ABC123", 0.9), None, id="what-reads-as-nothing-is-not-read-again"),
    ],
)
def test_a_plate_is_read_by_the_corners_of_a_closer_look(
    closer: tuple[str, float], first: tuple[str, float], taken: str | None
) -> None:
    detector = NarrowDetector()
    reader = FirstThenAgain(PlateRead(*closer, (), ()), PlateRead(*first, (), ()))
    looks = Recognizer(detector, reader, RecognizerSettings()).recognize_image(np.zeros((300, 400), np.uint8)).looks
    assert [look.read.text for look in looks] == ([taken] if taken else [])
    assert detector.asked == 2


class OhioOrKentucky:
    def states(self, image: GrayImage, quad: Quad) -> tuple[Issuer, ...]:
        return (Issuer("US-OH", 0.75), Issuer("US-KY", 0.25))


@pytest.mark.parametrize(
    ("nations", "issuers"),
    [
        pytest.param({"US": 0.8, "BR": 0.15}, {"US-OH": 0.6, "US-KY": 0.2, "BR": 0.15}, id="its-share-is-divided"),
        pytest.param({"BR": 0.95}, {"BR": 0.95}, id="of-american-plates-alone"),
    ],
)
def test_the_state_of_an_american_plate_is_looked_for(nations: dict[str, float], issuers: dict[str, float]) -> None:
    read = PlateRead("ABC123", 0.95, (), (), tuple(Issuer(code, p) for code, p in nations.items()))
    recognizer = Recognizer(NarrowDetector(), FirstThenAgain(read), RecognizerSettings(), OhioOrKentucky())
    (look,) = recognizer.recognize_image(np.zeros((300, 400), np.uint8)).looks
    assert {one.code: round(one.probability, 6) for one in look.read.issuers} == issuers


def test_plates_outside_of_the_region_are_not_read() -> None:
    left_edge = ((0.0, 0.0), (0.1, 0.0), (0.1, 1.0), (0.0, 1.0))
    recognizer = Recognizer(NarrowDetector(), FirstThenAgain(), RecognizerSettings())
    assert recognizer.recognize_image(np.zeros((300, 400), np.uint8), [left_edge]).looks == ()
