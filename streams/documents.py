"""A detection as it is indexed: in the index of its day, with what partial plates are found by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from streams.records import Detection

INDEX_PREFIX = "detections-"
"""Daily indices by capture date (UTC): age counts from the name, however late a document came in."""

_GRAM = 3


@dataclass(frozen=True, slots=True)
class Document:
    """What is written: a later revision replaces an earlier one, never the other way round."""

    index: str
    id: str
    version: int
    source: dict[str, Any]


def index_of(day: datetime) -> str:
    """The name of the day's index."""
    return f"{INDEX_PREFIX}{day.astimezone(UTC):%Y.%m.%d}"


def document(detection: Detection) -> Document:
    """The detection as a document of its day."""
    source = msgspec.to_builtins(detection, builtin_types=(datetime,))
    # The lattice is for the join; in the index it would be a field for each character that was ever thought of.
    del source["lattice"], source["earlier_plates"]
    source |= {
        "captured_at": detection.captured_at.isoformat(timespec="milliseconds"),
        "received_at": detection.received_at.isoformat(timespec="milliseconds"),
        "first_seen_at": detection.first_seen_at.isoformat(timespec="milliseconds"),
        "last_seen_at": detection.last_seen_at.isoformat(timespec="milliseconds"),
        "decided_by": detection.decided_by.sequence,
        "candidates": [candidate.plate for candidate in detection.candidates],
        "state_candidates": [candidate.state for candidate in detection.state_candidates],
        "plate_reversed": detection.plate[::-1],
        "plate_grams": grams(detection.plate),
    }
    return Document(index_of(detection.captured_at), detection.id, detection.revision, source)


def grams(plate: str) -> list[str]:
    """All runs of three characters: a plate with `*XYZ*` inside is among those that have the gram XYZ."""
    return sorted({plate[start : start + _GRAM] for start in range(len(plate) - _GRAM + 1)})
