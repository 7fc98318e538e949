"""What a message says, in the words of the field: for a dispatcher who has a second to read it. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

from streams.records import (
    Alert,
    AlertEvent,
    AlertPurpose,
    AlertState,
    AlertStep,
    Category,
    Outcome,
    SeenVehicle,
    VehicleDescription,
)

NOTICE = (
    "Unverified: this alert is no ground for a stop by itself. "
    "Compare the captured plate with the wanted one, then confirm the record."
)
"""Travels with every alert that nobody has verified."""

PURPOSE_NOTICES = {
    AlertPurpose.ACTUAL: "",
    AlertPurpose.EXERCISE: "Exercise: nobody is to act on it, and it never sounds.",
    AlertPurpose.TEST: "Test: nobody is to act on it, and it never sounds.",
}

_CATEGORIES = {
    Category.AMBER: "AMBER ALERT",
    Category.CASE: "CASE OF INTEREST",
    Category.FUGITIVE: "FUGITIVE",
    Category.GANG: "GANG",
    Category.MISSING: "MISSING PERSON",
    Category.PROTECTIVE_ORDER: "PROTECTIVE ORDER",
    Category.REVOKED: "REVOKED OR SUSPENDED",
    Category.SEX_OFFENDER: "SEX OFFENDER",
    Category.STOLEN_PLATE: "STOLEN PLATE",
    Category.STOLEN_VEHICLE: "STOLEN VEHICLE",
    Category.SUSPECT: "SUSPECT",
    Category.TERRORIST_WATCH: "TERRORIST WATCH",
    Category.WARRANT: "WARRANT",
}

_STATES = {
    AlertState.RECEIVED: "",
    AlertState.VERIFIED: "VERIFIED: ",
    AlertState.REJECTED: "REJECTED: ",
    AlertState.CONFIRMED: "CONFIRMED: ",
    AlertState.NOT_CONFIRMED: "NOT CONFIRMED: ",
    AlertState.DISPATCHED: "DISPATCHED: ",
    AlertState.CLEARED: "CLEARED: ",
}

_EVENTS = {
    AlertEvent.RAISED: "Raised",
    AlertEvent.SIGHTED: "Seen again",
    AlertEvent.UPGRADED: "No longer merely possible, or late",
    AlertEvent.REOPENED: "Seen again, and open anew",
    AlertEvent.TAKEN: "Taken",
    AlertEvent.ESCALATED: "Escalated, nobody took it in time",
    AlertEvent.VERIFIED: "Verified: picture and wanted plate agree",
    AlertEvent.REJECTED: "Rejected: picture and wanted plate do not agree",
    AlertEvent.CONFIRMED: "Confirmed: the record is outstanding",
    AlertEvent.NOT_CONFIRMED: "Not confirmed: the record is not known to be outstanding",
    AlertEvent.OVERRIDDEN: "Exigent circumstances: may be dispatched unconfirmed",
    AlertEvent.DISPATCHED: "Dispatched",
    AlertEvent.CLEARED: "Cleared",
}


def notice(alert: Alert) -> str:
    """What must be said of an alert that no person verified (KY-H.2); empty for another."""
    return "" if alert.is_verified else NOTICE


def seen_again(alert: Alert) -> str:
    """Of a reopened alert that nobody has answered yet: `SEEN AGAIN after it was cleared as not located, now at …`.

    Empty for another.
    """
    if alert.state is not AlertState.RECEIVED:
        return ""
    reopened = (step for step in reversed(alert.steps) if step.event is AlertEvent.REOPENED)
    return next((f"SEEN AGAIN {step.reason}" for step in reopened), "")


def category_words(category: Category) -> str:
    """As it is shouted over the radio: `STOLEN VEHICLE`."""
    return _CATEGORIES[category]


def headline(alert: Alert) -> str:
    """All that matters in one line: `STOLEN VEHICLE  ABC1234 (KY), 97 %, camera north-3, 14:05:09 UTC`."""
    entry, detection = alert.hit.match.entry, alert.hit.match.detection
    read = "" if detection.plate == entry.plate else f", read {detection.plate}"
    possible = ", POSSIBLE" if alert.hit.outcome is Outcome.POSSIBLE else ""
    purpose = "" if alert.purpose is AlertPurpose.ACTUAL else f"{alert.purpose.upper()}: "
    again = f"{words}: " if (words := seen_again(alert)) else ""
    escalated = "ESCALATED: " if alert.steps[-1].event is AlertEvent.ESCALATED else ""
    return (
        f"{purpose}{escalated}{again}{_STATES[alert.state]}{_CATEGORIES[entry.category]}  "
        f"{entry.plate}{_issued(entry.state)}{read}, {percent(alert.hit.probability)}{possible}, "
        f"camera {detection.camera}, {clock(detection.captured_at)}"
    )


def clock(moment: datetime) -> str:
    """The time of day: `14:05:09 UTC`."""
    return f"{moment.astimezone(UTC):%H:%M:%S} UTC"


def percent(probability: float) -> str:
    """Cut, not rounded: only what is certain is 100 %."""
    return f"{int(probability * 100)} %"


def jurisdiction(state: str) -> str:
    """`KY` for `US-KY`, `country DE` for `DE`: the letters of some states are those of countries."""
    return state.removeprefix("US-") if state.startswith("US-") else f"country {state}"


def _issued(state: str | None) -> str:
    return f" ({jurisdiction(state)})" if state else ""


def vehicle_words(vehicle: VehicleDescription | None) -> str:
    """As a list describes it: `black 2014 TOYT CAMRY, roof rack`; empty where it does not."""
    if vehicle is None:
        return ""
    words = " ".join(filter(None, (vehicle.color, vehicle.year, vehicle.make, vehicle.model, vehicle.style)))
    return ", ".join(filter(None, (words, vehicle.marks)))


def seen_words(vehicle: SeenVehicle | None) -> str:
    """As a camera sees it: `white FORD`; empty where it does not say."""
    if vehicle is None:
        return ""
    return " ".join(part.value for part in (vehicle.color, vehicle.make, vehicle.model) if part)


def vehicle_comparison(alert: Alert) -> str:
    """The vehicle that is wanted, or that a stolen plate belongs to, against the one seen (KY-J.3).

    Empty where neither list nor camera says anything; of a stolen plate that is said too.
    """
    entry = alert.hit.match.entry
    wanted, seen = vehicle_words(entry.vehicle), seen_words(alert.hit.match.detection.vehicle)
    stolen_plate = entry.category is Category.STOLEN_PLATE
    if not (wanted or seen or stolen_plate):
        return ""
    whose = "The plate belongs to" if stolen_plate else "Wanted vehicle"
    return f"{whose}: {wanted or 'not described'}. Seen: {seen or 'not described'}."


def step_words(step: AlertStep) -> str:
    """What happened, by whom: `Verified: picture and wanted plate agree, by R. Diaz (dispatcher): all seven agree`."""
    reason = f": {step.reason}" if step.reason else ""
    return f"{_EVENTS[step.event]}, by {step.by} ({step.role}){reason}"


def remarks(alert: Alert) -> tuple[str, ...]:
    """What else lessens or qualifies what the headline says, a sentence each."""
    hit = alert.hit
    said = (
        (hit.late, "Late: it was seen some time ago, and came in only now."),
        (hit.historical, "Historical: it was seen before the entry was active."),
        (hit.corroborated, "No sighting is sure alone; together they are."),
        (hit.match.hotlist_late, "The hot list is not of today: what it says may have been withdrawn."),
        (hit.match.entry.is_partial, "The entry knows only a part of the plate."),
    )
    return tuple(words for holds, words in said if holds)


def doubtful_characters(alert: Alert) -> tuple[str, ...]:
    """Each place where something else than the wanted character is the likeliest, as evidence stands for it."""
    evidence = alert.hit.match.evidence
    if evidence is None:
        return ()
    said = []
    for place, character in enumerate(evidence.characters, 1):
        likeliest = sorted(character.read.items(), key=lambda pair: -pair[1])[:2]
        if likeliest and likeliest[0][0] != character.wanted:
            read = ", ".join(f"{text or 'nothing'} {p:.2f}" for text, p in likeliest)
            said.append(f"Character {place}: read {read}; wanted {character.wanted or 'nothing'}.")
    return tuple(said)


def shortened(text: str, most: int) -> str:
    """The text, cut where it is longer than a receiver takes."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def facts(alert: Alert) -> tuple[tuple[str, str], ...]:
    """What a person compares and needs for the next step, as label and value; without what nobody knows."""
    entry, detection = alert.hit.match.entry, alert.hit.match.detection
    told = (
        ("Wanted", f"{entry.plate}{_issued(entry.state)}"),
        ("Read", f"{detection.plate}{_issued(detection.state)}"),
        ("Vehicle", vehicle_comparison(alert)),
        ("Camera", detection.camera),
        ("Seen", f"{detection.captured_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"),
        ("Probability", f"{percent(alert.hit.probability)}, {alert.hit.outcome}"),
        ("Instructions", entry.instructions),
        ("Reason", entry.reason),
        ("Record", entry.record_number),
        ("Case", entry.case_number),
        ("List", entry.hotlist),
    )
    return tuple((label, value) for label, value in told if value)
