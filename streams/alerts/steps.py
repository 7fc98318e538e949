"""The steps that people take with an alert: the table of `streams.alerts.transitions`, and what each must bring. Pure.

Each gives the alert's next revision or raises AlertRefusedError, whose message says why not and what to do instead.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from streams.alerts.comparison import check_agreement, check_difference
from streams.alerts.history import advance, was
from streams.alerts.transitions import AlertRefusedError, next_state
from streams.people import Actor
from streams.records import Alert, AlertEvent, AlertState, ClearedOutcome, Comparison, Outcome

_E = AlertEvent


def take(alert: Alert, actor: Actor, now: datetime) -> Alert:
    """The alert seen to by the actor; also from whoever had it before."""
    if actor.is_called(alert.taken_by) and actor.is_named:
        msg = f"{alert.taken_by} has the alert already; nothing is to be done"
        raise AlertRefusedError(msg)
    return advance(alert, _E.TAKEN, actor, now, taken_by=actor.name.strip())


def verify(alert: Alert, actor: Actor, comparison: Comparison, now: datetime) -> Alert:
    """The alert verified: plate, state and vehicle agree with what is wanted."""
    _check_table(alert, _E.VERIFIED, actor)
    _check_not_compared(alert)
    check_agreement(comparison, alert.hit.match.entry)
    return _attended(alert, _E.VERIFIED, actor, now, comparison=comparison)


def reject(alert: Alert, actor: Actor, comparison: Comparison, *, reason: str, now: datetime) -> Alert:
    """The alert rejected: something differs from what is wanted."""
    _check_table(alert, _E.REJECTED, actor)
    _check_not_compared(alert)
    check_difference(comparison, alert.hit.match.entry)
    reason = _checked_reason(reason, "why you reject the alert")
    return _attended(alert, _E.REJECTED, actor, now, comparison=comparison, reason=reason)


def confirm(alert: Alert, actor: Actor, now: datetime, *, reason: str = "") -> Alert:
    """The record confirmed as outstanding, by NCIC or by dispatch."""
    _check_table(alert, _E.CONFIRMED, actor)
    _check_verified_and_open(alert)
    return _attended(alert, _E.CONFIRMED, actor, now, reason=reason.strip())


def not_confirm(alert: Alert, actor: Actor, *, reason: str, now: datetime) -> Alert:
    """The record no longer outstanding, or nobody could say."""
    _check_table(alert, _E.NOT_CONFIRMED, actor)
    _check_verified_and_open(alert)
    reason = _checked_reason(reason, "why the record is not confirmed")
    return _attended(alert, _E.NOT_CONFIRMED, actor, now, reason=reason)


def override(alert: Alert, actor: Actor, *, reason: str, now: datetime) -> Alert:
    """Exigent circumstances on record: the alert may be dispatched unconfirmed."""
    _check_table(alert, _E.OVERRIDDEN, actor)
    _check_read_by_a_person(alert)
    if was(alert, _E.OVERRIDDEN):
        msg = "exigent circumstances are on record already; dispatch the alert"
        raise AlertRefusedError(msg)
    reason = _checked_reason(reason, "what the exigent circumstances are")
    return _attended(alert, _E.OVERRIDDEN, actor, now, reason=reason)


def dispatch(alert: Alert, actor: Actor, now: datetime, *, reason: str = "") -> Alert:
    """The alert dispatched: verified and confirmed, or with an exigent reason on record (KY-J.2)."""
    _check_table(alert, _E.DISPATCHED, actor)
    _check_read_by_a_person(alert)
    if alert.state is not AlertState.CONFIRMED and not was(alert, _E.OVERRIDDEN):
        missing = "confirmed" if alert.is_verified else "verified and confirmed"
        msg = f"the alert must be {missing} before it is dispatched, or overridden with an exigent reason"
        raise AlertRefusedError(msg)
    return _attended(alert, _E.DISPATCHED, actor, now, reason=reason.strip())


def clear(alert: Alert, actor: Actor, outcome: ClearedOutcome, *, reason: str, now: datetime) -> Alert:
    """The alert ended, with its outcome."""
    _check_table(alert, _E.CLEARED, actor)
    reason = _checked_reason(reason, "why you clear the alert, and how it ended")
    return _attended(msgspec.structs.replace(alert, outcome=outcome), _E.CLEARED, actor, now, reason=reason)


def _attended(
    alert: Alert,
    event: AlertEvent,
    actor: Actor,
    now: datetime,
    *,
    reason: str = "",
    comparison: Comparison | None = None,
) -> Alert:
    """The step taken; whoever takes the first has the alert, so that nobody is called to it again."""
    taken_by = alert.taken_by or actor.name.strip()
    return advance(alert, event, actor, now, reason=reason, comparison=comparison, taken_by=taken_by)


def _check_table(alert: Alert, event: AlertEvent, actor: Actor) -> None:
    """First of all: whoever may not do it at all is not asked for what it needs."""
    next_state(alert.state, event, actor.role)


def _check_not_compared(alert: Alert) -> None:
    """Of a dispatched alert; every other that was compared is past it by its state."""
    if alert.is_verified:
        msg = "the alert is verified already; clear it, with its outcome"
        raise AlertRefusedError(msg)


def _check_verified_and_open(alert: Alert) -> None:
    """Of a dispatched alert, as above."""
    if not alert.is_verified:
        msg = "the alert is not verified; compare picture and wanted plate, and verify or reject it first"
        raise AlertRefusedError(msg)
    if was(alert, _E.CONFIRMED):
        msg = "the alert is confirmed already; clear it, with its outcome"
        raise AlertRefusedError(msg)


def _check_read_by_a_person(alert: Alert) -> None:
    if alert.hit.outcome is Outcome.POSSIBLE and not alert.is_verified:
        msg = "the hit is only possible: a person must first type the plate they see; verify or reject it"
        raise AlertRefusedError(msg)


def _checked_reason(reason: str, what: str) -> str:
    if not reason.strip():
        msg = f"say {what}; the reason is kept in the alert's history"
        raise AlertRefusedError(msg)
    return reason.strip()
