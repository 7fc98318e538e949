"""What keeps the hot lists whole and fresh, beside the stream of changes: a few duties, done in turn for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from infra import metrics
from streams.faults import ServiceAwayError
from streams.hotlist_readiness import Readiness
from streams.local_list import LocalList

_LOAD_EVERY = timedelta(seconds=15)
"""Lists are loaded by the hour or the day; this is how late a load may begin."""

_TIDY_EVERY = timedelta(seconds=5)
"""Costs two searches. An entry that is over matches nothing even before: matching looks at its end."""

log = structlog.get_logger(__name__)


class ListKeeper(Protocol):
    """What the worker is given from outside: the lists' files and the local entries' records.

    Both live in packages that streams do not know; whoever starts the worker puts them together.
    """

    async def reload_last_good(self, now: datetime) -> None:
        """Put the last good file of every list into Redis.

        Raises:
            ServiceAwayError: Redis does not answer.
        """
        ...

    async def load_due(self, now: datetime) -> None:
        """Load the lists whose time has come, and tell those that are late."""
        ...

    async def tidy_entries(self, now: datetime) -> None:
        """End local entries that are over, and deliver what a crash kept from pw.hotlist.

        Raises:
            ServiceAwayError: Elasticsearch or Kafka does not answer.
        """
        ...


@dataclass(frozen=True, slots=True)
class Duty:
    """Something that is looked after again and again."""

    name: str
    do: Callable[[datetime], Awaitable[None]]
    every: timedelta = timedelta(0)
    """Least time between two rounds of it; zero: each time that anything is looked after."""


def duties(readiness: Readiness, local: LocalList, keeper: ListKeeper) -> tuple[Duty, ...]:
    """All duties, the most urgent first: while Redis lacks the lists, matching waits."""

    async def restore(now: datetime) -> None:
        if await readiness.is_ready():
            return
        log.warning("redis lost the hot lists, or is another one; rebuilding them")
        rebuild = await readiness.begin_rebuild()
        await keeper.reload_last_good(now)
        entries = await local.rebuild(now)
        if await readiness.finish_rebuild(rebuild, now):
            metrics.HOTLIST_REBUILDS.inc()
            log.info("hot lists rebuilt", local_entries=entries)

    return (
        Duty("restore", restore),
        Duty("load", keeper.load_due, _LOAD_EVERY),
        Duty("tidy", keeper.tidy_entries, _TIDY_EVERY),
    )


class Upkeep:
    """Does the duties. One worker of all has them: whoever has the first partition of pw.hotlist.

    Args:
        tasks: what is done, in this order.
        is_mine: whether it is this worker's turn.
        clock: gives the time.
        sleep: waits so many seconds; a test gives its own.
    """

    def __init__(
        self,
        tasks: Sequence[Duty],
        is_mine: Callable[[], bool],
        clock: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._tasks = tasks
        self._is_mine = is_mine
        self._clock = clock
        self._sleep = sleep
        self._failing: dict[str, str] = {}
        self._next: dict[str, datetime] = {}

    async def run(self, every_s: float) -> None:
        """Do all duties, wait, and begin again; ends only by cancellation."""
        while True:
            if self._is_mine():
                for duty in self._tasks:
                    await self._try(duty)
            await self._sleep(every_s)

    async def _try(self, duty: Duty) -> None:
        """One duty that fails must not keep the others from being done; it is told once, and counted each time."""
        now = self._clock()
        if now < self._next.get(duty.name, now):
            return
        self._next[duty.name] = now + duty.every
        try:
            await duty.do(now)
        except ServiceAwayError as error:
            self._note(duty, error.service, str(error))
        except Exception as error:  # noqa: BLE001 - the root of a background task: what left here would end it unseen
            self._note(duty, type(error).__name__, str(error))
        else:
            if self._failing.pop(duty.name, None):
                log.info("upkeep works again", duty=duty.name)

    def _note(self, duty: Duty, fault: str, reason: str) -> None:
        metrics.UPKEEP_FAILURES.labels(duty.name).inc()
        if self._failing.get(duty.name) != fault:
            log.warning("upkeep fails", duty=duty.name, fault=fault, reason=reason)
            self._failing[duty.name] = fault
