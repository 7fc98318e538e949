"""An alert whose hit has grown. Pure."""

from __future__ import annotations

from datetime import datetime

import msgspec

from streams.alerts.history import advance
from streams.people import SYSTEM
from streams.records import Alert, AlertEvent, Hit


def grow(alert: Alert, hit: Hit) -> Alert | None:
    """The alert with what its hit has become; None where that is no news.

    It is `upgraded` where people are called only now, `sighted` otherwise, and its state stays in either case: what
    people decided was about what they saw. A cleared alert is told of too, and stays cleared.

    Raises:
        ValueError: it is another alert's hit.
    """
    if hit.id != alert.hit.id:
        msg = f"hit {hit.id} is not the one of alert {alert.id}"
        raise ValueError(msg)
    if hit.revision <= alert.hit.revision:
        return None
    grown = msgspec.structs.replace(alert, hit=hit)
    calls = grown.sounds and not alert.sounds
    return advance(grown, AlertEvent.UPGRADED if calls else AlertEvent.SIGHTED, SYSTEM, _known_at(hit))


def _known_at(hit: Hit) -> datetime:
    """By the hit alone, so that a worker that starts again makes the same revision of it."""
    return max([hit.match.matched_at, *(sighting.captured_at for sighting in hit.sightings)])
