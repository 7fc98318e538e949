"""The hot list `local` in Redis, made of pw.hotlist."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Protocol

import structlog

from streams.entry_terms import LOCAL
from streams.faults import ServiceAwayError
from streams.hotlist_store import HotlistStoreError, HotlistSupersededError, HotlistUnknownError
from streams.hotlist_topic import Ends, TopicContents
from streams.records import HotlistChange, HotlistEntry

log = structlog.get_logger(__name__)

_TRIES = 20
"""Rebuilds in a row while changes keep coming in; entries are made by people, so two are many."""


class ListStore(Protocol):
    """What a rebuild needs of the hot-list store."""

    async def replace(self, hotlist: str, entries: Iterable[HotlistEntry], now: datetime) -> object:
        """Replace a list at once."""
        ...

    async def apply(self, hotlist: str, changes: Sequence[HotlistChange], now: datetime) -> object:
        """Change single entries of a list that is there."""
        ...


class LocalList:
    """Rebuilds the list. Several workers may, at the same time; the last to end leaves what pw.hotlist says.

    Args:
        store: the hot lists.
        contents: reads the whole topic.
        ends: reads where the topic ends.
    """

    def __init__(self, store: ListStore, contents: Callable[[], TopicContents], ends: Callable[[], Ends]) -> None:
        self._store = store
        self._contents = contents
        self._ends = ends

    async def apply(self, changes: Sequence[HotlistChange], now: datetime) -> None:
        """Make the changes; where there is no list yet, it is built with all that pw.hotlist says.

        Raises:
            ServiceAwayError: Kafka or Redis does not answer, or Redis does not take it; apply them again.
        """
        try:
            with _held():
                await self._store.apply(LOCAL, changes, now)
        except HotlistUnknownError:
            await self.rebuild(now)

    async def rebuild(self, now: datetime) -> int:
        """Replace the list by what is active and not over; the number of its entries.

        It is read again until nothing came in between reading and replacing: whatever another worker put into Redis
        before the replacement was in the topic before, so the last round has it.

        Raises:
            ServiceAwayError: Kafka or Redis does not answer; the list is as it was, or newer.
        """
        for _ in range(_TRIES):
            contents = await asyncio.to_thread(self._contents)
            entries = living(contents.active, now)
            try:
                with _held():
                    await self._store.replace(LOCAL, entries, now)
            except HotlistSupersededError:
                continue  # by another worker, which may have read the topic before us
            if await asyncio.to_thread(self._ends) == contents.ends:
                break
        else:
            log.warning("local list changes faster than it is rebuilt", tries=_TRIES)
        for place in contents.unreadable:
            log.error("change of a hot list cannot be read", place=place)
        return len(entries)


@contextmanager
def _held() -> Iterator[None]:
    """What Redis does not take is no fault of the change: it waits until somebody has mended that."""
    try:
        yield
    except (HotlistUnknownError, HotlistSupersededError):
        raise
    except HotlistStoreError as error:
        service = "redis"
        raise ServiceAwayError(service, str(error)) from error


def living(entries: Iterable[HotlistEntry], now: datetime) -> list[HotlistEntry]:
    """The entries of the local list that are not over."""
    return [
        entry for entry in entries if entry.hotlist == LOCAL and (entry.valid_until is None or now < entry.valid_until)
    ]
