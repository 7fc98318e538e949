"""Which look belongs to which vehicle: by where its plate should be by now, and by what it reads."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from recognizers.plate import PixelBox
from recognizers.voting import align

MIN_AFFINITY = 0.35
"""Below it a look starts a new track. Full agreement of place alone gives 0.4: a plate that is where it should be is
followed even while it reads otherwise."""

_TEXT_SHARE = 0.6
_REACH = 6.0
"""Plate widths that a plate may move between two looks: 100 km/h at 10 frames/s is 2.8 m, 5-6 European plates."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where a plate was at a time; seconds of event time."""

    at_s: float
    box: PixelBox

    @property
    def center(self) -> tuple[float, float]:
        """The middle of the box."""
        return self.box.x + self.box.width / 2, self.box.y + self.box.height / 2


@dataclass(frozen=True, slots=True)
class Trail:
    """What the tracker must know of a vehicle seen before: its last positions, oldest first, and its text."""

    positions: tuple[Position, ...]
    text: str

    def expected_center(self, at_s: float) -> tuple[float, float]:
        """Where the plate's middle should be, if it goes on as it did between its last two looks."""
        last = self.positions[-1]
        if len(self.positions) == 1:
            return last.center
        before = self.positions[-2]
        elapsed = last.at_s - before.at_s
        share = (at_s - last.at_s) / elapsed if elapsed > 0 else 0.0
        return (
            last.center[0] + (last.center[0] - before.center[0]) * share,
            last.center[1] + (last.center[1] - before.center[1]) * share,
        )


@dataclass(frozen=True, slots=True)
class Sighting:
    """A look as the tracker sees it."""

    position: Position
    text: str


def assign(trails: Sequence[Trail], sightings: Sequence[Sighting]) -> list[int | None]:
    """For each sighting the index of the trail that it continues, or None where it starts a new one.

    The pair with the highest affinity goes first; no trail gets two sightings of one frame.
    """
    pairs = sorted(
        (
            (-affinity(trail, sighting), s, t)
            for (t, trail), (s, sighting) in itertools.product(enumerate(trails), enumerate(sightings))
        ),
    )
    chosen: list[int | None] = [None] * len(sightings)
    taken: set[int] = set()
    for negative, s, t in pairs:
        if -negative >= MIN_AFFINITY and chosen[s] is None and t not in taken:
            chosen[s] = t
            taken.add(t)
    return chosen


def affinity(trail: Trail, sighting: Sighting) -> float:
    """How well a sighting continues a trail, in [0, 1]: agreement of text and of place.

    A plate that is out of reach is followed only while it reads exactly the same: the plates of a fleet differ by one
    character, and one of two cars must not vanish in the other's pass.
    """
    if trail.text == sighting.text:
        return _TEXT_SHARE + (1 - _TEXT_SHARE) * _nearness(trail, sighting.position)
    near = _nearness(trail, sighting.position)
    return _TEXT_SHARE * similarity(trail.text, sighting.text) + (1 - _TEXT_SHARE) * near if near else 0.0


def similarity(left: str, right: str) -> float:
    """Share of characters that two texts have in common when aligned, in [0, 1]."""
    if not left or not right:
        return 0.0
    pairs = align([{c: 1.0} for c in left], [{c: 1.0} for c in right])
    same = sum(i is not None and j is not None and left[i] == right[j] for i, j in pairs)
    return same / max(len(left), len(right))


def _nearness(trail: Trail, position: Position) -> float:
    """1 where the plate was expected and of the size it had, 0 beyond reach or at twice or half the size."""
    expected = trail.expected_center(position.at_s)
    width = max(trail.positions[-1].box.width, position.box.width, 1.0)
    distance = max(abs(expected[0] - position.center[0]), abs(expected[1] - position.center[1])) / width
    # A trail's second look has no velocity to go by yet, so it may be as far as a fast vehicle gets.
    reach = _REACH if len(trail.positions) == 1 else _REACH / 4
    grown = max(trail.positions[-1].box.width, 1.0) / max(position.box.width, 1.0)
    size = 2.0 - max(grown, 1.0 / grown)
    return max(0.0, 1.0 - distance / reach) * max(0.0, min(1.0, size))
