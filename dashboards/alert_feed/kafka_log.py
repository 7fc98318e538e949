"""pw.alerts for an event loop: a few readers in threads, shared by all clients that catch up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TypeVar

from dashboards.alert_feed.alert_log import Marks, Stretch, ToldAs
from dashboards.alert_feed.log_reader import LogReader
from dashboards.alert_feed.position import Position
from infra.settings.services import KafkaSettings

ResultT = TypeVar("ResultT")

_READERS = 2
"""Pieces that are read at once. One that waits for a dead partition must not keep all others waiting; with more, a
thousand clients that come back at the same time would take the processor from those who are up to date."""


class KafkaAlertLog:
    """An `AlertLog` over readers that take turns. Used by one event loop."""

    def __init__(self, readers: list[LogReader], threads: ThreadPoolExecutor) -> None:
        self._free: asyncio.Queue[LogReader] = asyncio.Queue()
        for reader in readers:
            self._free.put_nowait(reader)
        self._threads = threads

    async def marks(self) -> Marks:
        """See `AlertLog.marks`."""
        return await self._with_reader(lambda reader: reader.marks())

    async def position_at(self, moment: datetime) -> Position:
        """See `AlertLog.position_at`."""
        return await self._with_reader(lambda reader: reader.position_at(moment))

    async def read(self, start: Position, until: Position) -> Stretch:
        """See `AlertLog.read`."""
        return await self._with_reader(lambda reader: reader.read(start, until))

    async def _with_reader(self, act: Callable[[LogReader], ResultT]) -> ResultT:
        reader = await self._free.get()
        work = asyncio.get_running_loop().run_in_executor(self._threads, act, reader)
        # The reader is free when its thread is, which a client that goes meanwhile does not change.
        work.add_done_callback(lambda done: self._release(reader, done))
        return await asyncio.shield(work)

    def _release(self, reader: LogReader, done: asyncio.Future[ResultT]) -> None:
        self._free.put_nowait(reader)
        if not done.cancelled():
            done.exception()  # Somebody who has gone will not ask for it, and asyncio would complain.


@asynccontextmanager
async def open_alert_log(kafka: KafkaSettings, told_as: ToldAs, most_bytes: int) -> AsyncIterator[KafkaAlertLog]:
    """The log; its readers are closed at the end."""
    readers = [LogReader(kafka, told_as, most_bytes) for _ in range(_READERS)]
    threads = ThreadPoolExecutor(_READERS, thread_name_prefix="feed-log")
    try:
        yield KafkaAlertLog(readers, threads)
    finally:
        await asyncio.to_thread(threads.shutdown)
        for reader in readers:
            await asyncio.to_thread(reader.close)
