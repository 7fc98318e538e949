"""Mends Faust's start on a partition that its group has never committed.

While a worker joins, Faust fetches and drops messages, then seeks to the committed offsets. A partition without one, or
at 0, is not sought, so what was dropped was lost. Here such a partition is sought to its beginning.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from faust.transport.drivers.aiokafka import Consumer


class FreshPartitionConsumer(Consumer):  # type: ignore[misc]  # Faust has no types
    """Faust's consumer, which also rewinds partitions that nobody has committed."""

    async def seek_to_committed(self) -> Mapping[Any, int]:
        """Seek all partitions to where their group is, or to their beginning."""
        committed: Mapping[Any, int] = await super().seek_to_committed()
        fresh = [partition for partition, offset in committed.items() if not offset]
        if fresh:
            for partition, offset in (await self.earliest_offsets(*fresh)).items():
                await self.seek(partition, offset)
        return committed
