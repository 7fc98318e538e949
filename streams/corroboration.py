"""Weak sightings of one entry by several cameras, and how probable they make it together. Pure.

Two reads that each may be the wanted plate are no independent evidence: a look-alike that passes both cameras is
misread the same way twice. So the hypotheses are vehicles, not reads. With p_i(x) the probability that read i is of
vehicle x, a vehicle that camera 1 saw is k times likelier than any other to be the one that camera 2 sees shortly
after, if it can be there by then (`WindowSettings.seen_again`); after the reads 1..n

    P(x) ~ p_1(x) * product over i > 1 of (1 + (k - 1) p_i(x)).

Where the look-alike explains both reads as well as the wanted plate does, its share grows as fast. The formula is
Bayes' rule with a mixture for each further read: of the same vehicle, or of an unrelated one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

from streams.records import GeoPoint

_EARTH_KM = 6371.0088
_MOST_TOGETHER = 3
"""Reads that are weighed together at most: more decide nothing that three do not."""

_SLACK_KM = 0.3
"""Cameras this close see one vehicle at the same time; places are as exact as whoever wrote them."""


@dataclass(frozen=True, slots=True)
class Witness:
    """What one pass says of the entry.

    Args:
        wanted: p(x) of the wanted plate.
        others: p(x) of other plates that it may be.
    """

    camera: str
    at: datetime
    location: GeoPoint | None
    wanted: float
    others: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Journey:
    """The limits of what one vehicle can do."""

    fastest_kmh: float
    seen_again: float
    """k of the formula."""


@dataclass(frozen=True, slots=True)
class Belief:
    """How probably the wanted vehicle was seen, and the places of the witnesses that say so."""

    probability: float
    by: tuple[int, ...]


def believe(witnesses: Sequence[Witness], journey: Journey) -> Belief:
    """The best that one witness, or up to three of different cameras that bear each other out, make it.

    More witnesses never lower it, and their order of arrival does not matter: it is a maximum over subsets of a set.

    Args:
        witnesses: in the order of event time; at least one.
        journey: how vehicles move.
    """
    alone = max(range(len(witnesses)), key=lambda place: witnesses[place].wanted)
    best = Belief(witnesses[alone].wanted, (alone,))
    for size in range(2, _MOST_TOGETHER + 1):
        for places in combinations(range(len(witnesses)), size):
            together = [witnesses[place] for place in places]
            if not _is_journey(together, journey):
                continue
            probability = fuse(together, journey.seen_again)
            if probability > best.probability:
                best = Belief(probability, places)
    return best


def fuse(witnesses: Iterable[Witness], seen_again: float) -> float:
    """P(wanted) after all of them, by the formula above."""
    first, *further = witnesses
    known = min(1.0, first.wanted + sum(first.others.values()))
    wanted, others, unknown = first.wanted, dict(first.others), 1.0 - known
    for one in further:
        wanted *= 1 + (seen_again - 1) * one.wanted
        others = {plate: p * (1 + (seen_again - 1) * one.others.get(plate, 0.0)) for plate, p in others.items()}
    return wanted / (wanted + sum(others.values()) + unknown)


def distance_km(one: GeoPoint | None, other: GeoPoint | None) -> float | None:
    """As the crow flies, on a sphere (haversine); None where a place is not known."""
    if one is None or other is None:
        return None
    north, east = math.radians(other.lat - one.lat), math.radians(other.lon - one.lon)
    chord = (
        math.sin(north / 2) ** 2
        + math.cos(math.radians(one.lat)) * math.cos(math.radians(other.lat)) * math.sin(east / 2) ** 2
    )
    return 2 * _EARTH_KM * math.asin(min(1.0, math.sqrt(chord)))


def _is_journey(witnesses: Sequence[Witness], journey: Journey) -> bool:
    """Whether one vehicle can have been before these cameras at these times, each another camera."""
    if len({one.camera for one in witnesses}) < len(witnesses):
        return False
    return all(_is_reachable(one, other, journey) for one, other in combinations(witnesses, 2))


def _is_reachable(one: Witness, other: Witness, journey: Journey) -> bool:
    distance = distance_km(one.location, other.location)
    if distance is None:
        return True
    hours = abs((other.at - one.at).total_seconds()) / 3600
    return distance <= _SLACK_KM + journey.fastest_kmh * hours
