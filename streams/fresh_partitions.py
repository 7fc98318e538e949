"""Mends what Faust drops while a worker joins its group.

While a worker joins, Faust fetches messages and drops them, and seeks to the committed offsets afterwards. Two things
escape that: a partition without a committed offset is not sought at all, and a message that is fetched around the
second assignment, when the group lets go of a killed worker, is neither handled nor fetched again. Here the former are
sought to their beginning; a message that skips others is not taken before them, they are fetched again; and a partition
that has messages, none of them under way, and makes no progress is sought to where its group is. What is handled twice
by that is known to its receivers, as after any crash.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
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
        self._next_offsets().update({partition: offset for partition, offset in committed.items() if offset})
        fresh = [partition for partition, offset in committed.items() if not offset]
        if fresh:
            for partition, offset in (await self.earliest_offsets(*fresh)).items():
                await self.seek(partition, offset)
        return committed

    async def seek(self, partition: Any, offset: int) -> None:
        """Seek one partition; its next message is the one at this offset."""
        self._next_offsets()[partition] = offset
        await super().seek(partition, offset)

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[Any, Any]]:
        """The messages that came; one that skips some is left for later, and what was skipped is fetched again."""
        expected = self._next_offsets()
        left: set[Any] = set()
        async for partition, message in super().getmany(timeout):
            wanted = expected.get(partition)
            if partition in left:
                continue
            if wanted is not None and message.offset > wanted and await self._skips(partition, wanted, message.offset):
                left.add(partition)
                continue
            expected[partition] = message.offset + 1
            yield partition, message

    async def _skips(self, partition: Any, wanted: int, offset: int) -> bool:
        """Whether messages that are still there were left out; if so, they are fetched again."""
        if not self.app.topics.acks_enabled_for(partition.topic):
            return False  # a changelog is compacted, and has gaps of its own
        start = max(wanted, (await self.earliest_offsets(partition))[partition])
        if start >= offset:
            return False  # retention has deleted them
        log.warning("refetching", topic=partition.topic, partition=partition.partition, offset=start, instead_of=offset)
        await self.seek(partition, start)
        return True

    def _next_offsets(self) -> dict[Any, int]:
        """For each partition the offset that must come next."""
        if not hasattr(self, "_expected"):
            self._expected: dict[Any, int] = {}
        return self._expected

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
