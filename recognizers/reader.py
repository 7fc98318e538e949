"""Reads the characters of a plate, and which nation issued it, with the network of `recognizers/weights`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from recognizers.beam_search import likeliest_texts
from recognizers.confidence import Calibration
from recognizers.interpreter import Interpreter, Model, load_weights
from recognizers.jurisdictions import NATIONS
from recognizers.lattice import build_lattice
from recognizers.plate import ALPHABET, Candidate, GrayImage, Issuer, PlateRead, Quad
from recognizers.plate_shapes import weigh_by_shape
from recognizers.rectification import CROP_WIDTH, Lines, aspect_of, rectify, resized
from recognizers.softmax import softmax

READERS = (Model.READER, Model.SECOND_READER)
"""The networks that read each plate together."""

CANDIDATES = 10
"""Texts that a read gives at most."""

ISSUERS = 6
"""Issuers that a read gives at most, each with at least `LEAST_ISSUER`."""

LEAST_ISSUER = 0.01

COLUMNS = CROP_WIDTH // 4
"""Places along a crop at which the network may see a character."""

TWO_LINES_BELOW = 2.9
"""Aspect from which on only one line is read. Two-line plates are 1.2 to 2 times as wide as high, US plates of one
line 2 times; both are read then, and the network says which cut shows no text."""

SURE = 0.95
"""Probability of the best text from which on the first look is taken. Below it the plate is cut a little larger and a
little smaller too, and the three looks are averaged: of 755 held-out plates 85.7 % are then exact instead of 83.3 %."""

# Of the quad's level and upright edges in the other looks.
_OTHER_SIZES = ((1.10, 1.22), (0.93, 0.86))

# Of 655 held-out plates 23 had less at the first look, and another look read one of them. What is no plate mostly
# has less too, and would cost two more looks.
_WORTH_ANOTHER, _SHORTEST_WORTH_ANOTHER = 0.03, 4

NOTHING = PlateRead(text="", confidence=0.0, lattice=(), candidates=())
"""A read of what carries no characters."""


@dataclass(frozen=True, slots=True, eq=False)
class CropRead:
    """What the network says of one crop, not calibrated."""

    texts: tuple[Candidate, ...]
    """Best first, the empty text left out: its probability stays as doubt."""
    nations: NDArray[np.float32]
    """Probability of each of `NATIONS`."""

    @property
    def sureness(self) -> float:
        """Probability of the best text; 0 where there is none."""
        return self.texts[0].confidence if self.texts else 0.0


class LitertPlateReader:
    """A `PlateReader` on LiteRT. Owned by one thread.

    Networks that were trained apart err apart: each candidate counts with its mean probability.
    """

    def __init__(self, networks: Sequence[bytes], calibration: Calibration) -> None:
        """Load the models, at least one.

        Raises:
            WeightsError: the weights are no model.
        """
        outputs = ((len(NATIONS),), (COLUMNS, len(ALPHABET) + 1))
        self._interpreters = [Interpreter(weights, outputs=outputs) for weights in networks]
        self._calibration = calibration

    def read(self, image: GrayImage, quad: Quad) -> PlateRead:
        """The characters inside the quad; an empty text where it holds none."""
        arrangements = (Lines.ONE, Lines.TWO) if aspect_of(quad) < TWO_LINES_BELOW else (Lines.ONE,)
        first, lines = max(
            ((self.read_crop(rectify(image, quad, lines)), lines) for lines in arrangements),
            key=lambda entry: entry[0].sureness,
        )
        if not first.texts:
            return NOTHING
        if _WORTH_ANOTHER <= first.sureness < SURE and len(first.texts[0].text) >= _SHORTEST_WORTH_ANOTHER:
            others = (rectify(image, resized(quad, *sizes), lines) for sizes in _OTHER_SIZES)
            first = averaged([first, *(self.read_crop(crop) for crop in others)])
        texts = self._calibration.apply(first.texts)
        return PlateRead(
            texts[0].text, texts[0].confidence, build_lattice(texts), texts, _nations(first, aspect_of(quad))
        )

    def read_crop(self, crop: GrayImage) -> CropRead:
        """What an upright crop of shape (64, 160) shows."""
        values = np.asarray(crop[None, :, :, None] / np.float32(255), np.float32)
        first, *others = self._interpreters
        read = _run(first, values)
        # What is no plate mostly reads as nothing at once; the others would only say so again.
        if not others or read.sureness < _WORTH_ANOTHER:
            return read
        return averaged([read, *(_run(interpreter, values) for interpreter in others)])


def _run(interpreter: Interpreter, values: NDArray[np.float32]) -> CropRead:
    nations, columns = interpreter.run(values.astype(interpreter.input_type))
    texts = likeliest_texts(softmax(columns), CANDIDATES)
    return CropRead(tuple(one for one in texts if one.text), softmax(nations))


def shipped_reader(calibration: Calibration) -> LitertPlateReader:
    """The reader with the weights that ship.

    Raises:
        WeightsError: the weights are missing or are not those that the manifest names.
    """
    return LitertPlateReader([load_weights(model) for model in READERS], calibration)


def _nations(read: CropRead, aspect: float) -> tuple[Issuer, ...]:
    """The nations by the plate's face and its shape: the crop shows the former alone, it is stretched."""
    nations = [Issuer(code, float(p)) for code, p in zip(NATIONS, read.nations, strict=True)]
    likely = weigh_by_shape(nations, aspect)[:ISSUERS]
    return tuple(one for one in likely if one.probability >= LEAST_ISSUER)


def averaged(looks: Sequence[CropRead]) -> CropRead:
    """Several looks at one plate as one: each candidate and each nation with its mean probability."""
    sums: dict[str, float] = {}
    for candidate in chain.from_iterable(look.texts for look in looks):
        sums[candidate.text] = sums.get(candidate.text, 0.0) + candidate.confidence / len(looks)
    ranked = sorted(sums.items(), key=lambda entry: (-entry[1], entry[0]))
    texts = tuple(Candidate(text, probability) for text, probability in ranked[:CANDIDATES])
    return CropRead(texts, np.asarray(np.mean([look.nations for look in looks], axis=0), np.float32))
