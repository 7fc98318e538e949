"""The hot lists in Redis: a list is replaced at once or not at all; a batch of plates is looked up in one round trip.

Where they stand: `hotlist_keys`. How entries are packed: `hotlist_cells`. How a list is loaded, changed and looked up:
`hotlist_load`, `hotlist_changes`, `hotlist_lookup`. Redis holds nothing that cannot be rebuilt from the lists' files
and pw.hotlist. A million entries take 100 MiB; while a list is loaded, Redis holds three versions of it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from redis.asyncio import Redis

from infra.settings.services import RedisSettings
from recognizers.fold import fold
from streams.clients import build_redis
from streams.hotlist_changes import HotlistEditor
from streams.hotlist_keys import READY
from streams.hotlist_load import LEASE_S, HotlistLoader, Source
from streams.hotlist_lookup import HotlistReader
from streams.hotlist_values import (
    AppliedChanges,
    HotlistIncompleteError,
    HotlistStoreError,
    HotlistSummary,
    HotlistSupersededError,
    HotlistUnknownError,
    ListedEntry,
    Lookup,
)
from streams.records import HotlistChange, HotlistEntry
from streams.redis_faults import redis_errors

__all__ = [
    "AppliedChanges",
    "HotlistIncompleteError",
    "HotlistStore",
    "HotlistStoreError",
    "HotlistSummary",
    "HotlistSupersededError",
    "HotlistUnknownError",
    "ListedEntry",
    "Lookup",
    "open_hotlists",
]


def _wall_clock() -> datetime:
    return datetime.now(UTC)


class HotlistStore:
    """The hot lists, seen through one Redis client. Used by one event loop.

    Args:
        redis: a client that answers in bytes.
        clock: by which a list is late; aware.
    """

    def __init__(self, redis: Redis, clock: Callable[[], datetime] = _wall_clock) -> None:
        self._redis = redis
        self._reader = HotlistReader(redis, clock)
        self._editor = HotlistEditor(redis, LEASE_S)
        self._loader = HotlistLoader(redis, self._editor)

    async def candidates(self, lookups: Sequence[Lookup]) -> list[list[ListedEntry]]:
        """For each look-up the entries of all live lists, each once; see `HotlistReader.candidates`.

        Raises:
            ServiceAwayError: Redis does not answer, has lost lists or a part of one, or holds one written by other
                rules: until it is loaded again no plate may pass as unlisted.
        """
        return await self._reader.candidates(lookups)

    async def lookup(self, plate: str) -> list[ListedEntry]:
        """The entries of one plate and its look-alikes.

        Raises:
            ServiceAwayError: as with `candidates`.
        """
        (found,) = await self.candidates([Lookup((fold(plate),))])
        return found

    async def replace(
        self,
        hotlist: str,
        entries: Iterable[HotlistEntry],
        now: datetime,
        *,
        fresh_for_h: float | None = None,
        source_digest: str = "",
    ) -> HotlistSummary:
        """Write a new version beside the live one, check it, switch to it, and keep the one before.

        Args:
            hotlist: name of the list.
            entries: all of it; a thread takes them one at a time.
            now: when it counts as loaded.
            fresh_for_h: hours after which it is late; None: never.
            source_digest: SHA-256 of the file, in hexadecimal.

        Raises:
            ServiceAwayError: Redis does not answer; the live version is untouched, as in the cases below.
            HotlistIncompleteError: the new version does not hold what was written, or does not fit in.
            HotlistSupersededError: another load of the list began meanwhile, and that one counts.
        """
        return await self._loader.replace(hotlist, entries, Source(now, fresh_for_h, source_digest))

    async def apply(self, hotlist: str, changes: Sequence[HotlistChange], now: datetime) -> AppliedChanges:
        """Add, replace and remove single entries in the live version; see `HotlistEditor.apply`.

        Raises:
            HotlistUnknownError: the list is not loaded.
            ServiceAwayError: Redis does not answer, or the list was written by other rules.
        """
        return await self._editor.apply(hotlist, changes, now)

    async def rollback(self, hotlist: str) -> HotlistSummary:
        """Go back to the version before the live one, with its own age and changes; a second time undoes the first.

        Raises:
            HotlistUnknownError: there is none.
            ServiceAwayError: Redis does not answer, or the version before was written by other rules.
        """
        await self._loader.roll_back(hotlist)
        return next(summary for summary in await self.summaries() if summary.name == hotlist)

    async def begin(self) -> None:
        """Let a new installation match against no lists, as long as none was loaded.

        Raises:
            ServiceAwayError: Redis does not answer.
        """
        with redis_errors():
            await self._redis.set(READY, "new", nx=True)

    async def summaries(self) -> list[HotlistSummary]:
        """Every live list, by name.

        Raises:
            ServiceAwayError: Redis does not answer, or lost a part of a list.
        """
        return await self._reader.summaries()

    def entries(self, hotlist: str) -> AsyncIterator[HotlistEntry]:
        """All entries of a live list, in no order; see `HotlistReader.entries`."""
        return self._reader.entries(hotlist)


@asynccontextmanager
async def open_hotlists(settings: RedisSettings) -> AsyncIterator[HotlistStore]:
    """The store, over a client that is closed at the end."""
    redis = build_redis(settings)
    try:
        yield HotlistStore(redis)
    finally:
        await redis.aclose()
