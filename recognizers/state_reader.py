"""Tells which US state issued a plate: reads the words above and below its characters, letter by letter.

Names are read rather than recognised as pictures, so that lettering that was never seen does no harm, and a new slogan
is a line in a layout and no training.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recognizers.confidence import Calibration
from recognizers.ctc_scores import TextScorer
from recognizers.interpreter import Interpreter
from recognizers.jurisdictions import STATES
from recognizers.plate import ALPHABET, GrayImage, Issuer, Quad
from recognizers.rectification import BAND_WIDTH, Edge, band
from recognizers.softmax import softmax
from recognizers.state_lexicon import us_lexicon

LEAST_WIDTH_PX = 85.0
"""Narrower plates are not looked at: their words are less than 7 px high, and none such were trained on."""

_OTHER_WORDS = 1e-3
"""Odds that a band has words of no lexicon, against its spelling a given word."""

_NO_WORDS = 0.3
"""Odds that a band has no words, or none that can be read: a tenth to a fifth of the plates have none, frames hide
more. Without it, whatever blank columns spell a little of would speak for the states with the shortest names."""


class LitertStateReader:
    """A `StateReader` on LiteRT. Owned by one thread."""

    def __init__(self, weights: bytes, calibration: Calibration) -> None:
        """Load the model.

        Raises:
            WeightsError: the weights are no model, or one of another shape.
        """
        self._interpreter = Interpreter(weights, outputs=((BAND_WIDTH // 4, len(ALPHABET) + 1),))
        self._calibration = calibration
        self._lexicon = us_lexicon()
        self._scorer = TextScorer(("", *self._lexicon.words))

    def states(self, image: GrayImage, quad: Quad) -> tuple[Issuer, ...]:
        """All states with their probabilities, in the order of `STATES`; nothing for a plate that is too small."""
        if np.linalg.norm(quad[1] - quad[0]) < LEAST_WIDTH_PX:
            return ()
        odds = np.ones(len(STATES))
        for edge in Edge:
            odds = odds * self._speaks(self.read_band(band(image, quad, edge)))
        told = self._calibration.states(odds / odds.sum())
        return tuple(Issuer(code, float(p)) for code, p in zip(STATES, told, strict=True))

    def read_band(self, crop: GrayImage) -> NDArray[np.float32]:
        """For each column of a band the probability of each character and, last, of the blank."""
        values = (crop[None, :, :, None] / np.float32(255)).astype(self._interpreter.input_type)
        (logits,) = self._interpreter.run(values)
        return softmax(logits)

    def _speaks(self, columns: NDArray[np.float32]) -> NDArray[np.float64]:
        """How much one band speaks for each state.

        The columns' likeliest path, whatever it spells, is what other words would score at most.
        """
        likeliest = float(np.log(np.maximum(columns.max(axis=1), 1e-9)).sum())
        nothing, *words = np.exp(np.minimum(0.0, self._scorer.log_likelihoods(columns) - likeliest))
        return np.asarray(np.array(words) @ self._lexicon.speaks_for + _OTHER_WORDS + _NO_WORDS * nothing)
