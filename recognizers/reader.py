"""Reads the characters of a plate with the network of `recognizers/weights`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recognizers.beam_search import likeliest_texts
from recognizers.confidence import Calibration
from recognizers.interpreter import Interpreter
from recognizers.lattice import build_lattice
from recognizers.plate import Candidate, GrayImage, PlateRead, Quad
from recognizers.rectification import Lines, aspect_of, rectify, turned

CANDIDATES = 10
"""Texts that a read gives at most."""

TWO_LINES_BELOW = 2.9
"""Aspect from which on only one line is read. Two-line plates are 1.2 to 2 times as wide as high, US plates of one
line 2 times; both are read then, and the network says which cut shows no text."""

SURE = 0.8
"""Probability of the best text from which on the first look is taken. Below it the plate is cut at other angles too:
corners are found less well than characters, and a plate seen from above and aside is cut askew."""

# Of 655 held-out plates 23 had less at the first look, and another angle read one of them. What is no plate mostly
# has less too, and would cost four more looks.
_WORTH_ANOTHER, _SHORTEST_WORTH_ANOTHER = 0.03, 4

# Degrees by which the level and the upright edges are turned for the other looks.
_OTHER_ANGLES = ((0.0, -11.0), (0.0, 11.0), (-4.0, 0.0), (4.0, 0.0))

NOTHING = PlateRead(text="", confidence=0.0, lattice=(), candidates=())
"""A read of what carries no characters."""


@dataclass(frozen=True, slots=True)
class _Reading:
    candidates: tuple[Candidate, ...]

    @property
    def best(self) -> Candidate:
        return next((candidate for candidate in self.candidates if candidate.text), Candidate("", 0.0))


class LitertPlateReader:
    """A `PlateReader` on LiteRT. Owned by one thread."""

    def __init__(self, weights: bytes, calibration: Calibration) -> None:
        """Load the model.

        Raises:
            WeightsError: the weights are no model.
        """
        self._interpreter = Interpreter(weights)
        self._calibration = calibration

    def read(self, image: GrayImage, quad: Quad) -> PlateRead:
        """The characters inside the quad; an empty text where it holds none."""
        arrangements = (Lines.ONE, Lines.TWO) if aspect_of(quad) < TWO_LINES_BELOW else (Lines.ONE,)
        best, lines = self._best_of(image, [(quad, lines) for lines in arrangements])
        if _WORTH_ANOTHER <= best.best.confidence < SURE and len(best.best.text) >= _SHORTEST_WORTH_ANOTHER:
            again, _ = self._best_of(image, [(turned(quad, *angles), lines) for angles in _OTHER_ANGLES])
            best = max(best, again, key=lambda reading: reading.best.confidence)
        if not best.best.text:
            return NOTHING
        # The empty text's probability stays with the read as doubt; as a candidate it would be no plate.
        texts = self._calibration.apply([candidate for candidate in best.candidates if candidate.text])
        return PlateRead(texts[0].text, texts[0].confidence, build_lattice(texts), texts)

    def _best_of(self, image: GrayImage, cuts: Sequence[tuple[Quad, Lines]]) -> tuple[_Reading, Lines]:
        readings = [(_Reading(self.candidates(rectify(image, quad, lines))), lines) for quad, lines in cuts]
        return max(readings, key=lambda entry: entry[0].best.confidence)

    def candidates(self, crop: GrayImage) -> tuple[Candidate, ...]:
        """The likeliest texts of an upright crop of shape (48, 160), not calibrated; the empty text may be one."""
        values = (crop[None, :, :, None] / np.float32(255)).astype(self._interpreter.input_type)
        (logits,) = self._interpreter.run(values)
        return likeliest_texts(_softmax(logits), CANDIDATES)


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    odds = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=-1, keepdims=True), np.float32)
