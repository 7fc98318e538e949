"""How likely columns spell given texts: the forward sum of connectionist temporal classification, many texts at once.

Source: Graves et al., "Connectionist temporal classification", ICML 2006, section 4.1.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recognizers.plate import ALPHABET

_BLANK = len(ALPHABET)
_LEAST = 1e-30


class TextScorer:
    """Scores the same texts against many sets of columns. Immutable; serves any number of threads."""

    def __init__(self, texts: Sequence[str]) -> None:
        """Lay the texts out.

        Args:
            texts: of `ALPHABET`, at least one; an empty one stands for nothing at all.
        """
        longest = max(len(text) for text in texts)
        states = np.full((len(texts), 2 * longest + 1), _BLANK, np.intp)
        for row, text in zip(states, texts, strict=True):
            row[1 : 2 * len(text) : 2] = [ALPHABET.index(character) for character in text]
        self._states = states
        # Between two different characters the blank may be left out.
        skip = np.zeros(states.shape, bool)
        skip[:, 2:] = (states[:, 2:] != _BLANK) & (states[:, 2:] != states[:, :-2])
        self._may_skip = skip
        self._ends = np.array([2 * len(text) for text in texts])

    def log_likelihoods(self, columns: NDArray[np.floating]) -> NDArray[np.float64]:
        """For each text the logarithm of the probability that the columns spell it.

        Args:
            columns: shape (columns, 37): for each the probability of each character and, last, of the blank.
        """
        emitted = np.asarray(columns, np.float64)[:, self._states]
        alpha = np.zeros(self._states.shape)
        alpha[:, :2] = emitted[0, :, :2]
        log_scale = np.zeros(len(alpha))
        for row in emitted[1:]:
            total = alpha.copy()
            total[:, 1:] += alpha[:, :-1]
            total[:, 2:] += np.where(self._may_skip[:, 2:], alpha[:, :-2], 0.0)
            alpha = total * row
            # Kept near 1, or sixty columns would underflow.
            largest = np.maximum(alpha.max(axis=1), _LEAST)
            alpha /= largest[:, None]
            log_scale += np.log(largest)
        rows = np.arange(len(alpha))
        last = alpha[rows, self._ends] + np.where(self._ends > 0, alpha[rows, np.maximum(self._ends - 1, 0)], 0.0)
        return np.asarray(np.log(np.maximum(last, _LEAST)) + log_scale)
