"""Mends what Faust loses while a worker joins its group: its consumer and flow control, made to keep messages.

When its state is restored, Faust seeks to the committed offsets and then resumes the flow. Messages that arrive between
the two are in the streams' queues already, and resuming empties these queues; the offset that was noted before the seek
had ended then makes the loss look like a gap in the topic, which is acknowledged by itself. Frames and alerts were lost
that way around a killed worker. So here
- the flow resumes without emptying anything, and nothing is handed on while a seek is under way;
- a message that skips others is not taken before them: they are fetched again, and a gap is one only if the broker has
  nothing there;
- an acknowledgement of an earlier assignment counts for nothing;
- a partition without a committed offset, which Faust does not seek at all, is sought to its beginning;
- a partition that has messages, none of them under way, and makes no progress is sought to where its group is.
What is handled twice by that is known to its receivers, as after any crash.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

import faust
import structlog
from faust.transport.drivers.aiokafka import Consumer
from mode.utils.queues import FlowControlEvent

log = structlog.get_logger(__name__)

_LOOK_EVERY_S = 1.0

STUCK_AFTER_S = 6.0
"""Without progress and with nothing under way. Faust commits every 2.8 s: less would rewind what only waits for that;
more delays an alert that was dropped by as much."""


REFETCHES = 3
"""Times that skipped offsets are fetched again before they count as compacted away: a rebalance may cut one off."""


class KeepingFlowControl(FlowControlEvent):  # type: ignore[misc]  # mode has no types
    """Faust's flow control, whose queues keep what is in them when the flow resumes.

    They are emptied when it is suspended, as Faust asks for; what came from an earlier assignment is passed over by its
    generation.
    """

    def resume(self) -> None:
        """Let messages into the queues again."""
        self._suspend.clear()
        self._resume.set()


class FreshPartitionConsumer(Consumer):  # type: ignore[misc]  # Faust has no types
    """Faust's consumer, which loses nothing around a rebalance."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._expected: dict[Any, int] = {}
        """For each partition the offset that must come next."""
        self._empty: dict[Any, range] = {}
        """For each partition the latest offsets at which the broker has nothing."""
        self._refetched: dict[Any, tuple[range, int]] = {}
        """For each partition the offsets that were last fetched again, and how often."""
        self._sought = asyncio.Event()
        self._sought.set()

    async def perform_seek(self) -> None:
        """Seek all partitions to where their group is; nothing is handed on meanwhile."""
        self._sought.clear()
        try:
            await super().perform_seek()
        finally:
            self._sought.set()

    async def seek_to_committed(self) -> Mapping[Any, int]:
        """Seek all partitions to where their group is, or to their beginning."""
        committed: Mapping[Any, int] = await super().seek_to_committed()
        self._expected.update({partition: offset for partition, offset in committed.items() if offset})
        fresh = [
            partition
            for partition, offset in committed.items()
            if not offset and self.app.topics.acks_enabled_for(partition.topic)
        ]
        if fresh:
            for partition, offset in (await self.earliest_offsets(*fresh)).items():
                await self.seek(partition, offset)
        return committed

    async def seek(self, partition: Any, offset: int) -> None:
        """Seek one partition; its next message is the one at this offset."""
        self._expected[partition] = offset
        await super().seek(partition, offset)

    def ack(self, message: Any) -> bool:
        """Let the message's offset be committed, if it was delivered under the present assignment."""
        if message.generation_id != self.app.consumer_generation_id:
            return False
        return bool(super().ack(message))

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[Any, Any]]:
        """The messages that came; one that skips some is left for later, and what was skipped is fetched again."""
        left: set[Any] = set()
        async for partition, message in super().getmany(timeout):
            await self._sought.wait()
            wanted = self._expected.get(partition)
            if partition in left:
                continue
            if wanted is not None and message.offset > wanted and await self._skips(partition, wanted, message.offset):
                left.add(partition)
                continue
            self._expected[partition] = message.offset + 1
            yield partition, message

    async def _skips(self, partition: Any, wanted: int, offset: int) -> bool:
        """Whether messages that are still there were left out; if so, they are fetched again."""
        if not self.app.topics.acks_enabled_for(partition.topic):
            return False  # a changelog is compacted, and has gaps of its own
        start = max(wanted, (await self.earliest_offsets(partition))[partition])
        skipped = range(wanted, offset)
        before, times = self._refetched.get(partition, (skipped, 0))
        times = times if before == skipped else 0
        if start >= offset or times >= REFETCHES:
            self._empty[partition] = skipped  # retention or compaction has deleted them
            return False
        self._refetched[partition] = skipped, times + 1
        log.warning("refetching", topic=partition.topic, partition=partition.partition, offset=start, instead_of=offset)
        await self.seek(partition, start)
        return True

    async def _add_gap(self, tp: Any, offset_from: int, offset_to: int) -> None:
        """Count offsets as handled that no message has.

        Faust takes any that were skipped for such, and the message after them too.
        """
        empty = self._empty.get(tp)
        if empty and offset_to >= empty.start:
            await super()._add_gap(tp, max(offset_from, empty.start), min(offset_to, empty.stop - 1))

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
