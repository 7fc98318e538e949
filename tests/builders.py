"""Records and looks that are valid by default; a test names only what it is about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import numpy as np

from recognizers.fold import fold
from recognizers.plate import Candidate, DetectedPlate, Lattice, Look, LookQuality, PlateRead
from streams.delivery.subscription import Subscription
from streams.intake import Message
from streams.records import (
    Alert,
    AlertEvent,
    AlertState,
    AlertStep,
    Box,
    Category,
    DeadLetter,
    Detection,
    Frame,
    FrameReference,
    GeoPoint,
    Hit,
    HotlistEntry,
    ImageQuality,
    ImageReference,
    Match,
    Outcome,
    PlateCandidate,
)

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def moment(seconds: float = 0.0) -> datetime:
    """So many seconds after noon of the day that all tests play on."""
    return START + timedelta(milliseconds=round(seconds * 1000))


def build_frame(at_s: float = 0.0, **changes: Any) -> Frame:
    """A frame of camera `gate`, ten of which make a second."""
    frame = Frame(
        camera="gate",
        captured_at=moment(at_s),
        received_at=moment(at_s + 0.05),
        sequence=round(at_s * 10),
        location=GeoPoint(38.2, -85.7),
        jpeg=b"\xff\xd8 not looked at \xff\xd9",
    )
    return msgspec.structs.replace(frame, **changes)


def build_tick(at_s: float) -> Frame:
    """A frame that only tells the time."""
    return build_frame(at_s, jpeg=b"")


def build_lattice(text: str, confidence: float) -> Lattice:
    """Each character with the same probability, such that the whole text has `confidence`; the rest is for a rival."""
    if not text:
        return ()
    each = confidence ** (1 / len(text))
    return tuple({character: each, "W" if character != "W" else "V": 1 - each} for character in text)


def build_look(
    text: str = "ABC123", confidence: float = 0.95, *, x: float = 400.0, y: float = 300.0, width: float = 100.0
) -> Look:
    """A sharp look at a plate whose middle is at x, y."""
    height = width / 4
    left, top, right, bottom = x - width / 2, y - height / 2, x + width / 2, y + height / 2
    quad = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], dtype=np.float32)
    read = PlateRead(text, confidence, build_lattice(text, confidence), (Candidate(text, confidence),))
    return Look(DetectedPlate(quad, 0.9), read, build_quality(plate_width_px=width))


def build_quality(**changes: float) -> LookQuality:
    """Of a plate that is large, sharp and well lit."""
    good = {"plate_width_px": 100.0, "sharpness": 1.5, "brightness": 0.5, "contrast": 0.2, "clipped": 0.0}
    return LookQuality(**{**good, **changes})


def build_detection(plate: str = "ABC123", at_s: float = 0.0, **changes: Any) -> Detection:
    """The final revision of a sure pass of one second."""
    detection = Detection(
        id=f"pass-{plate}-{at_s:g}",
        revision=2,
        final=True,
        camera="gate",
        captured_at=moment(at_s),
        received_at=moment(at_s + 0.05),
        first_seen_at=moment(at_s - 0.5),
        last_seen_at=moment(at_s + 0.5),
        decided_by=FrameReference(7, moment(at_s + 0.5)),
        plate=plate,
        plate_folded=fold(plate),
        fold_version=1,
        confidence=0.95,
        lattice=tuple({character: 1.0} for character in plate),
        candidates=(PlateCandidate(plate, 0.95),),
        looks=10,
        box=Box(350.0, 287.5, 100.0, 25.0),
        quality=ImageQuality(100.0, 5.0),
        location=GeoPoint(38.2, -85.7),
        engine="test 1",
    )
    return msgspec.structs.replace(detection, **changes)


def build_image(**changes: Any) -> ImageReference:
    """Of a detection of the day that all tests play on, with plate and scene."""
    image = ImageReference(day=START.date(), plate_sha256="a" * 64, scene_sha256="b" * 64)
    return msgspec.structs.replace(image, **changes)


def build_entry(plate: str = "ABC123", **changes: Any) -> HotlistEntry:
    """A stolen vehicle of list `stolen`, any state, valid always."""
    entry = HotlistEntry(
        id=f"stolen/{plate}",
        hotlist="stolen",
        plate=plate,
        category=Category.STOLEN_VEHICLE,
        reason="reported stolen",
        instructions="stop only with probable cause and ID occupants",
        case_number="26-001",
    )
    return msgspec.structs.replace(entry, **changes)


def build_match(plate: str = "ABC123", at_s: float = 0.0, **changes: Any) -> Match:
    """An exact match, found 100 ms after the capture."""
    detection, entry = build_detection(plate, at_s), build_entry(plate)
    match = Match(
        id=f"{detection.id}+{entry.id}",
        detection=detection,
        entry=entry,
        hotlist_version="20261122T000000Z-f1-0123456789ab",
        probability=0.95,
        outcome=Outcome.EXACT,
        matched_at=moment(at_s + 0.1),
    )
    return msgspec.structs.replace(match, **changes)


def build_hit(plate: str = "ABC123", at_s: float = 0.0, **changes: Any) -> Hit:
    """The hit that an exact match opened in time."""
    match = build_match(plate, at_s)
    hit = Hit(
        id=f"hit-{match.id}",
        match=match,
        probability=match.probability,
        outcome=match.outcome,
        opened_at=moment(at_s),
    )
    return msgspec.structs.replace(hit, **changes)


def build_alert(plate: str = "ABC123", at_s: float = 0.0, **changes: Any) -> Alert:
    """An alert that nobody has looked at."""
    hit = build_hit(plate, at_s)
    raised = AlertStep(event=AlertEvent.RAISED, at=moment(at_s + 0.2), by="platewatch", role="system")
    alert = Alert(
        id=f"alert-{hit.id}", state=AlertState.RECEIVED, hit=hit, raised_at=moment(at_s + 0.2), steps=(raised,)
    )
    return msgspec.structs.replace(alert, **changes)


def build_message(offset: int = 0, value: bytes | None = b"{}", **changes: Any) -> Message:
    """A message of partition 0 of the detections topic."""
    facts: dict[str, Any] = {
        "topic": "pw.detections",
        "partition": 0,
        "offset": offset,
        "key": b"A8C123",
        "value": value,
        "headers": (),
        "appended_at_s": START.timestamp(),
    }
    return Message(**(facts | changes))


def build_dead_letter(**changes: Any) -> DeadLetter:
    """A detection that no stage could handle."""
    letter = DeadLetter(
        id="letter-1",
        at=moment(),
        stage="matching",
        topic="pw.detections",
        partition=1,
        offset=42,
        key=b"A8C123",
        value=b"\x00\xff not JSON",
        headers=(("sequence", b"1"),),
        error="InvalidRecordError",
        reason="not a valid Detection",
        stack="Traceback",
        tries=1,
    )
    return msgspec.structs.replace(letter, **changes)


def build_subscription(**changes: Any) -> Subscription:
    """A dispatch system that wants every alert that sounds, as CloudEvents."""
    subscription = Subscription(
        id="metro-cad",
        agency="Metro Police",
        system="CAD",
        url="https://cad.example/alerts",
        created_at=moment(),
        created_by="A. Admin",
        changed_at=moment(),
        changed_by="A. Admin",
    )
    return msgspec.structs.replace(subscription, **changes)
