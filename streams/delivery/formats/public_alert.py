"""An alert as subscribers see it. A promise to them: fields are added, never changed or taken away.

It is no copy of our own records: those may change from day to day, and know more than a subscriber is to be told.
"""

from __future__ import annotations

from base64 import b64encode

import msgspec

from streams.delivery.formats import wording
from streams.delivery.formats.context import FormatContext
from streams.records import (
    Alert,
    AlertEvent,
    AlertPurpose,
    AlertState,
    AlertStep,
    Category,
    CharacterEvidence,
    ClearedOutcome,
    Comparison,
    GeoPoint,
    HitSighting,
    HotlistEntry,
    Match,
    Outcome,
    Probability,
    SeenVehicle,
    Timestamp,
    VehicleDescription,
)

_LEAST_TOLD = 0.01
"""A character that is less probable than this helps nobody who compares plates; the lattice itself is not told."""
_MOST_CHARACTERS = 3
_MOST_ALTERNATIVES = 3


class PublicStruct(msgspec.Struct, frozen=True, kw_only=True):
    """The root of what subscribers see; every field is always there."""


class WantedPlate(PublicStruct, frozen=True):
    """What the hot list wants."""

    entry: str
    """The entry's id."""
    plate: str
    """With `?` for one unknown character and `*` for any number of them, where only a part of it is known."""
    state: str | None
    """Who issued it, by ISO 3166 (`US-KY`, `DE`); null: any."""
    category: Category
    hotlist: str
    hotlist_late: bool
    """The list was not loaded when it should have been: what it says may have been withdrawn."""
    vehicle: VehicleDescription | None
    """Of a stolen plate: the vehicle that it belongs to."""
    reason: str
    instructions: str
    """What the entry's agency asks of whoever meets the vehicle."""
    case_number: str
    record_number: str
    """Of the source, such as NCIC's NIC."""


class PublicCharacter(PublicStruct, frozen=True):
    """One place of the wanted plate: what it wants, and what was read there."""

    wanted: str
    """The character; empty where the read has one too many."""
    read: dict[str, Probability]
    """The likeliest characters first, with their probabilities; an empty text stands for none."""
    differs: bool
    """Whether something else than the wanted character is the likeliest."""


class PublicAlternative(PublicStruct, frozen=True):
    """Another plate that passed perhaps."""

    plate: str
    probability: Probability


class CapturedPlate(PublicStruct, frozen=True):
    """What the camera read, in the likeliest of the sightings."""

    plate: str
    state: str | None
    """Who issued it, where that was seen."""
    confidence: Probability
    """That the plate carries exactly this text."""
    vehicle: SeenVehicle | None
    characters: tuple[PublicCharacter, ...]
    alternatives: tuple[PublicAlternative, ...]


class PublicSighting(PublicStruct, frozen=True):
    """One pass of the vehicle at one camera."""

    detection: str
    camera: str
    location: GeoPoint | None
    captured_at: Timestamp
    plate: str
    """As read."""
    probability: Probability
    """That it was the wanted vehicle, by this pass alone."""
    image: str | None
    """Link to the picture; it is signed and expires. Null: there is none."""
    frame: int | None
    """Number of the camera's frame that decided; null at all sightings but the deciding one."""


class PublicStep(PublicStruct, frozen=True):
    """One step of the alert's life: who, when, why."""

    event: AlertEvent
    at: Timestamp
    by: str
    role: str
    reason: str
    comparison: Comparison | None
    """What a person saw when comparing picture and wanted plate."""
    cleared: ClearedOutcome | None
    """Of `cleared`: how it ended. The vehicle may be seen again after that, and the alert be `reopened`."""


class PublicAlert(PublicStruct, frozen=True):
    """An alert as subscribers see it."""

    alert: str
    """The alert's id: the same for all its revisions."""
    revision: int
    """The higher replaces the lower."""
    state: AlertState
    event: AlertEvent
    """What brought this revision about."""
    purpose: AlertPurpose
    """Only an `actual` alert is meant."""
    purpose_notice: str
    """Empty for an `actual` alert; else that it is not meant. Show it."""
    priority: int
    """1, the most urgent, to 5."""
    sounds: bool
    """Whether people are to be called."""
    headline: str
    notice: str
    """Not empty as long as no person verified it: that it is no ground for a stop by itself. Show it."""
    raised_at: Timestamp
    wanted: WantedPlate
    read: CapturedPlate
    vehicle_comparison: str
    """The wanted vehicle, or the one that a stolen plate belongs to, against the one seen, in words."""
    probability: Probability
    """That the wanted vehicle was seen, by all sightings together."""
    outcome: Outcome
    late: bool
    """All its sightings came in after the allowed lateness."""
    historical: bool
    """All its sightings are of before the entry was active."""
    corroborated: bool
    """No sighting is sure alone; together they are."""
    sightings: tuple[PublicSighting, ...]
    """In the order of their time."""
    steps: tuple[PublicStep, ...]
    taken_by: str
    """Who sees to it; empty: nobody yet."""
    cleared: ClearedOutcome | None
    """How it ended."""
    link: str
    """Where the console shows it; empty without a console."""
    crop: str | None
    """JPEG of the deciding sighting's plate in base64, where the subscription asks for it."""


def public_alert(alert: Alert, context: FormatContext) -> PublicAlert:
    """The alert as a subscriber sees it."""
    hit, match = alert.hit, alert.hit.match
    return PublicAlert(
        alert=alert.id,
        revision=alert.revision,
        state=alert.state,
        event=alert.steps[-1].event,
        purpose=alert.purpose,
        purpose_notice=wording.PURPOSE_NOTICES[alert.purpose],
        priority=alert.priority,
        sounds=alert.sounds,
        headline=wording.headline(alert),
        notice=wording.notice(alert),
        raised_at=alert.raised_at,
        wanted=_wanted(match.entry, late=match.hotlist_late),
        read=_captured(match),
        vehicle_comparison=wording.vehicle_comparison(alert),
        probability=round(hit.probability, 4),
        outcome=hit.outcome,
        late=hit.late,
        historical=hit.historical,
        corroborated=hit.corroborated,
        sightings=_sightings(alert, context),
        steps=tuple(_step(step) for step in alert.steps),
        taken_by=alert.taken_by,
        cleared=alert.outcome,
        link=context.alert_link(alert.id),
        crop=None if context.crop is None else b64encode(context.crop).decode(),
    )


def _wanted(entry: HotlistEntry, *, late: bool) -> WantedPlate:
    return WantedPlate(
        entry=entry.id,
        plate=entry.plate,
        state=entry.state,
        category=entry.category,
        hotlist=entry.hotlist,
        hotlist_late=late,
        vehicle=entry.vehicle,
        reason=entry.reason,
        instructions=entry.instructions,
        case_number=entry.case_number,
        record_number=entry.record_number,
    )


def _captured(match: Match) -> CapturedPlate:
    detection, evidence = match.detection, match.evidence
    alternatives = evidence.alternatives if evidence else {}
    likeliest = sorted(alternatives.items(), key=lambda pair: -pair[1])[:_MOST_ALTERNATIVES]
    return CapturedPlate(
        plate=detection.plate,
        state=detection.state,
        confidence=round(detection.confidence, 4),
        vehicle=detection.vehicle,
        characters=tuple(_character(one) for one in evidence.characters) if evidence else (),
        alternatives=tuple(PublicAlternative(plate=plate, probability=round(p, 4)) for plate, p in likeliest),
    )


def _character(evidence: CharacterEvidence) -> PublicCharacter:
    wanted, read = evidence.wanted, evidence.read
    if len(read) > 1:
        told = [pair for pair in read.items() if pair[1] >= _LEAST_TOLD or pair[0] == wanted]
        told.sort(key=lambda pair: -pair[1])
        if len(told) > _MOST_CHARACTERS:
            told = told[:_MOST_CHARACTERS] + [pair for pair in told[_MOST_CHARACTERS:] if pair[0] == wanted]
        read = dict(told)
    likeliest = next(iter(read), "")
    return PublicCharacter(
        wanted=wanted, read={character: round(p, 3) for character, p in read.items()}, differs=likeliest != wanted
    )


def _sightings(alert: Alert, context: FormatContext) -> tuple[PublicSighting, ...]:
    match = alert.hit.match
    detection = match.detection
    seen = alert.hit.sightings or (
        HitSighting(
            detection=detection.id,
            plate=detection.plate,
            camera=detection.camera,
            captured_at=detection.captured_at,
            location=detection.location,
            probability=match.probability,
        ),
    )
    return tuple(
        PublicSighting(
            detection=one.detection,
            camera=one.camera,
            location=one.location,
            captured_at=one.captured_at,
            plate=one.plate,
            probability=round(one.probability, 4),
            image=context.image_links(one.detection),
            frame=detection.decided_by.sequence if one.detection == detection.id else None,
        )
        for one in seen
    )


def _step(step: AlertStep) -> PublicStep:
    return PublicStep(
        event=step.event,
        at=step.at,
        by=step.by,
        role=step.role,
        reason=step.reason,
        comparison=step.comparison,
        cleared=step.outcome,
    )
