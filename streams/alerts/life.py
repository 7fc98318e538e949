"""How an alert's life begins: raised by its hit. Pure. What may follow stands in `streams.alerts.transitions`."""

from __future__ import annotations

from infra.settings.alerts import AlertSettings
from streams.people import SYSTEM
from streams.records import Alert, AlertEvent, AlertPurpose, AlertState, AlertStep, Hit, event_id

_ORDINARY_PRIORITY = 3


def alert_id_of(hit: Hit) -> str:
    """The id of a hit's alert: one alert for all that a hit grows by."""
    return event_id("alert", hit.id)


def raise_alert(hit: Hit, settings: AlertSettings) -> Alert:
    """The first revision of a hit's alert. Made of the hit alone: a restart raises the same, not a younger one."""
    entry = hit.match.entry
    return Alert(
        id=alert_id_of(hit),
        state=AlertState.RECEIVED,
        hit=hit,
        raised_at=hit.match.matched_at,
        purpose=purpose_of(entry.hotlist, settings),
        priority=settings.priorities.get(entry.category, _ORDINARY_PRIORITY),
        steps=(
            AlertStep(
                event=AlertEvent.RAISED,
                at=hit.match.matched_at,
                by=SYSTEM.name,
                role=SYSTEM.role,
                hit_outcome=hit.outcome,
            ),
        ),
    )


def purpose_of(hotlist: str, settings: AlertSettings) -> AlertPurpose:
    """Whether alerts of a list are meant."""
    if hotlist in settings.exercise_lists:
        return AlertPurpose.EXERCISE
    return AlertPurpose.TEST if hotlist in settings.test_lists else AlertPurpose.ACTUAL
