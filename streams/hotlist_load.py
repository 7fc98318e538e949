"""A whole list into Redis: written beside the live version, verified, switched to; and back to the one before.

Whoever begins a load of a list takes its token; an older load of the same list finds it gone and stops, so that a
crashed load never has to be waited for. Until the switch, changes made to the live version (`hotlist_changes`) are kept
in a journal too, and the switch waits until the new version has them all: none is lost, whichever comes first.

Verified means: the server computes SHA-1 over all cells as it holds them, slice by slice, in the order in which they
were written, and counts them. Equal digests and counts leave room for nothing else, and only digests come back.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import uuid4

from redis.asyncio import Redis
from redis.exceptions import OutOfMemoryError

from streams.faults import UnhandledError
from streams.hotlist_changes import HotlistEditor, LoadTarget
from streams.hotlist_keys import LAYOUT, VersionKeys, VersionMeta, version_keys, version_name
from streams.hotlist_values import (
    HotlistIncompleteError,
    HotlistSummary,
    HotlistSupersededError,
    HotlistUnknownError,
)
from streams.lua_arguments import lua_string, pack_arguments
from streams.packed_hotlist import PackedHotlist, pack_hotlist
from streams.records import HotlistEntry
from streams.redis_faults import redis_errors

LEASE_S = 900
"""Seconds that a load may pause between two writes, reading its source included. After a crashed load, changes to the
live version are noted for nothing for so long; that is all it costs, as a new load takes its place at once."""

_CHUNK = 1_000
"""Cells in one write or check: 1 to 2 ms of Redis' one thread, which is as long as a look-up may have to wait."""

# Drops what crashed loads left, and takes the list for this load.
_BEGIN = """
local base = 'hl:' .. ARGV[1] .. ':'
local current, previous = redis.call('GET', base .. 'current'), redis.call('GET', base .. 'previous')
for _, version in ipairs(redis.call('SMEMBERS', base .. 'versions')) do
  if version ~= current and version ~= previous then
    local key = base .. version
    redis.call('UNLINK', key, key .. ':partials', key .. ':texts', key .. ':meta')
    redis.call('SREM', base .. 'versions', version)
  end
end
if current then redis.call('SADD', base .. 'versions', current) end
redis.call('SET', base .. 'loading', ARGV[2], 'EX', ARGV[3])
redis.call('DEL', base .. 'journal')
"""

# ARGV: list, token, lease, version, key, kind, content. 0: another load has the list.
_WRITE = """
local base = 'hl:' .. ARGV[1] .. ':'
if redis.call('GET', base .. 'loading') ~= ARGV[2] then return 0 end
redis.call('EXPIRE', base .. 'loading', ARGV[3])
redis.call('EXPIRE', base .. 'journal', ARGV[3])
redis.call('SADD', base .. 'versions', ARGV[4])
if ARGV[6] == 'hash' then
  redis.call('HSET', ARGV[5], unpack(cmsgpack.unpack(ARGV[7])))
else
  redis.call('SET', ARGV[5], ARGV[7])
end
return 1
"""

# The digest of the named cells as they are now; of what is missing, of nothing.
_DIGEST = """#!lua flags=no-writes
local cells = redis.call('HMGET', KEYS[1], unpack(cmsgpack.unpack(ARGV[1])))
for place, cell in ipairs(cells) do cells[place] = cell or '' end
return redis.sha1hex(table.concat(cells))
"""

# ARGV: list, token, version, changes of the journal that the new version has.
# 0: another load has the list. 1: switched. A table: changes to take over first.
_SWITCH = """
local base = 'hl:' .. ARGV[1] .. ':'
local current = redis.call('GET', base .. 'current')
if redis.call('GET', base .. 'loading') ~= ARGV[2] then return 0 end
local changes = redis.call('LRANGE', base .. 'journal', ARGV[4], -1)
if #changes > 0 then return changes end
if current then redis.call('SET', base .. 'previous', current) end
redis.call('SET', base .. 'current', ARGV[3])
redis.call('SADD', 'hl:lists', ARGV[1])
redis.call('DEL', base .. 'loading', base .. 'journal')
for _, version in ipairs(redis.call('SMEMBERS', base .. 'versions')) do
  if version ~= current and version ~= ARGV[3] then
    local key = base .. version
    redis.call('UNLINK', key, key .. ':partials', key .. ':texts', key .. ':meta')
    redis.call('SREM', base .. 'versions', version)
  end
end
return 1
"""

_ABANDON = """
local base = 'hl:' .. ARGV[1] .. ':'
local key = base .. ARGV[3]
if redis.call('GET', base .. 'loading') ~= ARGV[2] then return 0 end
redis.call('UNLINK', key, key .. ':partials', key .. ':texts', key .. ':meta')
redis.call('SREM', base .. 'versions', ARGV[3])
redis.call('DEL', base .. 'loading', base .. 'journal')
return 1
"""

_ROLL_BACK = """
local base = 'hl:' .. ARGV[1] .. ':'
local current, previous = redis.call('GET', base .. 'current'), redis.call('GET', base .. 'previous')
if not previous or redis.call('EXISTS', base .. previous .. ':meta') == 0 then return false end
if not string.find(previous, ARGV[2], 1, true) then return false end
redis.call('SET', base .. 'current', previous)
redis.call('SET', base .. 'previous', current)
return previous
"""

_SUPERSEDED, _SWITCHED = 0, 1

_Item = tuple[str, bytes]


@dataclass(frozen=True, slots=True)
class Source:
    """Of what a list is loaded, and how long that counts as fresh."""

    loaded_at: datetime
    fresh_for_h: float | None = None
    digest: str = ""


@dataclass(frozen=True, slots=True)
class _Load:
    """A load that has begun."""

    hotlist: str
    token: str
    version: str

    @property
    def keys(self) -> VersionKeys:
        return version_keys(self.hotlist, self.version)


class HotlistLoader:
    """Loads whole lists through one Redis client. Used by one event loop, which it never holds for long."""

    def __init__(self, redis: Redis, editor: HotlistEditor) -> None:
        self._redis = redis
        self._editor = editor
        self._begin = redis.register_script(_BEGIN)
        self._write = redis.register_script(_WRITE)
        self._digest = redis.register_script(_DIGEST)
        self._switch = redis.register_script(_SWITCH)
        self._abandon = redis.register_script(_ABANDON)
        self._roll_back = redis.register_script(_ROLL_BACK)

    async def replace(self, hotlist: str, entries: Iterable[HotlistEntry], source: Source) -> HotlistSummary:
        """Make these entries the list. Packing them is left to a thread, which takes them one at a time.

        Raises:
            ServiceAwayError: Redis does not answer; the live version is untouched, as in the cases below.
            HotlistIncompleteError: the new version does not hold what was written, or does not fit in.
            HotlistSupersededError: another load of the list began meanwhile.
        """
        token = uuid4().hex
        with _loading_errors(hotlist):
            await self._begin(args=[hotlist, token, str(LEASE_S)])
        packed = await asyncio.to_thread(pack_hotlist, hotlist, entries)
        digest = await asyncio.to_thread(packed.digest)
        load = _Load(hotlist, token, version_name(digest, token, source.loaded_at))
        meta = VersionMeta(
            plates=len(packed.cells),
            entries=packed.entries,
            partials=len(packed.partials),
            loaded_at=source.loaded_at,
            fresh_for_h=source.fresh_for_h,
            source_digest=source.digest,
        )
        try:
            with _loading_errors(hotlist):
                await self._write_all(load, packed, meta)
                await self._verify(load, packed)
                return await self._switch_to(load, source)
        except HotlistIncompleteError as error:
            if await self._is_superseded(load):
                # The load that began meanwhile took what this one had written for a crashed load's.
                raise _superseded(hotlist) from error
            await self._give_up(load)
            raise
        except UnhandledError:
            await self._give_up(load)
            raise

    async def _is_superseded(self, load: _Load) -> bool:
        """Whether another load has the list, or has had it and is done. A Redis that was emptied has neither."""
        with redis_errors():
            token: Any = await self._redis.get(f"hl:{load.hotlist}:loading")
            if token is not None:
                return bool(token.decode() != load.token)
            return bool(await self._redis.exists(f"hl:{load.hotlist}:current"))

    async def _give_up(self, load: _Load) -> None:
        with redis_errors():
            await self._abandon(args=[load.hotlist, load.token, load.version])

    async def roll_back(self, hotlist: str) -> str:
        """Make the version before the live one live again, and keep the live one in its place.

        Returns:
            The version that is live now.

        Raises:
            HotlistUnknownError: there is none before.
            ServiceAwayError: Redis does not answer.
        """
        with redis_errors():
            version: Any = await self._roll_back(args=[hotlist, LAYOUT])
        if version is None:
            msg = f"hot list {hotlist} has no version before the live one to go back to; load the right file instead"
            raise HotlistUnknownError(msg)
        return str(version.decode())

    async def _write_all(self, load: _Load, packed: PackedHotlist, meta: VersionMeta) -> None:
        keys = load.keys
        for key, cells in ((keys.cells, packed.cells), (keys.partials, packed.partials)):
            for part in _parts(cells.items()):
                await self._write_one(
                    load,
                    key,
                    "hash",
                    pack_arguments([each for name, cell in part for each in (name, lua_string(cell))]),
                )
        fields = [text for pair in meta.to_hash().items() for text in pair]
        await self._write_one(load, keys.meta, "hash", pack_arguments(fields))
        await self._write_one(load, keys.texts, "string", packed.texts)

    async def _write_one(self, load: _Load, key: str, kind: str, content: bytes) -> None:
        _stop_if_cancelled()
        args: list[str | bytes] = [load.hotlist, load.token, str(LEASE_S), load.version, key, kind, content]
        written: Any = await self._write(args=args)
        if not written:
            raise _superseded(load.hotlist)

    async def _verify(self, load: _Load, packed: PackedHotlist) -> None:
        keys = load.keys
        for key, cells in ((keys.cells, packed.cells), (keys.partials, packed.partials)):
            count = await self._redis.hlen(key)
            if count != len(cells):
                raise _incomplete(load.hotlist, f"{count} of {len(cells)} plates arrived in Redis")
            for part in _parts(cells.items()):
                _stop_if_cancelled()
                wanted = hashlib.sha1(b"".join(cell for _, cell in part), usedforsecurity=False).hexdigest()
                digest: Any = await self._digest(keys=[key], args=[pack_arguments([name for name, _ in part])])
                if digest.decode() != wanted:
                    raise _incomplete(load.hotlist, "what arrived in Redis is not what was sent")
        if await self._redis.get(keys.texts) != packed.texts:
            raise _incomplete(load.hotlist, "its texts did not arrive in Redis")

    async def _switch_to(self, load: _Load, source: Source) -> HotlistSummary:
        copied = 0
        while True:
            _stop_if_cancelled()
            answer: Any = await self._switch(args=[load.hotlist, load.token, load.version, str(copied)])
            if answer == _SUPERSEDED:
                raise _superseded(load.hotlist)
            if answer == _SWITCHED:
                fields: Any = await self._redis.hgetall(load.keys.meta)
                return VersionMeta.from_hash(fields).summary(load.hotlist, load.version, source.loaded_at)
            target = LoadTarget(load.version, load.token)
            await self._editor.copy_journal(load.hotlist, answer, target, source.loaded_at)
            copied += len(answer)


def _stop_if_cancelled() -> None:
    # Python 3.11's wait_for, which the client sends with, loses a cancellation that comes as it ends. A load has
    # thousands of steps, and one that was cancelled must not go on to the switch.
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


@contextmanager
def _loading_errors(hotlist: str) -> Iterator[None]:
    try:
        with redis_errors():
            yield
    except UnhandledError as error:
        if isinstance(error.__cause__, OutOfMemoryError):
            msg = f"hot list {hotlist} does not fit into Redis' memory; raise its maxmemory and load it again"
            raise HotlistIncompleteError(msg) from error
        raise


def _parts(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    remaining = iter(items)
    while part := list(islice(remaining, _CHUNK)):
        yield part


def _incomplete(hotlist: str, reason: str) -> HotlistIncompleteError:
    return HotlistIncompleteError(f"hot list {hotlist}: {reason}, so the live version stays; load it again")


def _superseded(hotlist: str) -> HotlistSupersededError:
    return HotlistSupersededError(f"another load of hot list {hotlist} began, so this one stopped")
