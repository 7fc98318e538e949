"""Tells which US state issued a plate, from its words, bands and colours in grey, with the network of `weights`."""

from __future__ import annotations

import numpy as np

from recognizers.confidence import Calibration
from recognizers.interpreter import Interpreter
from recognizers.jurisdictions import STATES
from recognizers.plate import GrayImage, Issuer, Quad
from recognizers.rectification import face
from recognizers.softmax import softmax

LEAST_WIDTH_PX = 50.0
"""Narrower plates are not looked at: their words are less than 5 px high."""


class LitertStateReader:
    """A `StateReader` on LiteRT. Owned by one thread."""

    def __init__(self, weights: bytes, calibration: Calibration) -> None:
        """Load the model.

        Raises:
            WeightsError: the weights are no model.
        """
        self._interpreter = Interpreter(weights)
        self._calibration = calibration

    def states(self, image: GrayImage, quad: Quad) -> tuple[Issuer, ...]:
        """All states with their probabilities, in the order of `STATES`; nothing for a plate that is too small."""
        if np.linalg.norm(quad[1] - quad[0]) < LEAST_WIDTH_PX:
            return ()
        crop = face(image, quad)
        values = (crop[None, :, :, None] / np.float32(255)).astype(self._interpreter.input_type)
        (logits,) = self._interpreter.run(values)
        odds = self._calibration.states(softmax(logits))
        return tuple(Issuer(code, float(p)) for code, p in zip(STATES, odds, strict=True))
