"""A made-up alert: for the page that shows each format, for test deliveries, and to try a subscriber's template on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec

from recognizers.fold import FOLD_VERSION, fold
from streams.delivery.formats.context import FormatContext
from streams.people import SYSTEM
from streams.records import (
    Alert,
    AlertEvent,
    AlertPurpose,
    AlertState,
    AlertStep,
    Box,
    Category,
    CharacterEvidence,
    ClearedOutcome,
    Comparison,
    Detection,
    Evidence,
    FrameReference,
    GeoPoint,
    Hit,
    HitSighting,
    HotlistEntry,
    ImageQuality,
    Match,
    Outcome,
    PlateCandidate,
    SeenAttribute,
    SeenVehicle,
    VehicleDescription,
    event_id,
)

SPECIMEN_AT = datetime(2026, 11, 22, 14, 5, 9, 120_000, tzinfo=UTC)
"""When the vehicle of the printed examples passed."""

SPECIMEN_CONTEXT = FormatContext(
    now=SPECIMEN_AT + timedelta(seconds=1),
    source="alpr.metro.example",
    agency="Metro Police",
    console_url="https://console.metro.example",
    image_links=lambda detection: f"https://console.metro.example/images/{detection}?expires=1795356309&signature=c2ln",
)
"""Of the printed examples."""

_PLATE, _PARTS = "ABC1234", {"B": {"8": 0.61, "B": 0.38}}
_AWKWARD = "\"quoted\" 'single' <b>&amp; back\\slash\nnew line, é"


def specimen_alert(at: datetime, purpose: AlertPurpose) -> Alert:
    """An alert that nobody has looked at: a stolen vehicle that passed two cameras, made up.

    Args:
        at: when the vehicle passed the camera that decides; the same time gives the same alert.
        purpose: `test` for what is really sent.
    """
    hit = _hit(at)
    raised = AlertStep(event=AlertEvent.RAISED, at=at + timedelta(seconds=0.3), by=SYSTEM.name, role=SYSTEM.role)
    return Alert(
        id=event_id("specimen", at),
        state=AlertState.RECEIVED,
        hit=hit,
        raised_at=raised.at,
        purpose=purpose,
        priority=2,
        steps=(raised,),
    )


def specimens() -> Iterator[tuple[Alert, FormatContext]]:
    """Alerts that a template must be able to put in words: of each purpose and stage, with much and with little.

    Their free texts hold what breaks a template that escapes nothing.
    """
    replace = msgspec.structs.replace
    alert = _awkward(specimen_alert(SPECIMEN_AT, AlertPurpose.ACTUAL))
    yield alert, SPECIMEN_CONTEXT
    yield replace(alert, purpose=AlertPurpose.EXERCISE), SPECIMEN_CONTEXT
    yield _through(alert, AlertState.DISPATCHED, (AlertEvent.VERIFIED, AlertEvent.CONFIRMED)), SPECIMEN_CONTEXT
    cleared = _through(alert, AlertState.CLEARED, (AlertEvent.REJECTED, AlertEvent.CLEARED))
    yield replace(cleared, outcome=ClearedOutcome.MISREAD), SPECIMEN_CONTEXT
    again = (AlertEvent.REJECTED, AlertEvent.CLEARED, AlertEvent.REOPENED)
    yield replace(_through(alert, AlertState.RECEIVED, again), taken_by=""), SPECIMEN_CONTEXT
    yield _sparse(alert), FormatContext(now=SPECIMEN_AT)


def _through(alert: Alert, state: AlertState, events: tuple[AlertEvent, ...]) -> Alert:
    comparison = Comparison(plate_read=_PLATE, state_agrees=True, vehicle_agrees=True)
    steps = tuple(
        AlertStep(
            event=event,
            at=alert.raised_at + timedelta(seconds=10 * number),
            by="R. Diaz",
            role="dispatcher",
            reason=_AWKWARD,
            comparison=comparison if event in {AlertEvent.VERIFIED, AlertEvent.REJECTED} else None,
            outcome=ClearedOutcome.MISREAD if event is AlertEvent.CLEARED else None,
        )
        for number, event in enumerate(events, 1)
    )
    return msgspec.structs.replace(
        alert, state=state, revision=len(steps) + 1, steps=(*alert.steps, *steps), taken_by="R. Diaz"
    )


def _awkward(alert: Alert) -> Alert:
    return _with_entry(
        alert, reason=_AWKWARD, instructions=_AWKWARD, vehicle=VehicleDescription(make="FORD", marks=_AWKWARD)
    )


def _sparse(alert: Alert) -> Alert:
    """What a camera says that says little, of an entry that says no more than it must."""
    replace = msgspec.structs.replace
    bare = _with_entry(alert, state=None, vehicle=None, instructions="", case_number="", record_number="", reason="")
    detection = replace(bare.hit.match.detection, state=None, vehicle=None, location=None)
    match = replace(bare.hit.match, detection=detection, evidence=None)
    return replace(bare, hit=replace(bare.hit, match=match, sightings=()))


def _with_entry(alert: Alert, **changes: str | VehicleDescription | None) -> Alert:
    replace = msgspec.structs.replace
    match = replace(alert.hit.match, entry=replace(alert.hit.match.entry, **changes))
    return replace(alert, hit=replace(alert.hit, match=match))


def _hit(at: datetime) -> Hit:
    match = _match(at)
    detection = match.detection
    before = HitSighting(
        detection=event_id("specimen", "north-1", at),
        plate="A8C1234",
        camera="north-1",
        captured_at=at - timedelta(seconds=90),
        location=GeoPoint(38.1904, -85.7102),
        probability=0.61,
    )
    deciding = HitSighting(
        detection=detection.id,
        plate=detection.plate,
        camera=detection.camera,
        captured_at=at,
        location=detection.location,
        probability=match.probability,
        distance_km=1.4,
        seconds=90.0,
    )
    return Hit(
        id=event_id("specimen hit", at),
        match=match,
        probability=match.probability,
        outcome=match.outcome,
        sightings=(before, deciding),
        opened_at=before.captured_at,
    )


def _match(at: datetime) -> Match:
    characters = tuple(CharacterEvidence(one, _PARTS.get(one, {one: 1.0})) for one in _PLATE)
    return Match(
        id=event_id("specimen match", at),
        detection=_detection(at),
        entry=_entry(),
        hotlist_version="20261122T000000Z-f1-0123456789ab",
        probability=0.974,
        outcome=Outcome.LIKELY,
        evidence=Evidence(characters=characters, text=0.91, alternatives={"A8C1234": 0.02}),
        matched_at=at + timedelta(seconds=0.3),
    )


def _detection(at: datetime) -> Detection:
    return Detection(
        id=event_id("specimen", "north-3", at),
        revision=1,
        final=False,
        camera="north-3",
        captured_at=at,
        received_at=at + timedelta(seconds=0.05),
        first_seen_at=at - timedelta(seconds=0.4),
        last_seen_at=at,
        decided_by=FrameReference(4711, at),
        plate="A8C1234",
        plate_folded=fold("A8C1234"),
        fold_version=FOLD_VERSION,
        confidence=0.61,
        lattice=tuple(_PARTS.get(one, {one: 1.0}) for one in _PLATE),
        candidates=(PlateCandidate("A8C1234", 0.61), PlateCandidate(_PLATE, 0.38)),
        looks=5,
        box=Box(600.0, 410.0, 120.0, 30.0),
        quality=ImageQuality(120.0, 1.4),
        state="US-KY",
        vehicle=SeenVehicle(make=SeenAttribute("TOYOTA", 0.9), color=SeenAttribute("BLACK", 0.8)),
        location=GeoPoint(38.2012, -85.7020),
        engine="specimen",
    )


def _entry() -> HotlistEntry:
    return HotlistEntry(
        id="specimen-7731",
        hotlist="specimen",
        plate=_PLATE,
        category=Category.STOLEN_VEHICLE,
        state="US-KY",
        vehicle=VehicleDescription(make="TOYT", model="CAM", color="BLK", year="2014"),
        record_number="V000000000",
        reason="made-up entry of a made-up list",
        instructions="stop only with probable cause and ID occupants",
        case_number="26-000",
    )
