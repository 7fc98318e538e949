"""Whether hits are right as often as their probability promises, and how surely that can be told. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from infra.bench.rows import Row, wilson

WITHIN = 0.02
"""How far the share that is right may be from what was promised."""

_COUNTED_HITS = 200
"""A tenth with fewer hits gets no row."""


@dataclass(frozen=True, slots=True)
class Hits:
    """Hits of one rule; all columns are of one length.

    Args:
        probability: promised.
        right: whether it was the wanted vehicle.
        weight: how often such a hit comes, in any unit.
        vehicle: number of the vehicle, or of the measured plate that several fare like; hits of one number are no
            independent evidence.
    """

    probability: NDArray[np.float64]
    right: NDArray[np.bool_]
    weight: NDArray[np.float64]
    vehicle: NDArray[np.int64]

    def select(self, chosen: NDArray[np.bool_]) -> Hits:
        """Some of the hits."""
        return Hits(self.probability[chosen], self.right[chosen], self.weight[chosen], self.vehicle[chosen])


@dataclass(frozen=True, slots=True)
class Reliability:
    """Of the hits with a probability from `low` to `high`: what they promised, and what share of them was right."""

    low: float
    high: float
    hits: int
    mean: float
    right: float
    interval: tuple[float, float]
    """95 % of `right`."""

    @property
    def is_within(self) -> bool | None:
        """Whether `right` is within `WITHIN` of `mean`; None where the interval does not tell."""
        low, high = self.interval
        if self.mean - WITHIN <= low and high <= self.mean + WITHIN:
            return True
        if high < self.mean - WITHIN or self.mean + WITHIN < low:
            return False
        return None


def reliability(hits: Hits, least: float) -> list[Reliability]:
    """By tenths of the probability, the lowest from `least`; each hit counts as much as its weight."""
    lows = np.arange(10) / 10
    # One edge between two tenths: 0.2 + 0.1 is more than 0.3, so that bounds of their own would overlap.
    tenth = np.digitize(hits.probability, lows[1:])
    tenths = []
    for place, low in enumerate(lows):
        inside = hits.select((tenth == place) & (hits.probability >= least))
        weight = float(inside.weight.sum())
        if weight:
            mean = float((inside.probability * inside.weight).sum() / weight)
            share = float((inside.right * inside.weight).sum() / weight)
            interval = wilson_weighted(inside)
            bounds = max(least, float(low)), round(float(low) + 0.1, 1)
            tenths.append(Reliability(*bounds, len(inside.weight), mean, share, interval))
    return tenths


def wilson_weighted(hits: Hits) -> tuple[float, float]:
    """The 95 % interval of the share that is right, of weighted hits of which those of one vehicle go together.

    Wilson's interval of as many independent hits of equal weight as would give the share the same variance, which is
    linearised over vehicles. Source: Korn and Graubard, "Confidence intervals for proportions with small expected
    number of positive counts estimated from survey data", Survey Methodology 24(2), 1998. Where all are right, or none
    is, nothing varies: then the heaviest vehicle counts as one, which is fewer hits than there are.
    """
    total = float(hits.weight.sum())
    right = float((hits.right * hits.weight).sum() / total)
    _, number = np.unique(hits.vehicle, return_inverse=True)
    residual = np.bincount(number, hits.weight * (hits.right - right))
    variance = float((residual**2).sum()) / total**2
    # Of one kind only, up to rounding, the residuals are nothing.
    if hits.right.all() or not hits.right.any() or variance == 0.0:
        effective = total / float(np.bincount(number, hits.weight).max())
    else:
        effective = right * (1 - right) / variance
    return wilson(right * effective, effective)


def calibration_rows(of: str, hits: Hits, least: float, how: str) -> Iterator[Row]:
    """A row of each tenth with hits enough: how far promised is from right, in points, and whether that is known.

    Args:
        of: what gave the hits.
        hits: all of them.
        least: probability from which a hit counts.
        how: they were got.
    """
    for tenth in reliability(hits, least):
        if tenth.hits < _COUNTED_HITS:
            continue
        low, high = tenth.interval
        verdict = {True: "within 2 points", False: "not within 2 points", None: "cannot be told"}[tenth.is_within]
        told = (
            f"promised {100 * tenth.mean:.1f} %, right {100 * tenth.right:.1f} % ({100 * low:.1f} to {100 * high:.1f}):"
            f" {verdict}; {tenth.hits} hits; {how}"
        )
        yield Row(
            name=f"{of}: hits of p in [{tenth.low:g}, {tenth.high:g}]: promised against right",
            value=round(100 * abs(tenth.mean - tenth.right), 2),
            unit="points",
            must=100 * WITHIN,
            aim=None,
            met=tenth.is_within,
            how=told,
            interval=_distances(tenth),
            trials=tenth.hits,
        )


def _distances(tenth: Reliability) -> tuple[float, float]:
    """How near to and far from the promise the share that is right may be, in points."""
    ends = [100 * (bound - tenth.mean) for bound in tenth.interval]
    nearest = 0.0 if math.prod(ends) <= 0 else min(map(abs, ends))
    return round(nearest, 2), round(max(map(abs, ends)), 2)
