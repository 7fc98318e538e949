"""What is on the lists for the plates of a batch: one round trip, and a second when a list has a new version.

One script reads the pointers and what they point to at one moment, so a batch never sees half of a replacement. Only
cells that are there come back. What a reader needs of a version besides (its table of texts, its partial entries) is
read once and kept; should the version be gone by then, which takes two replacements in between, the batch is asked
again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import msgspec
from redis.asyncio import Redis

from streams.faults import ServiceAwayError
from streams.hotlist_cells import CellError, unpack_cell
from streams.hotlist_keys import LISTS, READY, VersionMeta, is_of_this_layout, version_keys
from streams.hotlist_values import (
    HotlistSummary,
    HotlistSupersededError,
    HotlistUnknownError,
    ListedEntry,
    Lookup,
)
from streams.lua_arguments import pack_arguments
from streams.partial_index import PartialIndex, fold_pattern
from streams.records import HotlistEntry
from streams.redis_faults import SERVICE, redis_errors

_USUAL_LENGTHS = range(4, 9)
"""Of plates: the index is ready for these before the first look-up."""

_PAGE = 1_000
"""Cells of a whole list read at once: a millisecond or two of Redis' one thread."""

# ARGV: the texts, an array of MessagePack. Lua passes 8,000 arguments at most, so they go in slices.
# Redis counts as filled if the mark is there and names the process that runs (`hotlist_readiness`): after a restart
# from a file of its own it may hold lists of old. Asking for the process costs 40 microseconds a batch.
# Gives whether Redis counts as filled, and for each list its name, version and facts, how many cells and partial
# entries are there, and what was found, by turns the place of a text and its cell.
_LOOK_UP = """#!lua flags=no-writes
local texts = cmsgpack.unpack(ARGV[1])
local found = {}
for _, list in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  local version = redis.call('GET', 'hl:' .. list .. ':current') or ''
  local key = 'hl:' .. list .. ':' .. version
  local cells = {}
  for first = 1, #texts, 4000 do
    local slice = redis.call('HMGET', key, unpack(texts, first, math.min(first + 3999, #texts)))
    for place, cell in ipairs(slice) do
      if cell then
        cells[#cells + 1] = first + place - 2
        cells[#cells + 1] = cell
      end
    end
  end
  found[#found + 1] = {
    list, version, redis.call('HGETALL', key .. ':meta'),
    redis.call('HLEN', key), redis.call('HLEN', key .. ':partials'), cells,
  }
end
local mark = redis.call('GET', KEYS[2])
local server = mark and string.match(mark, ' (%x+)$')
local is_filled = mark and (not server or string.find(redis.call('INFO', 'server'), 'run_id:' .. server, 1, true))
return {is_filled and 1 or 0, found}
"""


@dataclass(frozen=True, slots=True)
class _Live:
    """One list at the moment of the look-up."""

    name: str
    version: str
    meta: VersionMeta
    cells: list[Any]
    """By turns the place of a text and its cell."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is kept in memory of one version."""

    version: str
    partials_revision: int
    texts: list[str]
    partials: list[HotlistEntry]
    index: PartialIndex

    def is_of(self, live: _Live) -> bool:
        return self.version == live.version and self.partials_revision == live.meta.partials_revision


class HotlistReader:
    """Looks plates up through one Redis client. Used by one event loop.

    It keeps in memory the texts and the partial entries of each live version: a few megabytes for a list of a million.
    """

    def __init__(self, redis: Redis, clock: Callable[[], datetime]) -> None:
        self._redis = redis
        self._clock = clock
        self._look_up = redis.register_script(_LOOK_UP)
        self._kept: dict[str, _Kept] = {}

    async def candidates(self, lookups: Sequence[Lookup]) -> list[list[ListedEntry]]:
        """For each look-up the entries of all live lists, those of its likeliest texts first, partial ones last.

        Raises:
            ServiceAwayError: Redis does not answer, has lost lists or a part of one, or holds one written by other
                rules: until it is loaded again no plate may pass as unlisted.
        """
        if not lookups:
            return []
        texts = list(dict.fromkeys(text for lookup in lookups for text in lookup.folded))
        lists = await self._all(texts)
        while not await self._keep(lists):
            lists = await self._all(texts)
        now = self._clock()
        found: list[list[ListedEntry]] = [[] for _ in lookups]
        for live in lists:
            version, late = live.meta.public_version(live.version), live.meta.is_late(now)
            for listed, entries in zip(found, self._of_list(live, texts, lookups), strict=True):
                listed += [ListedEntry(entry, version, late) for entry in entries]
        return found

    async def summaries(self) -> list[HotlistSummary]:
        """Every live list, by name.

        Raises:
            ServiceAwayError: as above, but for lost lists: those that are there are told.
        """
        now = self._clock()
        _, lists = await self._live([])
        return [live.meta.summary(live.name, live.version, now) for live in sorted(lists, key=lambda live: live.name)]

    async def entries(self, hotlist: str) -> AsyncIterator[HotlistEntry]:
        """All entries of a list as it is live, in no order; changes made meanwhile may be seen or not.

        Raises:
            HotlistUnknownError: the list is not loaded.
            HotlistSupersededError: it was replaced so often meanwhile that this version is gone.
            ServiceAwayError: Redis does not answer, or the list was written by other rules.
        """
        _, lists = await self._live([])
        live = next((one for one in lists if one.name == hotlist), None)
        if live is None:
            msg = f"hot list {hotlist} is not loaded; `platewatch hotlist list` names those that are"
            raise HotlistUnknownError(msg)
        keys = version_keys(hotlist, live.version)
        with redis_errors():
            packed: Any = await self._redis.get(keys.texts)
            texts = _texts(packed or pack_arguments([]))
            for key in (keys.cells, keys.partials):
                async for name, cell in self._redis.hscan_iter(key, count=_PAGE):
                    plate = name.decode() if key == keys.cells else ""
                    for entry in _unpack(hotlist, plate, cell, texts):
                        yield entry
            if not await self._redis.exists(keys.meta):
                msg = f"hot list {hotlist} was replaced twice while it was read; read it again"
                raise HotlistSupersededError(msg)

    async def _all(self, texts: Sequence[str]) -> list[_Live]:
        is_filled, lists = await self._live(texts)
        if not is_filled:
            reason = (
                "it lost the hot lists; `platewatch worker hotlists` loads them again (at the start: `platewatch init`)"
            )
            raise ServiceAwayError(SERVICE, reason)
        return lists

    async def _live(self, texts: Sequence[str]) -> tuple[bool, list[_Live]]:
        with redis_errors():
            is_filled, rows = cast(Any, await self._look_up(keys=[LISTS, READY], args=[pack_arguments(texts)]))
        return bool(is_filled), [_checked(row) for row in rows]

    async def _keep(self, lists: Sequence[_Live]) -> bool:
        """Have at hand what the live versions need; False where one has gone meanwhile."""
        for live in lists:
            kept = self._kept.get(live.name)
            if kept is None or not kept.is_of(live):
                fresh = await self._fetch(live)
                if fresh is None:
                    return False
                self._kept[live.name] = fresh
        return True

    async def _fetch(self, live: _Live) -> _Kept | None:
        keys = version_keys(live.name, live.version)
        with redis_errors():
            async with self._redis.pipeline(transaction=True) as reading:
                reading.hget(keys.meta, "partials_revision")
                reading.get(keys.texts)
                reading.hvals(keys.partials)
                revision, packed, cells = await reading.execute()
        if revision is None or int(revision) != live.meta.partials_revision:
            return None
        if packed is None:
            raise ServiceAwayError(SERVICE, f"it lost entries of hot list {live.name}; load it again")
        return await asyncio.to_thread(_kept, live, packed, cells)

    def _of_list(self, live: _Live, texts: Sequence[str], lookups: Sequence[Lookup]) -> Iterator[list[HotlistEntry]]:
        """For each look-up the list's entries."""
        kept = self._kept[live.name]
        whole = {
            texts[place]: _unpack(live.name, texts[place], cell, kept.texts)
            for place, cell in zip(live.cells[::2], live.cells[1::2], strict=True)
        }
        for lookup in lookups:
            entries: list[HotlistEntry] = []
            if whole:  # for most batches and lists nothing was found
                # An entry has one plate, so different texts never give the same one.
                entries += [entry for text in dict.fromkeys(lookup.folded) if text in whole for entry in whole[text]]
            if kept.partials:
                entries += [kept.partials[place] for place in kept.index.find(lookup.folded).places]
            yield entries


def _checked(row: Any) -> _Live:
    name, version, facts, plates, partials, cells = row
    hotlist, live = name.decode(), version.decode()
    if live and not is_of_this_layout(live):
        raise ServiceAwayError(SERVICE, f"hot list {hotlist} ({live}) was folded by other rules; load it again")
    meta = VersionMeta.from_hash(dict(zip(facts[::2], facts[1::2], strict=True))) if facts else None
    if meta is None or (plates, partials) != (meta.plates, meta.partials):
        raise ServiceAwayError(SERVICE, f"it lost entries of hot list {hotlist}; load it again")
    return _Live(hotlist, live, meta, cells)


def _kept(live: _Live, packed: bytes, cells: Sequence[bytes]) -> _Kept:
    texts = _texts(packed)
    partials = [entry for cell in cells for entry in _unpack(live.name, "", cell, texts)]
    partials.sort(key=lambda entry: entry.id)
    index = PartialIndex(fold_pattern(entry.plate) for entry in partials)
    if partials:
        index.prepare(_USUAL_LENGTHS)
    return _Kept(live.version, live.meta.partials_revision, texts, partials, index)


def _unpack(hotlist: str, plate: str, cell: bytes, texts: Sequence[str]) -> list[HotlistEntry]:
    try:
        return unpack_cell(cell, hotlist=hotlist, plate=plate, texts=texts)
    except CellError as error:
        raise ServiceAwayError(SERVICE, f"{error}; load it again") from error


def _texts(packed: bytes) -> list[str]:
    return msgspec.msgpack.decode(packed, type=list[str])
