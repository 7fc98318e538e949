"""What keeps alerts in order when nobody does: published after a crash, escalated when unattended, deleted in time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from infra.settings.alerts import AlertSettings
from infra.settings.pipeline import RetentionSettings
from streams.alerts.escalation import escalate, is_unattended
from streams.alerts.stepping import AlertStepping, AlertWriter
from streams.alerts.store import AlertChangedError, StoredAlert
from streams.records import Alert

log = structlog.get_logger(__name__)

_OWN_PUBLICATION = timedelta(seconds=15)
"""Whoever took a step has so long to publish it, longer than Kafka is waited for; then upkeep does."""

_DELETION_EVERY = timedelta(minutes=5)

_DELETION_AHEAD = timedelta(hours=1)
"""Deleted so long before the limit, as the daily indices are: a worker may be down for a while."""


class UpkeepStore(AlertWriter, Protocol):
    """Where alerts are kept; see `streams.alerts.store.AlertStore`."""

    async def unpublished(self, written_before: datetime) -> list[StoredAlert]:
        """What pw.alerts may not have."""
        ...

    async def unattended(self, raised_before: datetime) -> list[StoredAlert]:
        """What may have to be escalated."""
        ...

    async def delete_older(self, than: datetime) -> int:
        """Delete what holds older captures."""
        ...


class AlertUpkeep:
    """Called all the time by the alerting worker. Several may do it at once: each step is compare-and-swap.

    Args:
        store: the system of record.
        publish: puts a revision on pw.alerts, or raises ServiceAwayError.
        settings: of alerts.
        retention: how long anything may live.
    """

    def __init__(
        self,
        store: UpkeepStore,
        publish: Callable[[Alert], Awaitable[None]],
        *,
        settings: AlertSettings,
        retention: RetentionSettings,
    ) -> None:
        self._store = store
        self._stepping = AlertStepping(store, publish)
        self._settings = settings
        self._kept = timedelta(hours=retention.limit_h) - _DELETION_AHEAD
        self._deleted_at: datetime | None = None

    async def tidy(self, now: datetime) -> None:
        """One round: delete what is over, publish what was not, and escalate what nobody sees to.

        Raises:
            ServiceAwayError: a service does not answer; the next round goes on.
        """
        # First: it asks nothing of Kafka, which may be away for longer than anything may be kept.
        if self._deleted_at is None or now - self._deleted_at >= _DELETION_EVERY:
            await self._delete_older(now)
            self._deleted_at = now
        await self._publish_what_was_not(now)
        await self._escalate_unattended(now)

    async def _publish_what_was_not(self, now: datetime) -> None:
        for stored in await self._store.unpublished(now - _OWN_PUBLICATION):
            log.info("publishing what was not", alert=stored.alert.id, revision=stored.alert.revision)
            await self._stepping.publish(stored)

    async def _escalate_unattended(self, now: datetime) -> None:
        raised_before = now - timedelta(seconds=self._settings.escalate_after_s)
        for stored in await self._store.unattended(raised_before):
            if not is_unattended(stored.alert, self._settings, now):
                continue
            try:
                recorded = await self._stepping.record(escalate(stored.alert, now), stored)
            except AlertChangedError:
                log.info("somebody has seen to an alert while it was escalated", alert=stored.alert.id)
                continue
            await self._stepping.publish(recorded)

    async def _delete_older(self, now: datetime) -> None:
        deleted = await self._store.delete_older(now - self._kept)
        if deleted:
            log.info("deleted alerts whose time is over", alerts=deleted)
