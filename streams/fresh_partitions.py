"""Mends what Faust drops while a worker joins its group.

While a worker joins, Faust fetches messages and drops them, and seeks to the committed offsets afterwards. Two things
escape that: a partition without a committed offset is not sought at all, and a message that is fetched around the
second assignment, when the group lets go of a killed worker, is neither handled nor fetched again. Here the former are
sought to their beginning, and a partition that has messages, none of them under way, and makes no progress is sought
to where its group is. What is handled twice by that is known to its receivers, as after any crash.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import faust
import structlog
from faust.transport.drivers.aiokafka import Consumer

log = structlog.get_logger(__name__)

_LOOK_EVERY_S = 1.0

STUCK_AFTER_S = 6.0
"""Without progress and with nothing under way. Faust commits every 2.8 s: less would rewind what only waits for that;
more delays an alert that was dropped by as much."""


class FreshPartitionConsumer(Consumer):  # type: ignore[misc]  # Faust has no types
    """Faust's consumer, which also rewinds partitions that nobody has committed, or that stand still."""

    async def seek_to_committed(self) -> Mapping[Any, int]:
        """Seek all partitions to where their group is, or to their beginning."""
        committed: Mapping[Any, int] = await super().seek_to_committed()
        fresh = [partition for partition, offset in committed.items() if not offset]
        if fresh:
            for partition, offset in (await self.earliest_offsets(*fresh)).items():
                await self.seek(partition, offset)
        return committed

    @faust.Service.task  # type: ignore[untyped-decorator]
    async def _rewind_what_stands_still(self) -> None:
        watch = StandstillWatch()
        while not self.should_stop:
            await self.sleep(_LOOK_EVERY_S)
            for partition in watch.stuck(self._behind(), time.monotonic()):
                await self._rewind(partition)

    def _behind(self) -> dict[Any, int | None]:
        """The partitions with messages that are neither committed nor under way, and what is committed of each."""
        if not self.flow_active:
            return {}
        generation = self.app.consumer_generation_id
        under_way = {one.tp for one in list(self._unacked_messages) if one.generation_id == generation}
        behind: dict[Any, int | None] = {}
        for partition in set(self._get_active_partitions()) - under_way:
            committed = self._committed_offset.get(partition)
            end = self.highwater(partition) if self.app.topics.acks_enabled_for(partition.topic) else None
            if end is not None and (committed or 0) < end:
                behind[partition] = committed
        return behind

    async def _rewind(self, partition: Any) -> None:
        start = self._committed_offset.get(partition)
        if not start:
            start = (await self.earliest_offsets(partition))[partition]
        end = self.highwater(partition)
        if end is not None and start < end:
            log.warning("rewinding", topic=partition.topic, partition=partition.partition, offset=start, end=end)
            await self.seek(partition, start)


class StandstillWatch:
    """Says which partitions have been behind for too long without any progress. Pure but for what it remembers."""

    def __init__(self) -> None:
        self._since: dict[Any, tuple[int | None, float]] = {}

    def stuck(self, behind: Mapping[Any, int | None], now_s: float) -> list[Any]:
        """The partitions that stand still; each is told once in `STUCK_AFTER_S`.

        Args:
            behind: what is committed of each partition that has messages waiting and none under way.
            now_s: monotonic time in seconds.
        """
        found = []
        since: dict[Any, tuple[int | None, float]] = {}
        for partition, committed in behind.items():
            before, at_s = self._since.get(partition, (committed, now_s))
            if before != committed:
                at_s = now_s
            if now_s - at_s >= STUCK_AFTER_S:
                found.append(partition)
                at_s = now_s
            since[partition] = (committed, at_s)
        self._since = since
        return found
