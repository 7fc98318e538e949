"""What people do with alerts: one class for the command line and the console.

It stands here, and not beside the streams, because each step is on record in the audit log first. A step is: decide
(streams.alerts.steps) → audit log → Elasticsearch, over what was read → pw.alerts (streams.alerts.stepping). Of two
people who step at once the slower is told so, and decides again on what they see then.
"""

from __future__ import annotations

import asyncio
import getpass
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Protocol

from dashboards.audit_log import record
from infra.settings import Settings
from streams.alerts import steps
from streams.alerts.comparison import is_wanted_plate
from streams.alerts.publishing import publish_alert
from streams.alerts.query import AlertQuery
from streams.alerts.stepping import AlertStepping, AlertWriter
from streams.alerts.store import AlertStore, StoredAlert
from streams.clients import build_elasticsearch
from streams.faults import ServiceAwayError, StreamError
from streams.people import Actor
from streams.records import Alert, AuditEvent, ClearedOutcome, Comparison, event_id


class UnpublishedAlertError(StreamError):
    """A step is on record, and subscribers have not heard of it yet; they do by itself."""


class ServedAlerts(AlertWriter, Protocol):
    """Where alerts are kept; see `streams.alerts.store.AlertStore`."""

    async def get(self, alert_id: str) -> StoredAlert:
        """One alert."""
        ...

    async def search(self, query: AlertQuery) -> list[StoredAlert]:
        """Those that are as the query says."""
        ...


class AlertService:
    """Takes people's steps. Used by one event loop.

    Each step raises the same:

        AlertRefusedError: it is not allowed; the message says why, and what to do instead.
        NoSuchAlertError: there is no such alert.
        AlertChangedError: somebody was faster.
        AuditLogError, ServiceAwayError: a service does not answer; nothing was done.
        UnpublishedAlertError: it is done, and subscribers hear of it when Kafka is back.

    Args:
        store: the system of record.
        audit: writes an event, or raises AuditLogError; nothing happens then.
        publish: puts a revision on pw.alerts, or raises ServiceAwayError.
        clock: gives the time.
    """

    def __init__(
        self,
        store: ServedAlerts,
        audit: Callable[[AuditEvent], Awaitable[None]],
        publish: Callable[[Alert], Awaitable[None]],
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._audit = audit
        self._stepping = AlertStepping(store, publish)
        self._clock = clock

    async def get(self, alert_id: str) -> Alert:
        """One alert with its history.

        Raises:
            NoSuchAlertError: there is none.
        """
        return (await self._store.get(alert_id)).alert

    async def list(self, query: AlertQuery) -> list[Alert]:
        """Alerts that are as the query says: the most urgent first, of these the newest."""
        return [stored.alert for stored in await self._store.search(query)]

    async def take(self, alert_id: str, actor: Actor) -> Alert:
        """See to an alert."""
        return await self._step(alert_id, lambda alert, now: steps.take(alert, actor, now))

    async def verify(self, alert_id: str, actor: Actor, comparison: Comparison) -> Alert:
        """Plate, state and vehicle agree with what is wanted."""
        return await self._step(alert_id, lambda alert, now: steps.verify(alert, actor, comparison, now))

    async def reject(self, alert_id: str, actor: Actor, comparison: Comparison, reason: str) -> Alert:
        """Something of them differs."""
        return await self._step(
            alert_id, lambda alert, now: steps.reject(alert, actor, comparison, reason=reason, now=now)
        )

    async def confirm(self, alert_id: str, actor: Actor, reason: str = "") -> Alert:
        """The record is still outstanding, by NCIC or by dispatch."""
        return await self._step(alert_id, lambda alert, now: steps.confirm(alert, actor, now, reason=reason))

    async def not_confirm(self, alert_id: str, actor: Actor, reason: str) -> Alert:
        """It is not, or nobody could say."""
        return await self._step(alert_id, lambda alert, now: steps.not_confirm(alert, actor, reason=reason, now=now))

    async def override(self, alert_id: str, actor: Actor, reason: str) -> Alert:
        """Put exigent circumstances on record, so that the alert may be dispatched unconfirmed."""
        return await self._step(alert_id, lambda alert, now: steps.override(alert, actor, reason=reason, now=now))

    async def dispatch(self, alert_id: str, actor: Actor, reason: str = "") -> Alert:
        """Send officers."""
        return await self._step(alert_id, lambda alert, now: steps.dispatch(alert, actor, now, reason=reason))

    async def clear(self, alert_id: str, actor: Actor, outcome: ClearedOutcome, reason: str) -> Alert:
        """End it with its outcome."""
        return await self._step(alert_id, lambda alert, now: steps.clear(alert, actor, outcome, reason=reason, now=now))

    async def _step(self, alert_id: str, decide: Callable[[Alert, datetime], Alert]) -> Alert:
        stored = await self._store.get(alert_id)
        alert = decide(stored.alert, self._clock())
        await self._audit(step_event(alert))
        recorded = await self._stepping.record(alert, stored)
        try:
            await self._stepping.publish(recorded, refresh=True)
        except ServiceAwayError as error:
            msg = (
                f"alert {alert.id} is {alert.state} on record, but its subscribers do not know it yet ({error}); "
                f"the worker alerting tells them as soon as it can, nothing is to be repeated"
            )
            raise UnpublishedAlertError(msg) from error
        return alert


def step_event(alert: Alert) -> AuditEvent:
    """The last step of the alert for the audit log: who, what, from where and why."""
    step, entry = alert.steps[-1], alert.hit.match.entry
    details = {
        "role": step.role,
        "account": getpass.getuser(),
        "revision": str(alert.revision),
        "state": str(alert.state),
        "purpose": str(alert.purpose),
        "hotlist": entry.hotlist,
        "entry": entry.id,
    }
    if step.comparison is not None:
        details |= {
            # Not the plate itself: the audit log outlives what the alert may keep.
            "plate_agrees": _yes_or_no(agrees=is_wanted_plate(step.comparison.plate_read, entry)),
            "state_agrees": _yes_or_no(agrees=step.comparison.state_agrees),
            "vehicle_agrees": _yes_or_no(agrees=step.comparison.vehicle_agrees),
        }
    if alert.outcome is not None:
        details["outcome"] = str(alert.outcome)
    return AuditEvent(
        id=event_id("alert", alert.id, alert.revision, step.event, step.at, step.by),
        at=step.at,
        actor=step.by,
        action=f"alert.{step.event}",
        subject=alert.id,
        terminal=socket.gethostname(),
        case_number=entry.case_number,
        reason=step.reason or entry.reason,
        details=details,
    )


def _yes_or_no(*, agrees: bool) -> str:
    return "yes" if agrees else "no"


@asynccontextmanager
async def open_alerts(settings: Settings) -> AsyncIterator[AlertService]:
    """The service, over clients that are closed at the end."""

    async def audit(event: AuditEvent) -> None:
        await asyncio.to_thread(record, event, settings.kafka)

    async def publish(alert: Alert) -> None:
        await asyncio.to_thread(publish_alert, alert, settings.kafka)

    client = build_elasticsearch(settings.elasticsearch)
    try:
        yield AlertService(AlertStore(client), audit, publish, clock=partial(datetime.now, UTC))
    finally:
        await client.close()
