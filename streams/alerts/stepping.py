"""An alert's next revision on record and on pw.alerts, whoever takes the step.

On record first, marked as unpublished; then on pw.alerts; then the mark is taken off. A crash in between leaves the
mark, and `streams.alerts.upkeep` publishes what is marked. Whoever writes over a marked revision publishes that one
before: so pw.alerts has all revisions of an alert, and each comes for the first time after the one before it. A
revision can come again, also after a later one; receivers know it by its number.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

import structlog

from streams.alerts.store import AlertChangedError, StoredAlert
from streams.faults import ServiceAwayError
from streams.records import Alert

log = structlog.get_logger(__name__)


class AlertWriter(Protocol):
    """What writes an alert; see `streams.alerts.store.AlertStore`."""

    async def write(self, alert: Alert, over: StoredAlert, *, unpublished: bool, refresh: bool = False) -> StoredAlert:
        """Compare and swap."""
        ...


class AlertStepping:
    """Brings alerts to their next revision. Used by one event loop.

    Args:
        store: the system of record.
        publish: puts a revision on pw.alerts, or raises ServiceAwayError.
    """

    def __init__(self, store: AlertWriter, publish: Callable[[Alert], Awaitable[None]]) -> None:
        self._store = store
        self._publish = publish

    async def record(self, alert: Alert, over: StoredAlert) -> StoredAlert:
        """Write the next revision over the one that was read; it is to be published after that.

        Raises:
            AlertChangedError: somebody was faster.
            ServiceAwayError: a service does not answer; nothing was written.
        """
        if over.unpublished:
            await self._publish(over.alert)
        return await self._store.write(alert, over, unpublished=True)

    async def publish(self, stored: StoredAlert, *, refresh: bool = False) -> None:
        """Publish what is on record, and take its mark off.

        Args:
            stored: what was written.
            refresh: searches find it as soon as this returns, as people expect who have taken a step.

        Raises:
            ServiceAwayError: Kafka does not answer; upkeep publishes it later.
        """
        await self._publish(stored.alert)
        try:
            await self._store.write(stored.alert, stored, unpublished=False, refresh=refresh)
        except AlertChangedError:
            return  # a later revision is there, and has a mark of its own
        except ServiceAwayError as error:
            log.warning(
                "a published alert stays marked; it is published again", alert=stored.alert.id, reason=str(error)
            )
