"""Deletes pictures by the day, so that none is older than the limit when its folder goes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta

import structlog

from infra import metrics
from streams.images.store import ImageStore, ImageStoreError

EVERY_S = 3600.0

_AHEAD = timedelta(seconds=EVERY_S)
"""A day goes so much before its time: the next round would be too late for it."""

log = structlog.get_logger(__name__)


def overdue(days: Sequence[date], now: datetime, limit: timedelta) -> list[date]:
    """The days that go now: those that began so long ago that their first picture would not last another round.

    Age counts from the beginning of the day (UTC), as that of the daily indices does.
    """
    return [day for day in days if now - datetime.combine(day, time.min, UTC) >= limit - _AHEAD]


class ImageUpkeep:
    """Deletes what is too old, every hour. Each recognition worker does; that several do it at once does no harm.

    Args:
        store: of the pictures.
        limit: age at which a picture must be gone.
        now: gives the time.
        sleep: waits so many seconds; a test gives its own.
    """

    def __init__(
        self,
        store: ImageStore,
        limit: timedelta,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store = store
        self._limit = limit
        self._now = now
        self._sleep = sleep

    async def run(self) -> None:
        """Delete, wait, and begin again; ends only by cancellation."""
        while True:
            await asyncio.to_thread(self.delete_overdue)
            await self._sleep(EVERY_S)

    def delete_overdue(self) -> list[date]:
        """One round: delete all days that are due. What cannot be deleted is told, counted, and tried again."""
        try:
            due = overdue(self._store.days(), self._now(), self._limit)
        except ImageStoreError as error:
            self._note(error)
            return []
        return [day for day in due if self._is_deleted(day)]

    def _is_deleted(self, day: date) -> bool:
        """One day that cannot be deleted must not keep the others."""
        try:
            self._store.delete_day(day)
        except ImageStoreError as error:
            self._note(error)
            return False
        metrics.IMAGE_DAYS_DELETED.inc()
        log.info("pictures deleted", day=day.isoformat())
        return True

    @staticmethod
    def _note(error: ImageStoreError) -> None:
        metrics.IMAGE_UPKEEP_FAILURES.inc()
        log.error("pictures that are too old cannot be deleted", reason=str(error))
