"""The hot lists in Redis: a list is replaced at once or not at all; a batch of plates is looked up in one round trip.

`hl:lists` names the lists; `hl:{list}:current` points to the live version; `hl:{list}:{version}` is a hash from folded
plate to the entries that fold to it. Redis holds nothing that cannot be rebuilt from the lists' files.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
from redis.asyncio import Redis
from redis.exceptions import BusyLoadingError, ConnectionError, ReadOnlyError, RedisError, TimeoutError  # noqa: A004

from infra.settings.services import RedisSettings
from recognizers.fold import FOLD_VERSION, fold
from streams.clients import build_redis
from streams.faults import ServiceAwayError, UnhandledError
from streams.records import HotlistEntry

_LISTS = "hl:lists"
_READY = "hl:ready"
"""There once hot lists were loaded, or an installation began without any. A Redis that lost its data lacks it, and must
not be taken for one whose lists are empty."""

_CHUNK = 5_000
"""Plates in one HSET: more would block Redis' one thread for longer than a look-up may take, fewer load slower."""

# One script, so that the pointers and what they point to are read at one moment, in one round trip.
_LOOK_UP = """
if redis.call('EXISTS', KEYS[2]) == 0 then return false end
local found = {}
for _, list in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  local version = redis.call('GET', 'hl:' .. list .. ':current')
  if version then
    local entries = redis.call('HMGET', 'hl:' .. list .. ':' .. version, unpack(ARGV))
    found[#found + 1] = {list, version, entries}
  end
end
return found
"""

_entries_decoder = msgspec.json.Decoder(tuple[HotlistEntry, ...])


_SERVICE = "redis"


class HotlistIncompleteError(Exception):
    """A new version did not hold what was written to it; the live one was left as it is."""


@dataclass(frozen=True, slots=True)
class ListedEntry:
    """An entry, and the version of its list that was live when it was looked up."""

    entry: HotlistEntry
    version: str


@dataclass(frozen=True, slots=True)
class HotlistSummary:
    """One list as it is live."""

    name: str
    version: str
    plates: int


class HotlistStore:
    """The hot lists, seen through one Redis client. Used by one event loop."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._look_up = redis.register_script(_LOOK_UP)

    async def candidates(self, plates: Sequence[str]) -> list[list[ListedEntry]]:
        """For each plate, the entries of all live lists that fold to the same text.

        Raises:
            ServiceAwayError: Redis does not answer or has lost the lists, or a list was folded by other rules: until it
                is loaded again no plate may pass as unlisted.
        """
        if not plates:
            return []
        found: list[list[ListedEntry]] = [[] for _ in plates]
        async with _redis_errors():
            rows = await self._look_up(keys=[_LISTS, _READY], args=[fold(plate) for plate in plates])
        if rows is None:
            raise ServiceAwayError(_SERVICE, "it holds no hot lists; load them (`platewatch hotlist load`)")
        for name, version, cells in rows:
            live = version.decode()
            _check_fold(name.decode(), live)
            for index, cell in enumerate(cells):
                if cell is not None:
                    found[index] += [ListedEntry(entry, live) for entry in _entries_decoder.decode(cell)]
        return found

    async def replace(self, hotlist: str, entries: Iterable[HotlistEntry], now: datetime) -> HotlistSummary:
        """Write a new version beside the live one, check it, switch to it, and keep the one before.

        Raises:
            ServiceAwayError: Redis does not answer; the live version is untouched.
            HotlistIncompleteError: the new version does not hold what was written; the live one is untouched.
        """
        by_plate: defaultdict[str, list[HotlistEntry]] = defaultdict(list)
        for entry in entries:
            by_plate[fold(entry.plate)].append(entry)
        cells = {plate: msgspec.json.encode(listed) for plate, listed in by_plate.items()}
        version = _version(cells, now)
        key, pointer = f"hl:{hotlist}:{version}", f"hl:{hotlist}:current"
        async with _redis_errors():
            before = await self._redis.get(pointer)
            if before is not None and _text(before) == version:
                # The same list in the same second. Writing it again would take it from under its readers.
                return HotlistSummary(hotlist, version, len(cells))
            await self._redis.delete(key)
            plates = list(cells)
            for start in range(0, len(plates), _CHUNK):
                await self._redis.hset(key, mapping={p: cells[p] for p in plates[start : start + _CHUNK]})
            written = await self._redis.hlen(key)
            if written != len(cells):
                msg = f"hot list {hotlist}: {written} of {len(cells)} plates arrived in Redis; load it again"
                raise HotlistIncompleteError(msg)
            async with self._redis.pipeline(transaction=True) as switch:
                switch.set(pointer, version)
                switch.sadd(_LISTS, hotlist)
                switch.set(_READY, version)
                await switch.execute()
            await self._drop_all_but(hotlist, {version, _text(before) if before else version})
        return HotlistSummary(hotlist, version, len(cells))

    async def begin(self) -> None:
        """Let a new installation match against no lists, as long as none was loaded.

        Raises:
            ServiceAwayError: Redis does not answer.
        """
        async with _redis_errors():
            await self._redis.set(_READY, "new", nx=True)

    async def summaries(self) -> list[HotlistSummary]:
        """Every live list, by name."""
        rows = []
        async with _redis_errors():
            for name in sorted(_text(member) for member in await self._redis.smembers(_LISTS)):
                version = await self._redis.get(f"hl:{name}:current")
                if version:
                    plates = await self._redis.hlen(f"hl:{name}:{_text(version)}")
                    rows.append(HotlistSummary(name, _text(version), plates))
        return rows

    async def _drop_all_but(self, hotlist: str, kept: set[str]) -> None:
        prefix = f"hl:{hotlist}:"
        # A list's name may hold what a pattern takes for a wildcard, or begin as another's: versions have no colon.
        pattern = re.sub(r"([*?\[\]\\^])", r"\\\1", prefix) + "*"
        async for key in self._redis.scan_iter(match=pattern, count=1000):
            name = _text(key).removeprefix(prefix)
            if ":" not in name and name not in {*kept, "current"}:
                await self._redis.unlink(key)


@asynccontextmanager
async def open_hotlists(settings: RedisSettings) -> AsyncIterator[HotlistStore]:
    """The store, over a client that is closed at the end."""
    redis = build_redis(settings)
    try:
        yield HotlistStore(redis)
    finally:
        await redis.aclose()


def _text(reply: bytes | str) -> str:
    return reply.decode() if isinstance(reply, bytes) else reply


def _version(cells: dict[str, bytes], now: datetime) -> str:
    digest = hashlib.blake2b(digest_size=6)
    for plate in sorted(cells):
        digest.update(plate.encode() + b"\0" + cells[plate] + b"\0")
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-f{FOLD_VERSION}-{digest.hexdigest()}"


def _check_fold(hotlist: str, version: str) -> None:
    if f"-f{FOLD_VERSION}-" not in version:
        raise ServiceAwayError(_SERVICE, f"hot list {hotlist} ({version}) was folded by other rules; load it again")


@asynccontextmanager
async def _redis_errors() -> AsyncIterator[None]:
    """Redis' own errors, as those of this package."""
    try:
        yield
    except (ConnectionError, TimeoutError, BusyLoadingError, ReadOnlyError, OSError) as error:
        raise ServiceAwayError(_SERVICE, str(error)) from error
    except RedisError as error:
        msg = f"Redis refuses: {error}"
        raise UnhandledError(msg) from error
