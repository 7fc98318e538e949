"""Dispatchers who work on alerts while a bench sends them: some are verified, confirmed, dispatched and cleared."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping

from dashboards.alert_service import AlertService, open_alerts
from dashboards.audit_log import AuditLogError
from infra.settings import Settings
from streams.faults import StreamError
from streams.people import Actor, Role
from streams.records import AlertState, ClearedOutcome, Comparison

_ONE_IN = 40
_PERSON = Actor("Bench Dispatcher", Role.DISPATCHER)
_PAUSE_S = 0.5


def work_on_alerts(settings: Settings, alerts: Mapping[str, float], stopped: threading.Event) -> None:
    """Take one alert in forty through its whole life, until stopped.

    Args:
        settings: of the installation.
        alerts: ids of those that were sent, growing.
        stopped: when to end; what is begun is brought to its end first.
    """
    asyncio.run(_work(settings, alerts, stopped))


async def _work(settings: Settings, alerts: Mapping[str, float], stopped: threading.Event) -> None:
    done = 0
    async with open_alerts(settings) as service:
        while not stopped.is_set():
            due = list(alerts)[done:][::_ONE_IN][:1]
            if not due:
                await asyncio.sleep(_PAUSE_S)
            elif await _take_through(service, due[0]):
                done += _ONE_IN
            else:
                await asyncio.sleep(_PAUSE_S)


async def _take_through(service: AlertService, alert_id: str) -> bool:
    """Whether the alert is cleared; if not, somebody was faster or a service is away, and it is gone on with later."""
    try:
        alert = await service.get(alert_id)
        seen = Comparison(plate_read=alert.hit.match.entry.plate, state_agrees=True, vehicle_agrees=True)
        if alert.state is AlertState.RECEIVED:
            alert = await service.verify(alert_id, _PERSON, seen)
        if alert.state is AlertState.VERIFIED:
            alert = await service.confirm(alert_id, _PERSON)
        if alert.state is AlertState.CONFIRMED:
            alert = await service.dispatch(alert_id, _PERSON)
        if alert.state is AlertState.DISPATCHED:
            alert = await service.clear(alert_id, _PERSON, ClearedOutcome.RECOVERY, reason="recovered")
    except (StreamError, AuditLogError):
        return False
    return alert.state is AlertState.CLEARED
