"""The chain from a picture's bytes to what its plates read."""

from __future__ import annotations

import time
from dataclasses import dataclass

from recognizers.confidence import load_calibration
from recognizers.detector import LitertPlateDetector
from recognizers.image_quality import judge
from recognizers.images import MAX_PIXELS, decode_gray
from recognizers.interpreter import Model, load_weights
from recognizers.plate import DetectedPlate, GrayImage, Look, PlateDetector, PlateReader
from recognizers.reader import LitertPlateReader
from recognizers.state_reader import LitertStateReader


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognizerSettings:
    """What is looked for and what is turned down."""

    detection_threshold: float = 0.35
    """Least score of a found plate; lower finds fainter ones and costs a reading for each thing that is none."""
    min_confidence: float = 0.2
    """Least confidence of a read in one frame. Frames of a pass are merged later, so single reads may be unsure; below
    this, badges and signs begin."""
    min_characters: int = 3
    """Shorter reads are turned down: fragments and signs far more often than plates."""
    max_plates: int = 12
    """Read per frame at most, best first; bounds the time that one frame takes."""
    max_pixels: int = MAX_PIXELS
    """Larger pictures are refused before they are decoded."""


@dataclass(frozen=True, slots=True)
class Timings:
    """Milliseconds that each part of one frame took."""

    decode_ms: float
    detect_ms: float
    read_ms: float


@dataclass(frozen=True, slots=True)
class FrameReads:
    """All that was read in one frame; `looks` are ordered by the detector's score."""

    width: int
    height: int
    looks: tuple[Look, ...]
    timings: Timings


class Recognizer:
    """Detector and reader in a row. Owned by one thread; nothing is kept from one frame to the next."""

    def __init__(self, detector: PlateDetector, reader: PlateReader, settings: RecognizerSettings) -> None:
        self._detector = detector
        self._reader = reader
        self._settings = settings

    def recognize(self, data: bytes) -> FrameReads:
        """What the plates of an encoded picture read.

        Raises:
            UnreadableImageError: the bytes are no picture, a cut-off one or one beyond the size limit.
        """
        began = time.perf_counter()
        image = decode_gray(data, max_pixels=self._settings.max_pixels)
        decode_ms = _milliseconds_since(began)
        return self._recognize(image, decode_ms)

    def recognize_image(self, image: GrayImage) -> FrameReads:
        """What the plates of a decoded picture read."""
        return self._recognize(image, 0.0)

    def _recognize(self, image: GrayImage, decode_ms: float) -> FrameReads:
        began = time.perf_counter()
        plates = self._detector.detect(image)[: self._settings.max_plates]
        detect_ms = _milliseconds_since(began)
        began = time.perf_counter()
        looks = tuple(look for plate in plates if (look := self._look(image, plate)) is not None)
        timings = Timings(decode_ms, detect_ms, _milliseconds_since(began))
        return FrameReads(image.shape[1], image.shape[0], looks, timings)

    def _look(self, image: GrayImage, plate: DetectedPlate) -> Look | None:
        read = self._reader.read(image, plate.quad)
        if len(read.text) < self._settings.min_characters or read.confidence < self._settings.min_confidence:
            return None
        return Look(plate, read, judge(image, plate))


def build_recognizer(settings: RecognizerSettings | None = None) -> Recognizer:
    """A recognizer with the weights that ship; build one for each thread.

    Raises:
        WeightsError: the weights are missing or are not those that the manifest names.
    """
    settings = settings or RecognizerSettings()
    detector = LitertPlateDetector(load_weights(Model.DETECTOR), settings.detection_threshold)
    return Recognizer(detector, build_reader(), settings)


def build_reader() -> LitertPlateReader:
    """A reader of characters and states with the weights that ship; build one for each thread.

    Raises:
        WeightsError: the weights are missing or are not those that the manifest names.
    """
    calibration = load_calibration()
    return LitertPlateReader(
        load_weights(Model.READER), calibration, LitertStateReader(load_weights(Model.STATE), calibration)
    )


def _milliseconds_since(began: float) -> float:
    return (time.perf_counter() - began) * 1000
