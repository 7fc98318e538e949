"""A network's odds to probabilities that hold: a read given with 0.9 is right nine times in ten."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from recognizers.interpreter import shipped_weights
from recognizers.plate import Candidate, WeightsError

CALIBRATION_FILE = "calibration.toml"
"""Beside the weights."""

_EDGE = 1e-6  # probabilities are kept this far from 0 and 1, where their odds have no logarithm


class Calibration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line through the log-odds of the best text: its slope and height were fitted to held-out plates."""

    slope: float = 1.0
    intercept: float = 0.0
    state_temperature: float = 1.0
    """The states' log-odds are divided by it; above 1 makes them less sure."""

    def confidence(self, probability: float) -> float:
        """The calibrated probability that the best text is exactly right, for the network's own; never above it.

        On held-out plates the network doubts too much, on plates of places that it never saw too little. Raising its
        word for the former would be paid with wrong stops on the latter.
        """
        bounded = min(1 - _EDGE, max(_EDGE, probability))
        fitted = 1 / (1 + math.exp(-(self.slope * math.log(bounded / (1 - bounded)) + self.intercept)))
        return min(bounded, fitted)

    def states(self, probabilities: NDArray[np.floating]) -> NDArray[np.float64]:
        """The calibrated probabilities of the states, for the network's own; they sum to 1 as before."""
        tempered = np.power(np.maximum(probabilities, _EDGE), 1 / self.state_temperature, dtype=np.float64)
        return np.asarray(tempered / tempered.sum(), np.float64)

    def apply(self, candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
        """The candidates with calibrated probabilities, in the same order, together at most 1.

        Only the best one's probability was fitted; the others share what it leaves in their old proportions.
        """
        if not candidates:
            return ()
        best = candidates[0]
        confidence = self.confidence(best.confidence)
        share = (1 - confidence) / max(1 - best.confidence, _EDGE)
        others = (Candidate(other.text, min(confidence, other.confidence * share)) for other in candidates[1:])
        return Candidate(best.text, confidence), *others


def load_calibration() -> Calibration:
    """The calibration that belongs to the weights that ship.

    Raises:
        WeightsError: the file is missing or wrong.
    """
    file = shipped_weights().joinpath(CALIBRATION_FILE)
    try:
        return msgspec.toml.decode(file.read_bytes(), type=Calibration)
    except (OSError, msgspec.MsgspecError) as error:
        msg = f"the calibration {file} cannot be loaded ({error}); install the package again"
        raise WeightsError(msg) from error
