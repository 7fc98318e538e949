"""An alert as it is kept: the record itself, and beside it what alerts are found by. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from streams.alerts.history import has_escalated
from streams.codec import InvalidRecordError, decode
from streams.faults import StreamError
from streams.records import Alert


def alert_document(alert: Alert, *, unpublished: bool, written_at: datetime) -> dict[str, Any]:
    """The alert as it is indexed.

    Args:
        alert: what it is.
        unpublished: pw.alerts may not have this revision yet.
        written_at: by the clock of whoever writes.
    """
    hit, entry = alert.hit, alert.hit.match.entry
    return {
        "state": alert.state,
        "revision": alert.revision,
        "priority": alert.priority,
        "purpose": alert.purpose,
        "sounds": alert.sounds,
        "escalated": has_escalated(alert),
        "taken_by": alert.taken_by,
        "outcome": alert.outcome,
        "hit": hit.id,
        "hit_outcome": hit.outcome,
        "category": entry.category,
        "hotlist": entry.hotlist,
        "entry": entry.id,
        "plate": entry.plate,
        "case_number": entry.case_number,
        "cameras": sorted({hit.match.detection.camera, *(sighting.camera for sighting in hit.sightings)}),
        "locations": _locations(alert),
        "first_seen_at": first_seen_at(alert).isoformat(),
        "raised_at": alert.raised_at.isoformat(),
        "changed_at": alert.steps[-1].at.isoformat(),
        "written_at": written_at.isoformat(),
        "unpublished": unpublished,
        "alert": msgspec.json.decode(msgspec.json.encode(alert)),
    }


def alert_of(source: Mapping[str, Any], alert_id: str) -> Alert:
    """The alert of a document.

    Raises:
        StreamError: it cannot be read.
    """
    try:
        return decode(Alert, msgspec.json.encode(source["alert"])).record
    except InvalidRecordError as error:
        msg = f"the document of alert {alert_id} cannot be read ({error}); it was written by a newer version"
        raise StreamError(msg) from error


def first_seen_at(alert: Alert) -> datetime:
    """The oldest capture that the alert holds: retention counts from there, also where it was raised weeks later."""
    hit = alert.hit
    captures = (sighting.captured_at for sighting in hit.sightings)
    return min(hit.opened_at, hit.match.detection.captured_at, alert.raised_at, *captures)


def _locations(alert: Alert) -> list[dict[str, float]]:
    places = [alert.hit.match.detection.location, *(sighting.location for sighting in alert.hit.sightings)]
    known = dict.fromkeys((place.lat, place.lon) for place in places if place is not None)
    return [{"lat": lat, "lon": lon} for lat, lon in known]
