"""An alert whose hit has grown. Pure."""

from __future__ import annotations

from datetime import datetime

import msgspec

from streams.alerts.history import advance
from streams.alerts.reopening import reason_to_reopen
from streams.people import SYSTEM
from streams.records import Alert, AlertEvent, Hit


def grow(alert: Alert, hit: Hit) -> Alert | None:
    """The alert with what its hit has become; None where that is no news.

    It is `reopened` where people closed it and must look again, `upgraded` where they are called only now, `sighted`
    otherwise. In the latter two its state stays: what people decided was about what they saw.

    Raises:
        ValueError: it is another alert's hit.
    """
    if hit.id != alert.hit.id:
        msg = f"hit {hit.id} is not the one of alert {alert.id}"
        raise ValueError(msg)
    if hit.revision <= alert.hit.revision:
        return None
    grown, at = msgspec.structs.replace(alert, hit=hit), _known_at(hit)
    reason = reason_to_reopen(alert, hit)
    if reason is not None:
        return advance(grown, AlertEvent.REOPENED, SYSTEM, at, reason=reason, taken_by="", outcome=None)
    is_upgraded = grown.calls and not alert.calls
    return advance(grown, AlertEvent.UPGRADED if is_upgraded else AlertEvent.SIGHTED, SYSTEM, at)


def _known_at(hit: Hit) -> datetime:
    """By the hit alone, so that a worker that starts again makes the same revision of it."""
    return max([hit.match.matched_at, *(sighting.captured_at for sighting in hit.sightings)])
