"""The value types of recognition: what a detector finds, what a reader reads, what one look at a vehicle gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

GrayImage = NDArray[np.uint8]
"""Shape (height, width), 0 is black."""

Quad = NDArray[np.float32]
"""Shape (4, 2): x and y of the corners in pixels of the original image, clockwise from the plate's own top left."""

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""All characters that a plate is read in; separators, emblems and stacked small letters are not read."""

NONE = ""
"""In a lattice: the character that is not there."""


class RecognitionError(Exception):
    """Root of what can go wrong between an image and its reads."""


class UnreadableImageError(RecognitionError):
    """The bytes are no image, a cut-off image, or one beyond the size limit. The message says which."""


class WeightsError(RecognitionError):
    """A model file is missing or is not the one that the manifest names. The message says what to run."""


@dataclass(frozen=True, slots=True)
class PixelBox:
    """An upright rectangle in pixels of the original image."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class DetectedPlate:
    """A plate's place in an image, and how sure the detector is that it is a plate, in [0, 1]."""

    quad: Quad
    score: float

    @property
    def box(self) -> PixelBox:
        """The upright rectangle around the quad."""
        (left, top), (right, bottom) = self.quad.min(axis=0), self.quad.max(axis=0)
        return PixelBox(float(left), float(top), float(right - left), float(bottom - top))


Lattice = tuple[Mapping[str, float], ...]
"""For each position the characters that may stand there, or `NONE`, each with its probability. What a position lacks of
1 belongs to characters that were not named: unlikely ones are cut, and a read may be of none of its candidates."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One text that a plate may carry, and the probability that it is exactly this one."""

    text: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Issuer:
    """A jurisdiction that may have issued a plate, by its code in `recognizers.jurisdictions`, and how probably."""

    code: str
    probability: float


@dataclass(frozen=True, slots=True)
class PlateRead:
    """The characters of one crop. `text` is upper case, of `ALPHABET`, never folded; `confidence` is calibrated."""

    text: str
    confidence: float
    lattice: Lattice
    candidates: tuple[Candidate, ...]
    issuers: tuple[Issuer, ...] = ()
    """The likeliest issuers, best first; empty where the reader does not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookQuality:
    """How good the picture of a plate was."""

    plate_width_px: float
    """Along the plate's own upper and lower edge."""
    sharpness: float
    """Standard deviation of the Laplacian over the rectified plate, divided by its contrast; higher is sharper."""
    brightness: float
    """Mean tone, in [0, 1]."""
    contrast: float
    """Standard deviation of the tones, as a share of the whole range."""
    clipped: float
    """Share of the pixels that are black or white outright."""


@dataclass(frozen=True, slots=True)
class Look:
    """One plate in one frame: where, what it reads, and how good the picture of it was."""

    plate: DetectedPlate
    read: PlateRead
    quality: LookQuality


class PlateDetector(Protocol):
    """Finds plates. One instance serves one thread at a time."""

    def detect(self, image: GrayImage) -> list[DetectedPlate]:
        """Every plate in the image, best first; an empty list where there is none."""
        ...


class StateReader(Protocol):
    """Tells the state that issued a US plate. One instance serves one thread at a time."""

    def states(self, image: GrayImage, quad: Quad) -> tuple[Issuer, ...]:
        """States and their probabilities, which sum to 1; nothing where they cannot be told."""
        ...


class PlateReader(Protocol):
    """Reads one plate. One instance serves one thread at a time."""

    def read(self, image: GrayImage, quad: Quad) -> PlateRead:
        """The characters inside the quad; an empty text where it holds none."""
        ...
