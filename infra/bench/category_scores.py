"""What entries of one category were given in a simulation, and what a threshold makes of it. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from infra.bench.rows import poisson_interval


@dataclass(frozen=True, slots=True)
class CostAt:
    """What a threshold costs for one category. Shares are None where no wanted vehicle could be simulated."""

    found_one_look: float | None
    """Share of the wanted vehicles that one look is enough for."""
    found_pass: float | None
    """Share that the three looks of a pass are enough for."""
    false_per_read: float
    """Expected false alerts of one pass; 0 where no read came near one, and the interval's end is all that is known."""
    interval: tuple[float, float]
    """Of these, 95 %."""


@dataclass(slots=True)
class CategoryScores:
    """Probabilities that were given to entries of one category.

    Args:
        plates: that are wanted.
        mean_density: share of the passing vehicles' strings that is listed for this reason.
    """

    plates: int
    mean_density: float
    one_look: list[float] = field(default_factory=list)
    """Of each wanted vehicle, that of its own entry; 0 where it was not brought up."""
    whole_pass: list[float] = field(default_factory=list)
    false: list[tuple[int, float, float]] = field(default_factory=list)
    """Of texts that others may be taken for: number of the read, probability, were they listed, share that is."""
    false_listed: list[float] = field(default_factory=list)
    """Of listed plates that other vehicles were really taken for: for comparison."""

    def cost_at(self, threshold: float, reads: int) -> CostAt:
        """What alerts from this probability on cost.

        Args:
            threshold: in [0, 1].
            reads: passes of other vehicles that were simulated.
        """
        by_read: defaultdict[int, float] = defaultdict(float)
        for read, p, weight in self.false:
            if p >= threshold:
                by_read[read] += weight
        weights = np.array(list(by_read.values()), np.float64)
        total = float(weights.sum())
        if total:
            # Reads of different weights are as uncertain as so many of the same.
            events = total**2 / float((weights**2).sum())
            low, high = (total * bound / events for bound in poisson_interval(events))
        else:
            low, high = (self.mean_density * bound for bound in poisson_interval(0))
        return CostAt(
            found_one_look=_share_from(self.one_look, threshold),
            found_pass=_share_from(self.whole_pass, threshold),
            false_per_read=total / reads,
            interval=(low / reads, high / reads),
        )


def _share_from(probabilities: Sequence[float], threshold: float) -> float | None:
    return sum(p >= threshold for p in probabilities) / len(probabilities) if probabilities else None
