from __future__ import annotations

import numpy as np

from infra.bench.clips import CONDITIONS, spec_of, true_passes
from infra.bench.playing import read_passes
from infra.demo.report import compare
from infra.settings.pipeline import RecognitionSettings
from recognizers.plate import DetectedPlate, GrayImage, PlateRead, Quad
from recognizers.recognizer import Recognizer, RecognizerSettings
from recognizers.rendering.truth import ClipTruth, VehiclePass
from tests.builders import build_look
from tests.infra.conftest import PlatePicture


class OnePlate:
    """Finds the same plate in every picture, and reads it."""

    def detect(self, image: GrayImage) -> list[DetectedPlate]:
        return [build_look().plate]

    def read(self, image: GrayImage, quad: Quad) -> PlateRead:
        return build_look("ABC123", 0.97).read


def test_frames_that_show_one_plate_are_one_pass(plate_picture: PlatePicture) -> None:
    recognizer = Recognizer(OnePlate(), OnePlate(), RecognizerSettings())
    frames = [(number / 10, plate_picture.encoded()) for number in range(5)]
    (read,) = read_passes(recognizer, frames, RecognitionSettings())
    assert (read.plate, read.first_s, read.last_s) == ("ABC123", 0.0, 0.4)


def test_what_is_true_of_a_clip_is_what_it_is_compared_with() -> None:
    one = VehiclePass(0, "ABC123", "US-OH", "us-oh", 0, "rear", 60.0, 3, 20, 0.3, 2.0, 80.0)
    truth = ClipTruth(1, "a", "a.mp4", 10.0, 30, 1280, 720, 1, "night", "rain", (one,), ((),) * 30)
    (wanted,) = true_passes(truth)
    assert (wanted.plate, wanted.first_s, wanted.last_s) == ("ABC123", 0.3, 2.0)
    assert compare([wanted], []).exact == 0


def test_each_condition_has_a_clip_at_about_sixty() -> None:
    specs = [spec_of(condition, 7, 10.0) for condition in CONDITIONS]
    assert len({(spec.light, spec.weather, spec.lanes) for spec in specs}) == len(CONDITIONS)
    assert all(np.mean([spec.slowest_kmh, spec.fastest_kmh]) == 60 for spec in specs)
