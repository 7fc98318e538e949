from __future__ import annotations

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from infra.recognize.plates import PictureReads, build_view, plates_in, plates_of
from infra.settings.pipeline import CameraSettings, RecognitionSettings
from recognizers.grammar import issued_formats
from recognizers.plate import Candidate, DetectedPlate, GrayImage, Issuer, Look, PlateRead, Quad
from recognizers.recognizer import Recognizer, RecognizerSettings
from tests.builders import build_look

VIEW = build_view(RecognitionSettings())
LEFT_HALF = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))


class BrightestDetector:
    """Finds a plate at the left and one at the right, wherever the picture is not black."""

    def detect(self, image: GrayImage) -> list[DetectedPlate]:
        quads = [np.array([[x, 40], [x + 40, 40], [x + 40, 50], [x, 50]], np.float32) for x in (20, 140)]
        return [DetectedPlate(quad, 0.9) for quad in quads if image[45, int(quad[0, 0]) + 20]]


class SameReader:
    def read(self, image: GrayImage, quad: Quad) -> PlateRead:
        return PlateRead("ABC123", 0.9, (), (Candidate("ABC123", 0.9),))


RECOGNIZER = Recognizer(BrightestDetector(), SameReader(), RecognizerSettings())
IMAGE = np.full((100, 200), 90, np.uint8)


def ambiguous() -> Look:
    """O between digits was read a little surer than 0, on a plate of Brazil."""
    look = build_look("ABC12O4", 0.5)
    candidates = (Candidate("ABC12O4", 0.5), Candidate("ABC1204", 0.4))
    issuers = (Issuer("BR", 0.99),)
    return replace(look, read=replace(look.read, candidates=candidates, issuers=issuers))


def test_the_grammar_prefers_texts_that_the_issuer_issues() -> None:
    (ranked,) = plates_of([ambiguous()], VIEW)
    assert ranked.plate == "ABC1204"
    assert ranked.candidates[0].plate == ranked.plate
    assert ranked.candidates[0].confidence == ranked.confidence


def test_without_the_grammar_texts_stay_as_they_were_read() -> None:
    (read,) = plates_of([ambiguous()], replace(VIEW, grammar=None))
    assert [(one.plate, one.confidence) for one in read.candidates] == [("ABC12O4", 0.5), ("ABC1204", 0.4)]


def test_a_line_says_where_what_and_how_surely() -> None:
    look = build_look(x=400, y=300, width=100)
    reads = PictureReads("a.jpg", 12.3, plates_of([look], VIEW))
    assert msgspec.json.decode(msgspec.json.encode(reads)) == {
        "source": "a.jpg",
        "ms": 12.3,
        "plates": [
            {
                "plate": "ABC123",
                "confidence": 0.95,
                "box": [350.0, 287.5, 100.0, 25.0],
                "candidates": [{"plate": "ABC123", "confidence": 0.95}],
                "quad": [[350.0, 287.5], [450.0, 287.5], [450.0, 312.5], [350.0, 312.5]],
                "state": None,
                "state_confidence": None,
                "plate_width_px": 100.0,
                "sharpness": look.quality.sharpness,
                "brightness": look.quality.brightness,
                "contrast": look.quality.contrast,
                "clipped": look.quality.clipped,
            }
        ],
    }


@pytest.mark.parametrize(
    ("areas", "left_edges"),
    [
        pytest.param({}, [20, 140], id="no-camera-s-areas"),
        pytest.param({"privacy_masks": (LEFT_HALF,)}, [140], id="masked-on-the-left"),
        pytest.param({"region_of_interest": (LEFT_HALF,)}, [20], id="region-on-the-left"),
        pytest.param({"region_of_interest": (LEFT_HALF,), "privacy_masks": (LEFT_HALF,)}, [], id="all-hidden"),
    ],
)
def test_a_camera_s_masks_and_region_hold(areas: dict[str, tuple[object, ...]], left_edges: list[int]) -> None:
    camera = CameraSettings.model_validate({"name": "gate", "source": "a.mp4", **areas})
    plates = plates_in(IMAGE, RECOGNIZER, build_view(RecognitionSettings(), camera))
    assert [plate.box[0] for plate in plates] == left_edges


def test_the_view_takes_thresholds_and_grammar_from_the_settings() -> None:
    view = build_view(RecognitionSettings(min_plate_score=0.7, min_read_confidence=0.6, grammar=False))
    assert (view.chain.detection_threshold, view.recognition.min_read_confidence, view.grammar) == (0.7, 0.6, None)
    assert build_view(RecognitionSettings()).grammar is issued_formats()


def test_a_state_is_told_only_where_it_is_sure() -> None:
    look = build_look("ABC1234")
    sure, unsure = (
        replace(look, read=replace(look.read, issuers=(Issuer("BR", p), Issuer("", 0.1)))) for p in (0.9, 0.5)
    )
    told, kept_back = plates_of([sure, unsure], VIEW)
    assert (told.state, kept_back.state) == ("BR", None)
    assert kept_back.state_confidence == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize(
    ("text", "score", "told"),
    [
        pytest.param("ABC1234", 0.4, True, id="an-issued-format"),
        pytest.param("REFERRAL", 0.4, False, id="a-word-that-is-hardly-a-plate"),
        pytest.param("REFERRAL", 0.9, True, id="a-personal-plate"),
    ],
)
def test_words_need_a_plate_around_them(text: str, score: float, told: bool) -> None:
    look = build_look(text)
    look = replace(look, plate=replace(look.plate, score=score))
    assert bool(plates_of([look], VIEW)) is told


def test_a_look_that_may_only_vote_in_a_pass_is_no_read_of_a_picture() -> None:
    assert [one.plate for one in plates_of([build_look("ABC1234", 0.1), build_look("ABC1235", 0.3)], VIEW)] == [
        "ABC1235"
    ]
