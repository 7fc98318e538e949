"""Recall against false alerts, and what one curve needs for the recall of a point of another. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Judged:
    """Alerts of one rule with their scores.

    Args:
        right: of each wanted vehicle that passed, the score of its own entry; 0 where none was given.
        false: scores of all alerts for another vehicle's entry.
        unlisted: reads among which the false ones arose; held against several lists, as often as these are.
    """

    right: NDArray[np.float64]
    false: NDArray[np.float64]
    unlisted: int

    def recall_at(self, threshold: float) -> float:
        """Share of the wanted vehicles with an alert of at least this score."""
        return float((self.right >= threshold).mean())

    def false_per_million_at(self, threshold: float) -> float:
        """False alerts of at least this score, per million reads."""
        return float((self.false >= threshold).sum() / self.unlisted * 1e6)

    def threshold_for_recall(self, recall: float) -> float:
        """The highest threshold that reaches the recall; 0 where none does."""
        ordered = np.sort(self.right)[::-1]
        needed = int(np.ceil(recall * len(ordered) - 1e-9))
        return float(ordered[needed - 1]) if 0 < needed <= len(ordered) else 0.0

    def threshold_for_false(self, per_million: float) -> float:
        """The lowest threshold with no more false alerts than that."""
        ordered = np.sort(self.false)[::-1]
        allowed = int(per_million * self.unlisted / 1e6 + 1e-9)
        if allowed >= len(ordered):
            return float(np.nextafter(0.0, 1.0))
        return float(np.nextafter(ordered[allowed], 2.0))

    def curve(self, thresholds: Sequence[float]) -> list[tuple[float, float]]:
        """False alerts per million and recall, by threshold."""
        return [(self.false_per_million_at(each), self.recall_at(each)) for each in thresholds]
