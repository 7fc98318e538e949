"""Single changes to a list that is live: a local entry approved or withdrawn, a delta file.

They are made in place, not in a copy: a copy of a million entries for one change would cost 100 MiB and hold Redis' one
thread for half a second. Up to a thousand changes are read, decided here and written by one script, which does nothing
if the list has changed since it was read; then it is all done again. So readers see all of them or none, and two
writers lose nothing. A longer delta goes in such steps: each change says what is true of its own entry, so half a delta
is no wrong list, and after a crash the whole delta is applied again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any

import msgspec
from redis.asyncio import Redis

from recognizers.fold import fold
from streams.faults import ServiceAwayError
from streams.hotlist_cells import CellError, FrozenTexts, pack_cell, unpack_cell
from streams.hotlist_keys import VersionMeta, is_of_this_layout
from streams.hotlist_values import AppliedChanges, HotlistSupersededError, HotlistUnknownError
from streams.lua_arguments import lua_string, pack_arguments
from streams.records import ChangeKind, HotlistChange, HotlistEntry
from streams.redis_faults import SERVICE, redis_errors

_STEP = 1_000
"""Changes made at once: a few milliseconds of Redis' one thread. Lua passes 8,000 arguments at most."""

# ARGV: list, version ('': the live one), folded plates, ids of partial entries. False: there is no such version.
_READ = """#!lua flags=no-writes
local base = 'hl:' .. ARGV[1] .. ':'
local version = ARGV[2]
if version == '' then version = redis.call('GET', base .. 'current') end
if not version then return false end
local key = base .. version
local function cells(key, names)
  if #names == 0 then return {} end
  return redis.call('HMGET', key, unpack(names))
end
return {
  version, redis.call('HGETALL', key .. ':meta'), redis.call('GET', key .. ':texts'),
  cells(key, cmsgpack.unpack(ARGV[3])), cells(key .. ':partials', cmsgpack.unpack(ARGV[4])),
}
"""

# ARGV: list, version, its revision, token of the load ('': the version is live), edits, journal's item, its seconds.
# 0: the version has changed since it was read. -1: it is no longer live, or its load was superseded.
_WRITE = """
local base = 'hl:' .. ARGV[1] .. ':'
local key = base .. ARGV[2]
local pointer, wanted = 'current', ARGV[2]
if ARGV[4] ~= '' then pointer, wanted = 'loading', ARGV[4] end
if redis.call('GET', base .. pointer) ~= wanted then return -1 end
if redis.call('HGET', key .. ':meta', 'revision') ~= ARGV[3] then return 0 end
local edits = cmsgpack.unpack(ARGV[5])
local function edit(key, cells, gone)
  if #cells > 0 then redis.call('HSET', key, unpack(cells)) end
  if #gone > 0 then redis.call('HDEL', key, unpack(gone)) end
end
edit(key, edits.cells, edits.gone)
edit(key .. ':partials', edits.partials, edits.partials_gone)
redis.call('HSET', key .. ':meta', unpack(edits.meta))
if ARGV[4] == '' and redis.call('EXISTS', base .. 'loading') == 1 then
  redis.call('RPUSH', base .. 'journal', ARGV[6])
  redis.call('EXPIRE', base .. 'journal', ARGV[7])
end
return 1
"""

_DONE, _GONE = 1, -1

_changes = msgspec.msgpack.Decoder(tuple[HotlistChange, ...])


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much of a list changes touch."""

    plates: int
    entries: int
    partials: int


class Touched:
    """The part of a list that changes touch, while they are made. Pure.

    Args:
        plates: the entries of each folded plate that a change names.
        partials: the partial entries that a change names, where the list has them.
    """

    def __init__(self, plates: Mapping[str, Iterable[HotlistEntry]], partials: Iterable[HotlistEntry]) -> None:
        self.plates = {plate: {one.id: one for one in listed} for plate, listed in plates.items()}
        self.partials = {one.id: one for one in partials}

        self.named_partials = set(self.partials)
        """Ids of those that are there or were."""

    def sizes(self) -> Sizes:
        """How much there is now."""
        plates = [len(listed) for listed in self.plates.values() if listed]
        return Sizes(len(plates), sum(plates) + len(self.partials), len(self.partials))

    def make(self, changes: Iterable[HotlistChange]) -> tuple[str, ...]:
        """Make the changes in their order.

        Returns:
            Ids of entries to remove that were not there.
        """
        missing = []
        for change in changes:
            entry = change.entry
            if entry.is_partial:
                self.named_partials.add(entry.id)
            there = self.partials if entry.is_partial else self.plates.setdefault(fold(entry.plate), {})
            if change.kind is ChangeKind.ADDED:
                there[entry.id] = entry
            elif there.pop(entry.id, None) is None:
                missing.append(entry.id)
        return tuple(missing)


@dataclass(frozen=True, slots=True)
class LoadTarget:
    """A version that is being loaded, into which a journal is copied."""

    version: str
    token: str


_LIVE = LoadTarget("", "")


class HotlistEditor:
    """Makes single changes through one Redis client. Used by one event loop."""

    def __init__(self, redis: Redis, lease_s: int) -> None:
        self._redis = redis
        self._lease_s = lease_s
        self._read = redis.register_script(_READ)
        self._write = redis.register_script(_WRITE)

    async def apply(self, hotlist: str, changes: Sequence[HotlistChange], now: datetime) -> AppliedChanges:
        """Make the changes in the live version, in their order; the list then counts as loaded now.

        An added entry takes the place of the one with its id under its plate. An entry that moves to another plate is
        removed under the old and added under the new.

        Raises:
            HotlistUnknownError: the list is not loaded.
            ServiceAwayError: Redis does not answer, or the list was written by other rules; steps that were made stay.
        """
        missing: list[str] = []
        remaining = iter(changes)
        while True:
            step = tuple(islice(remaining, _STEP))
            version, meta, not_found = await self._step(hotlist, step, now, _LIVE)
            missing += not_found
            if len(step) < _STEP:
                return AppliedChanges(meta.summary(hotlist, version, now), tuple(missing))

    async def copy_journal(self, hotlist: str, items: Iterable[bytes], target: LoadTarget, now: datetime) -> None:
        """Make the changes of a journal in a version that is being loaded.

        Raises:
            HotlistSupersededError: another load of the list began meanwhile.
            ServiceAwayError: Redis does not answer.
        """
        for item in items:
            await self._step(hotlist, _changes.decode(item), now, target)

    async def _step(
        self, hotlist: str, changes: tuple[HotlistChange, ...], now: datetime, target: LoadTarget
    ) -> tuple[str, VersionMeta, tuple[str, ...]]:
        plates = list(dict.fromkeys(fold(one.entry.plate) for one in changes if not one.entry.is_partial))
        partials = list(dict.fromkeys(one.entry.id for one in changes if one.entry.is_partial))
        while True:
            with redis_errors():
                asked: list[str | bytes] = [hotlist, target.version, pack_arguments(plates), pack_arguments(partials)]
                found: Any = await self._read(args=asked)
            try:
                version, meta, texts = _checked(hotlist, found)
            except (HotlistUnknownError, ServiceAwayError) as error:
                if not target.token:
                    raise
                # What is being loaded can be incomplete only because another load cleared it away.
                raise _superseded(hotlist) from error
            touched = _unpack(hotlist, texts, plates, found[3:])
            before = touched.sizes()
            missing = touched.make(changes)
            after = _after(meta, before, touched.sizes(), now)
            if changes:
                after = replace(after, revision=meta.revision + 1)
            if partials:
                after = replace(after, partials_revision=meta.partials_revision + 1)
            edits = _edits(hotlist, touched, FrozenTexts(texts), after)
            journaled = msgspec.msgpack.encode(changes)
            told: list[str | bytes] = [hotlist, version, str(meta.revision), target.token, edits, journaled]
            with redis_errors():
                written: Any = await self._write(args=[*told, str(self._lease_s)])
            if written == _DONE:
                return version, after, missing
            if written == _GONE and target.token:
                raise _superseded(hotlist)


def _superseded(hotlist: str) -> HotlistSupersededError:
    return HotlistSupersededError(f"another load of hot list {hotlist} began, so this one stopped; nothing is lost")


def _checked(hotlist: str, found: Any) -> tuple[str, VersionMeta, list[str]]:
    """The version, what is told of it, and its table of texts."""
    if found is None:
        msg = f"hot list {hotlist} is not loaded, so it cannot be changed; load it first"
        raise HotlistUnknownError(msg)
    version = found[0].decode()
    fields = dict(zip(found[1][::2], found[1][1::2], strict=True))
    if not is_of_this_layout(version) or not fields or found[2] is None:
        reason = f"hot list {hotlist} ({version}) was written by other rules or lost in part; load it again"
        raise ServiceAwayError(SERVICE, reason)
    return version, VersionMeta.from_hash(fields), msgspec.msgpack.decode(found[2], type=list[str])


def _unpack(hotlist: str, texts: Sequence[str], plates: Sequence[str], found: Any) -> Touched:
    cells, partials = found
    try:
        return Touched(
            {
                plate: unpack_cell(cell, hotlist=hotlist, plate=plate, texts=texts) if cell else []
                for plate, cell in zip(plates, cells, strict=True)
            },
            [entry for cell in partials if cell for entry in unpack_cell(cell, hotlist=hotlist, plate="", texts=texts)],
        )
    except CellError as error:
        raise ServiceAwayError(SERVICE, f"{error}; load it again") from error


def _after(meta: VersionMeta, before: Sizes, after: Sizes, now: datetime) -> VersionMeta:
    return replace(
        meta,
        plates=meta.plates + after.plates - before.plates,
        entries=meta.entries + after.entries - before.entries,
        partials=meta.partials + after.partials - before.partials,
        loaded_at=now,
    )


def _edits(hotlist: str, touched: Touched, table: FrozenTexts, meta: VersionMeta) -> bytes:
    """What the script writes."""
    cells: list[str | msgspec.Raw] = []
    gone = []
    for plate, listed in touched.plates.items():
        if listed:
            cell = pack_cell(listed.values(), hotlist=hotlist, plate=plate, table=table)
            cells += [plate, lua_string(cell)]
        else:
            gone.append(plate)
    partials: list[str | msgspec.Raw] = []
    for id_, entry in touched.partials.items():
        partials += [id_, lua_string(pack_cell([entry], hotlist=hotlist, plate="", table=table))]
    return pack_arguments(
        {
            "cells": cells,
            "gone": gone,
            "partials": partials,
            "partials_gone": sorted(touched.named_partials - touched.partials.keys()),
            "meta": [text for pair in meta.to_hash().items() for text in pair],
        }
    )
