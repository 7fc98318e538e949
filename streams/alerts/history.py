"""An alert's next revision, and what its steps so far tell. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

import msgspec

from streams.alerts.transitions import AlertRefusedError, next_state
from streams.people import Actor
from streams.records import Alert, AlertEvent, AlertStep, Comparison, to_milliseconds

CALLING = frozenset({AlertEvent.RAISED, AlertEvent.UPGRADED, AlertEvent.REOPENED})
"""What calls people to an alert."""


def advance(
    alert: Alert,
    event: AlertEvent,
    actor: Actor,
    at: datetime,
    *,
    reason: str = "",
    comparison: Comparison | None = None,
    **changes: Any,
) -> Alert:
    """The alert one step on, with what else the step changes of it.

    Raises:
        AlertRefusedError: nobody is named, or the table does not allow the step.
    """
    if not actor.is_named:
        msg = "who does this is missing; give a name"
        raise AlertRefusedError(msg)
    step = AlertStep(
        event=event,
        # Later than the step before, whatever the clock of this machine says: receivers tell old from new by it.
        at=max(to_milliseconds(at), alert.steps[-1].at + timedelta(milliseconds=1)),
        by=actor.name.strip(),
        role=actor.role,
        reason=reason,
        comparison=comparison,
        outcome=alert.outcome if event is AlertEvent.CLEARED else None,
        hit_outcome=alert.hit.outcome,
    )
    state = next_state(alert.state, event, actor.role)
    return msgspec.structs.replace(
        alert, **changes, state=state, revision=alert.revision + 1, steps=(*alert.steps, step)
    )


def was(alert: Alert, event: AlertEvent) -> bool:
    """Whether this has happened to the alert since it was raised, or reopened: what was before counts no more."""
    ours = takewhile(lambda step: step.event is not AlertEvent.REOPENED, reversed(alert.steps))
    return any(step.event is event for step in ours)


def last_called_at(alert: Alert) -> datetime:
    """When people were called to it the last time: raised, grown to be more than possible, or seen again."""
    return next((step.at for step in reversed(alert.steps) if step.event in CALLING), alert.raised_at)


def has_escalated(alert: Alert) -> bool:
    """Whether it was escalated since people were called to it the last time."""
    called_at = last_called_at(alert)
    return any(step.event is AlertEvent.ESCALATED and step.at > called_at for step in alert.steps)
