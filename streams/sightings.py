"""Matches of one entry that lie close together in event time are sightings of one hit, not hits of their own. Pure.

What is kept of an entry is the set of its sightings. Groups, probabilities and outcomes are functions of that set, so
the order in which matches arrive changes nothing but which of them a hit is named after.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from infra.settings.pipeline import MatchingSettings, WindowSettings
from streams.corroboration import Belief, Journey, Witness, believe, distance_km
from streams.matching import grade, is_told
from streams.records import Hit, HitSighting, Match, Outcome, event_id

MOST_SIGHTINGS = 16
"""Sightings that are kept of one entry; of a plate that is seen all the time the oldest go."""


class ToldHit(msgspec.Struct, frozen=True):
    """A hit that went out."""

    id: str
    named_after: str
    """The detection that opened it."""
    opened_at: datetime
    revision: int
    probability: float
    outcome: Outcome
    detections: tuple[str, ...]


class EntrySightings(msgspec.Struct, frozen=True):
    """All that is remembered of one entry."""

    matches: tuple[Match, ...] = ()
    """In the order of event time, one of each pass: its latest revision."""
    told: tuple[ToldHit, ...] = ()
    """In the order in which they went out."""


class Joined(msgspec.Struct, frozen=True):
    """The entry with one match more."""

    sightings: EntrySightings
    hits: tuple[Hit, ...] = ()
    """Opened, or grown."""
    forgotten: int = 0
    """Sightings that were too many."""


@dataclass(frozen=True, slots=True)
class _Rules:
    windows: WindowSettings
    matching: MatchingSettings


def join(known: EntrySightings, match: Match, windows: WindowSettings, matching: MatchingSettings) -> Joined:
    """Put a match among the entry's sightings; a replay, or an older revision of a known pass, changes nothing.

    A hit is told as soon as its group of sightings is told by `MatchingSettings`, and again whenever it grows. Where a
    late sighting joins two groups that were told, the hit that went out first goes on; the other is not told again.
    """
    before = next((one for one in known.matches if one.detection.id == match.detection.id), None)
    if before is not None and before.detection.revision >= match.detection.revision:
        return Joined(known)
    others = [one for one in known.matches if one is not before]
    ordered = sorted([*others, match], key=lambda one: (one.detection.captured_at, one.detection.id))
    kept = tuple(ordered[-MOST_SIGHTINGS:])
    if match not in kept:
        kept = (match, *kept[1:])  # older than all that is kept: it still counts once
    told = known.told
    hits: list[Hit] = []
    for group in grouped(kept, windows):
        hit = _hit(group, told, match, _Rules(windows, matching))
        if hit is not None:
            hits.append(hit)
            told = _with(told, hit, match)
    alive = {one.detection.id for one in kept}
    told = tuple(one for one in told if alive.intersection(one.detections))
    return Joined(EntrySightings(kept, told), tuple(hits), len(ordered) - len(kept))


def grouped(matches: Sequence[Match], settings: WindowSettings) -> list[tuple[Match, ...]]:
    """The matches in groups.

    Within one, each is at most `sighting_s` after the one before it, and `longest_s` after the first.

    Args:
        matches: in the order of event time.
        settings: of the windows.
    """
    gap, longest = timedelta(seconds=settings.sighting_s), timedelta(seconds=settings.longest_s)
    groups: list[list[Match]] = []
    for match in matches:
        at = match.detection.captured_at
        group = groups[-1] if groups else None
        if group is None or at - group[-1].detection.captured_at > gap or at - group[0].detection.captured_at > longest:
            groups.append([match])
        else:
            group.append(match)
    return [tuple(group) for group in groups]


def belief_of(group: Sequence[Match], settings: WindowSettings) -> Belief:
    """How probably the wanted vehicle was seen, by a group of sightings together."""
    witnesses = [
        Witness(
            one.detection.camera,
            one.detection.captured_at,
            one.detection.location,
            one.probability,
            one.evidence.alternatives if one.evidence else {},
        )
        for one in group
    ]
    return believe(witnesses, Journey(settings.fastest_kmh, settings.seen_again))


def _hit(
    group: Sequence[Match],
    told: Sequence[ToldHit],
    newest: Match,
    rules: _Rules,
) -> Hit | None:
    """The group's hit, where there is something to tell of it that was not told before."""
    members = tuple(one.detection.id for one in group)
    # Any common sighting will do: the one that a hit is named after may be among those that are forgotten.
    known = next((one for one in told if not set(members).isdisjoint(one.detections)), None)
    if newest.detection.id not in members and (known is None or set(known.detections) == set(members)):
        return None
    belief = belief_of(group, rules.windows)
    likeliest = max(group, key=lambda one: (one.probability, one.detection.id))
    entry = likeliest.entry
    if known is None and not is_told(belief.probability, entry, rules.matching):
        return None
    alone = is_told(likeliest.probability, entry, rules.matching)
    outcome = grade(belief.probability, entry, likeliest.detection.plate, rules.matching)
    if outcome is Outcome.EXACT and likeliest.outcome is not Outcome.EXACT:
        # Several reads that are each unsure do not make one that a person need not look at twice.
        outcome = Outcome.LIKELY
    opened = known.opened_at if known else newest.detection.captured_at
    lateness = timedelta(seconds=rules.windows.lateness_s)
    return Hit(
        id=known.id if known else event_id(entry.id, newest.detection.id),
        revision=known.revision + 1 if known else 1,
        match=likeliest,
        probability=belief.probability,
        outcome=outcome,
        sightings=_sightings(group),
        corroborated=len(belief.by) > 1 and not alone,
        opened_at=opened,
        late=all(one.matched_at - one.detection.captured_at > lateness for one in group),
        historical=all(one.historical for one in group),
    )


def _with(told: tuple[ToldHit, ...], hit: Hit, newest: Match) -> tuple[ToldHit, ...]:
    """What was told, and the hit, in its place where it was told before."""
    before = next((one for one in told if one.id == hit.id), None)
    now = ToldHit(
        id=hit.id,
        named_after=before.named_after if before else newest.detection.id,
        opened_at=hit.opened_at,
        revision=hit.revision,
        probability=hit.probability,
        outcome=hit.outcome,
        detections=tuple(one.detection for one in hit.sightings),
    )
    return tuple(now if one is before else one for one in told) if before else (*told, now)


def _sightings(group: Sequence[Match]) -> tuple[HitSighting, ...]:
    sightings: list[HitSighting] = []
    for match in group:
        detection = match.detection
        before = sightings[-1] if sightings else None
        sightings.append(
            HitSighting(
                detection=detection.id,
                plate=detection.plate,
                camera=detection.camera,
                captured_at=detection.captured_at,
                location=detection.location,
                probability=match.probability,
                outcome=match.outcome,
                distance_km=_rounded(distance_km(before.location, detection.location)) if before else None,
                seconds=(detection.captured_at - before.captured_at).total_seconds() if before else None,
                image=detection.image,
            )
        )
    return tuple(sightings)


def _rounded(kilometres: float | None) -> float | None:
    return None if kilometres is None else round(kilometres, 3)
