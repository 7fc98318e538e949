"""The chain from a picture's bytes to what its plates read."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from recognizers.closer_look import look_closer
from recognizers.confidence import load_calibration
from recognizers.detector import LitertPlateDetector
from recognizers.image_quality import judge
from recognizers.images import MAX_PIXELS, decode_gray
from recognizers.interpreter import Model, load_weights
from recognizers.issuers import divided
from recognizers.jurisdictions import US
from recognizers.plate import DetectedPlate, GrayImage, Look, PlateDetector, PlateRead, PlateReader, StateReader
from recognizers.reader import ISSUERS, LEAST_ISSUER, shipped_reader
from recognizers.regions import Polygon, contains
from recognizers.state_reader import LitertStateReader

_MOST_CLOSER_LOOKS = 4
"""In one frame, the surest plates first: each costs another pass of the detector, 2 ms where a frame takes 5."""

_WORTH_BOTH_LOOKS, _SURE = 0.03, 0.8
"""Confidences between which a plate is read by both looks' corners: what reads as nothing is mostly no plate."""

_WORTH_ITS_STATE = 0.3  # probability of a US plate from which on its state is looked for: that takes half a millisecond

_WARM_UP_SIZE = (720, 1280)
_WARM_UP_QUAD = np.array([[600, 400], [700, 400], [700, 430], [600, 430]], dtype=np.float32)


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
    """Detector and readers in a row. Owned by one thread; nothing is kept from one frame to the next."""

    def __init__(
        self,
        detector: PlateDetector,
        reader: PlateReader,
        settings: RecognizerSettings,
        states: StateReader | None = None,
    ) -> None:
        """Put the parts together; without a state reader, the issuer of US plates is `US`."""
        self._detector = detector
        self._reader = reader
        self._settings = settings
        self._states = states

    def recognize(self, data: bytes, region: Sequence[Polygon] = ()) -> FrameReads:
        """What the plates of an encoded picture read.

        Args:
            data: a JPEG, PNG, BMP or WebP file.
            region: areas in which plates count, as `regions.contains`; without any, all do.

        Raises:
            UnreadableImageError: the bytes are no picture, a cut-off one or one beyond the size limit.
        """
        began = time.perf_counter()
        image = decode_gray(data, max_pixels=self._settings.max_pixels)
        decode_ms = _milliseconds_since(began)
        return self._recognize(image, decode_ms, region)

    def recognize_image(self, image: GrayImage, region: Sequence[Polygon] = ()) -> FrameReads:
        """What the plates of a decoded picture read."""
        return self._recognize(image, 0.0, region)

    def _recognize(self, image: GrayImage, decode_ms: float, region: Sequence[Polygon]) -> FrameReads:
        began = time.perf_counter()
        size = image.shape[1], image.shape[0]
        found = [plate for plate in self._detector.detect(image) if contains(region, plate.quad, size)]
        detect_ms = _milliseconds_since(began)
        began = time.perf_counter()
        looks: list[Look] = []
        for number, plate in enumerate(found[: self._settings.max_plates]):
            closer = look_closer(self._detector, image, plate) if number < _MOST_CLOSER_LOOKS else None
            seen, read = self._read(image, plate, closer)
            if self._is_taken(read):
                looks.append(self._look(image, seen, read))
        return FrameReads(*size, tuple(looks), Timings(decode_ms, detect_ms, _milliseconds_since(began)))

    def warm_up(self) -> None:
        """Let each model run once on nothing: the first run lays out its memory, and no frame should wait for that."""
        image = np.zeros(_WARM_UP_SIZE, dtype=np.uint8)
        plate = DetectedPlate(_WARM_UP_QUAD, 0.0)
        self._detector.detect(image)
        look_closer(self._detector, image, plate)
        self._reader.read(image, plate.quad)
        if self._states is not None:
            self._states.states(image, plate.quad)

    def look(self, image: GrayImage, plate: DetectedPlate) -> Look:
        """What one plate reads whose corners are known, however unsure."""
        return self._look(image, plate, self._reader.read(image, plate.quad))

    def _read(
        self, image: GrayImage, plate: DetectedPlate, closer: DetectedPlate | None
    ) -> tuple[DetectedPlate, PlateRead]:
        """The read by the closer look's corners; where that is unsure, the surer one of both."""
        if closer is None:
            return plate, self._reader.read(image, plate.quad)
        read = self._reader.read(image, closer.quad)
        if _WORTH_BOTH_LOOKS <= read.confidence < _SURE:
            other = self._reader.read(image, plate.quad)
            if other.confidence > read.confidence:
                return plate, other
        return closer, read

    def _is_taken(self, read: PlateRead) -> bool:
        return len(read.text) >= self._settings.min_characters and read.confidence >= self._settings.min_confidence

    def _look(self, image: GrayImage, plate: DetectedPlate, read: PlateRead) -> Look:
        american = next((one.probability for one in read.issuers if one.code == US), 0.0)
        if self._states is not None and american >= _WORTH_ITS_STATE:
            issuers = divided(read.issuers, self._states.states(image, plate.quad))
            read = replace(read, issuers=tuple(one for one in issuers[:ISSUERS] if one.probability >= LEAST_ISSUER))
        return Look(plate, read, judge(image, plate))


def build_recognizer(settings: RecognizerSettings | None = None) -> Recognizer:
    """A recognizer with the weights that ship, warmed up; build one for each thread.

    Raises:
        WeightsError: the weights are missing or are not those that the manifest names.
    """
    settings = settings or RecognizerSettings()
    calibration = load_calibration()
    detector = LitertPlateDetector(load_weights(Model.DETECTOR), settings.detection_threshold)
    reader = shipped_reader(calibration)
    recognizer = Recognizer(detector, reader, settings, LitertStateReader(load_weights(Model.WORDS), calibration))
    recognizer.warm_up()
    return recognizer


def _milliseconds_since(began: float) -> float:
    return (time.perf_counter() - began) * 1000
