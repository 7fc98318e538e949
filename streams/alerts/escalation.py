"""Alerts that nobody sees to. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from infra.settings.alerts import AlertSettings
from streams.alerts.history import advance, has_escalated, last_called_at
from streams.people import SYSTEM
from streams.records import Alert, AlertEvent, AlertState


def is_unattended(alert: Alert, settings: AlertSettings, now: datetime) -> bool:
    """Whether people were called to it, and nobody has taken it in time; once for each call."""
    return (
        alert.sounds
        and alert.state is AlertState.RECEIVED
        and not alert.taken_by
        and not has_escalated(alert)
        and now - last_called_at(alert) >= timedelta(seconds=settings.escalate_after_s)
    )


def escalate(alert: Alert, now: datetime) -> Alert:
    """The alert escalated.

    Raises:
        AlertRefusedError: somebody has looked at it.
    """
    return advance(alert, AlertEvent.ESCALATED, SYSTEM, now)
