"""Reads the characters of a plate with the network of `recognizers/weights`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from recognizers.beam_search import likeliest_texts
from recognizers.confidence import Calibration
from recognizers.interpreter import Interpreter
from recognizers.lattice import build_lattice
from recognizers.plate import Candidate, GrayImage, PlateRead, Quad
from recognizers.rectification import Lines, aspect_of, rectify, resized

CANDIDATES = 10
"""Texts that a read gives at most."""

TWO_LINES_BELOW = 2.9
"""Aspect from which on only one line is read. Two-line plates are 1.2 to 2 times as wide as high, US plates of one
line 2 times; both are read then, and the network says which cut shows no text."""

SURE = 0.8
"""Probability of the best text from which on the first look is taken. Below it the plate is cut a little larger and a
little smaller too, and the three looks are averaged: of 600 held-out plates 82.4 % are then exact instead of 79.8 %."""

# Of the quad's level and upright edges in the other looks.
_OTHER_SIZES = ((1.10, 1.22), (0.93, 0.86))

# Of 655 held-out plates 23 had less at the first look, and another look read one of them. What is no plate mostly
# has less too, and would cost two more looks.
_WORTH_ANOTHER, _SHORTEST_WORTH_ANOTHER = 0.03, 4

NOTHING = PlateRead(text="", confidence=0.0, lattice=(), candidates=())
"""A read of what carries no characters."""


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
        first, lines = max(
            ((self._texts(image, quad, lines), lines) for lines in arrangements), key=lambda entry: _sureness(entry[0])
        )
        if not first:
            return NOTHING
        if _WORTH_ANOTHER <= first[0].confidence < SURE and len(first[0].text) >= _SHORTEST_WORTH_ANOTHER:
            first = averaged([first, *(self._texts(image, resized(quad, *sizes), lines) for sizes in _OTHER_SIZES)])
        texts = self._calibration.apply(first)
        return PlateRead(texts[0].text, texts[0].confidence, build_lattice(texts), texts)

    def _texts(self, image: GrayImage, quad: Quad, lines: Lines) -> tuple[Candidate, ...]:
        # The empty text's probability stays with the others as doubt; as a candidate it would be no plate.
        return tuple(candidate for candidate in self.candidates(rectify(image, quad, lines)) if candidate.text)

    def candidates(self, crop: GrayImage) -> tuple[Candidate, ...]:
        """The likeliest texts of an upright crop of shape (48, 160), not calibrated; the empty text may be one."""
        values = (crop[None, :, :, None] / np.float32(255)).astype(self._interpreter.input_type)
        (logits,) = self._interpreter.run(values)
        return likeliest_texts(_softmax(logits), CANDIDATES)


def averaged(looks: Sequence[Sequence[Candidate]]) -> tuple[Candidate, ...]:
    """The candidates of several looks at one plate, each with its mean probability; best first."""
    sums: dict[str, float] = {}
    for candidate in chain.from_iterable(looks):
        sums[candidate.text] = sums.get(candidate.text, 0.0) + candidate.confidence / len(looks)
    ranked = sorted(sums.items(), key=lambda entry: (-entry[1], entry[0]))
    return tuple(Candidate(text, probability) for text, probability in ranked[:CANDIDATES])


def _sureness(texts: Sequence[Candidate]) -> float:
    return texts[0].confidence if texts else 0.0


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    odds = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=-1, keepdims=True), np.float32)
