"""One stolen vehicle's alert in every turn of its life, as formats must be able to put it in words."""

from __future__ import annotations

from typing import Any

import msgspec

from streams.delivery.formats.context import FormatContext
from streams.people import SYSTEM
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
    Evidence,
    GeoPoint,
    Hit,
    HitSighting,
    Outcome,
    SeenAttribute,
    SeenVehicle,
    VehicleDescription,
)
from tests.builders import build_alert, build_detection, build_entry, build_hit, build_match, moment

CONTEXT = FormatContext(
    now=moment(60),
    source="alpr.metro.example",
    agency="Metro Police",
    console_url="https://console.metro.example",
    image_links=lambda detection: f"https://console.metro.example/images/{detection}?expires=1795350000&signature=c2ln",
)

AFTER: dict[AlertEvent, AlertState] = {
    AlertEvent.RAISED: AlertState.RECEIVED,
    AlertEvent.SIGHTED: AlertState.RECEIVED,
    AlertEvent.UPGRADED: AlertState.RECEIVED,
    AlertEvent.REOPENED: AlertState.RECEIVED,
    AlertEvent.TAKEN: AlertState.RECEIVED,
    AlertEvent.ESCALATED: AlertState.RECEIVED,
    AlertEvent.VERIFIED: AlertState.VERIFIED,
    AlertEvent.REJECTED: AlertState.REJECTED,
    AlertEvent.CONFIRMED: AlertState.CONFIRMED,
    AlertEvent.NOT_CONFIRMED: AlertState.NOT_CONFIRMED,
    AlertEvent.OVERRIDDEN: AlertState.VERIFIED,
    AlertEvent.DISPATCHED: AlertState.DISPATCHED,
    AlertEvent.CLEARED: AlertState.CLEARED,
}
"""The state that an event leaves behind, in the lives below."""

_BEFORE: dict[AlertEvent, tuple[AlertEvent, ...]] = {
    AlertEvent.REOPENED: (AlertEvent.VERIFIED, AlertEvent.CLEARED),
    AlertEvent.CONFIRMED: (AlertEvent.VERIFIED,),
    AlertEvent.NOT_CONFIRMED: (AlertEvent.VERIFIED,),
    AlertEvent.OVERRIDDEN: (AlertEvent.VERIFIED,),
    AlertEvent.DISPATCHED: (AlertEvent.VERIFIED, AlertEvent.CONFIRMED),
    AlertEvent.CLEARED: (AlertEvent.REJECTED,),
}

_REASONS = {
    AlertEvent.OVERRIDDEN: "pursuit under way",
    AlertEvent.REOPENED: "after it was cleared as misread, now at north-3 and exact",
}

SAMPLE_ALTERNATIVES = {"ABC1Z34": 0.004, "A8C1234": 0.02}


def sample_alert(event: AlertEvent = AlertEvent.RAISED, **changes: Any) -> Alert:
    """An alert whose last step is the event: a read with a doubtful B, two sightings, a described vehicle."""
    alert = build_alert("ABC1234")
    events = [AlertEvent.RAISED, *(_BEFORE.get(event, ())), *([event] if event is not AlertEvent.RAISED else [])]
    steps = tuple(_step(each, number) for number, each in enumerate(events))
    facts: dict[str, Any] = {
        "id": "a1b2c3d4e5f60718293a4b5c6d",
        "revision": len(steps),
        "state": AFTER[event],
        "hit": sample_hit(),
        "steps": steps,
        "priority": 2,
        "outcome": ClearedOutcome.MISREAD if event is AlertEvent.CLEARED else None,
    }
    return msgspec.structs.replace(alert, **(facts | changes))


def sample_hit(outcome: Outcome = Outcome.EXACT, category: Category = Category.STOLEN_VEHICLE, **entry: Any) -> Hit:
    """The hit of such an alert."""
    detection = build_detection(
        "ABC1234",
        id="0f1e2d3c4b5a69788796a5b4c3",
        state="US-KY",
        camera="north-3",
        lattice=tuple({character: 0.97, "8": 0.02, "X": 0.001} for character in "ABC1234"),
        vehicle=SeenVehicle(make=SeenAttribute("FORD", 0.9), color=SeenAttribute("WHITE", 0.8)),
    )
    wanted: dict[str, Any] = {
        "plate": "ABC1234",
        "id": "stolen/7731",
        "category": category,
        "state": "US-KY",
        "vehicle": VehicleDescription(make="TOYT", model="CAM", color="BLK", year="2014"),
        "record_number": "V123456789",
    }
    characters = tuple(
        CharacterEvidence(
            character, {"8": 0.61, "B": 0.37, "R": 0.015, "E": 0.004} if character == "B" else {character: 1.0}
        )
        for character in "ABC1234"
    )
    match = build_match(
        "ABC1234",
        detection=detection,
        entry=build_entry(**(wanted | entry)),
        probability=0.974,
        outcome=outcome,
        evidence=Evidence(characters=characters, text=0.95, alternatives=SAMPLE_ALTERNATIVES),
    )
    before = HitSighting(
        detection="5a69788796a5b4c30f1e2d3c4b",
        plate="A8C1234",
        camera="north-1",
        captured_at=moment(-90),
        location=GeoPoint(38.19, -85.71),
        probability=0.6,
    )
    deciding = HitSighting(
        detection=detection.id,
        plate=detection.plate,
        camera=detection.camera,
        captured_at=detection.captured_at,
        location=detection.location,
        probability=0.974,
        distance_km=1.4,
        seconds=90.0,
    )
    return build_hit(match=match, probability=0.974, outcome=outcome, sightings=(before, deciding))


def every_life() -> list[Alert]:
    """Every event, outcome and purpose with each other."""
    return [
        sample_alert(event, hit=sample_hit(outcome), purpose=purpose)
        for event in AlertEvent
        for outcome in Outcome
        for purpose in AlertPurpose
    ]


def life_id(alert: Alert) -> str:
    """A name for a test of such an alert."""
    return f"{alert.steps[-1].event}-{alert.hit.outcome}-{alert.purpose}"


def _step(event: AlertEvent, number: int) -> AlertStep:
    person = event not in {
        AlertEvent.RAISED, AlertEvent.SIGHTED, AlertEvent.UPGRADED, AlertEvent.REOPENED, AlertEvent.ESCALATED,
    }  # fmt: skip
    compared = event in {AlertEvent.VERIFIED, AlertEvent.REJECTED}
    return AlertStep(
        event=event,
        at=moment(0.2 + 10 * number),
        by="R. Diaz" if person else SYSTEM.name,
        role="dispatcher" if person else SYSTEM.role,
        reason=_REASONS.get(event, ""),
        comparison=Comparison(plate_read="ABC1234", state_agrees=True, vehicle_agrees=True) if compared else None,
        outcome=ClearedOutcome.MISREAD if event is AlertEvent.CLEARED else None,
    )
