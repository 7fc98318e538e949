"""One measured figure, what it must reach, and how it was measured."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

import msgspec

_Z95 = 1.959964  # standard normal deviate of a two-sided 95 % interval


class Better(Enum):
    """Which way a figure should go."""

    HIGHER = "higher"
    LOWER = "lower"


@dataclass(frozen=True, slots=True)
class Goal:
    """What a figure must reach, and what we aim at. None: there is no bar."""

    must: float | None
    aim: float | None
    better: Better = Better.HIGHER

    def is_met(self, value: float) -> bool | None:
        """Whether the value reaches what it must; None where there is no bar."""
        if self.must is None:
            return None
        return value >= self.must if self.better is Better.HIGHER else value <= self.must


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a bench's table; also its JSON."""

    name: str
    value: float
    unit: str
    must: float | None
    aim: float | None
    met: bool | None
    how: str
    interval: tuple[float, float] | None = None
    """Of a share of few trials: the 95 % interval, in the row's unit."""
    trials: int | None = None


class BenchReport(msgspec.Struct, frozen=True, kw_only=True):
    """All that a bench found."""

    bench: str
    machine: str
    threads: int
    """How many at most the measured code ran in."""
    rows: tuple[Row, ...]


def figure(name: str, value: float, unit: str, *, goal: Goal, how: str) -> Row:
    """A row of a plain figure."""
    rounded = round(value, 4)
    return Row(name=name, value=rounded, unit=unit, must=goal.must, aim=goal.aim, met=goal.is_met(rounded), how=how)


def share(name: str, right: int, trials: int, *, goal: Goal, how: str) -> Row:
    """A row of a percentage: so many of the trials, with its 95 % interval; 0 where there was no trial."""
    value = round(100 * right / trials, 2) if trials else 0.0
    low, high = wilson(right, trials)
    return Row(
        name=name,
        value=value,
        unit="%",
        must=goal.must,
        aim=goal.aim,
        met=goal.is_met(value),
        how=how,
        interval=(round(100 * low, 1), round(100 * high, 1)),
        trials=trials,
    )


def wilson(right: float, trials: float) -> tuple[float, float]:
    """The 95 % interval of a share. Source: Wilson, "Probable inference", JASA 22, 1927; holds for few trials too.

    Weighted trials may count as a fraction.
    """
    if not trials:
        return 0.0, 1.0
    p, z2 = right / trials, _Z95**2
    centre = (p + z2 / (2 * trials)) / (1 + z2 / trials)
    reach = _Z95 / (1 + z2 / trials) * math.sqrt(p * (1 - p) / trials + z2 / (4 * trials**2))
    return max(0.0, centre - reach), min(1.0, centre + reach)


def poisson_interval(events: float) -> tuple[float, float]:
    """The 95 % interval of the mean of rare events, of which so many were seen; weighted ones may be a fraction.

    Source: Byar's approximation, in Breslow and Day, "Statistical methods in cancer research" II, 1987; within 1 % of
    the exact interval, or two hundredths of an event.
    """
    low, high = events, events + 1
    below = max(0.0, 1 - 1 / (9 * low) - _Z95 / (3 * math.sqrt(low))) if low else 0.0
    return low * below**3, high * (1 - 1 / (9 * high) + _Z95 / (3 * math.sqrt(high))) ** 3
