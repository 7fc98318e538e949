"""How fast hot lists are loaded and looked up, and what they take, on a real Redis of the bench's own."""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from redis.asyncio import Redis

from infra.bench.errors import BenchError
from infra.bench.rows import Better, Goal, Row, figure
from infra.local_stack.launch import Service
from infra.local_stack.stack import LocalStack
from infra.settings.services import RedisSettings
from recognizers.fold import fold
from streams.clients import build_redis
from streams.hotlist_store import HotlistStore, Lookup, open_hotlists
from streams.partial_index import PartialIndex, fold_pattern
from streams.records import Category, HotlistEntry, VehicleDescription, event_id

LIST, PARTIALS = "extract", "local"
_BATCH = 64
_TEXTS = (8, 40)
"""Folded texts of one detection: of a middling read, and of a poor one."""

_LETTERS, _DIGITS = "ABCDEFGHJKLMNPRSTUVWXYZ", "0123456789"
_STATES = ("KY", "OH", "IN", "TN", "IL", "WV", "VA", "MO")
_MAKES = ("FORD", "TOYT", "HOND", "CHEV", "NISS", "HYUN", "KIA", "JEEP", "DODG", "SUBA")
_COLORS = ("BLK", "WHI", "SIL", "GRY", "BLU", "RED", "GRN")
_REASONS = ("taken from a drive", "taken with the keys", "rental not returned", "plate only", "taken at gunpoint")

_NO_BAR = Goal(None, None, Better.LOWER)


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    entries: int = 1_000_000
    partials: int = 10_000
    batches: int = 300


def measure_hotlist_store(told: Callable[[str], None], size: Size = Size()) -> list[Row]:
    """The rows of `platewatch bench hotlist-store`.

    Args:
        told: is told what is being done.
        size: of what is measured.
    """
    with _own_redis() as settings:
        rows = asyncio.run(_measure_store(settings, told, size))
    told("looking up partial plates in memory")
    return [*rows, *_measure_index(size)]


@contextmanager
def _own_redis() -> Iterator[RedisSettings]:
    """A Redis with the settings of the local stack's; one that has lists would tell them apart no more."""
    with tempfile.TemporaryDirectory(prefix="platewatch-bench-") as folder:
        Path(folder).chmod(0o755)  # the server may run as another account
        stack = LocalStack(Path(folder))
        try:
            yield RedisSettings(url=stack.start_service(Service.REDIS).redis_url)
        finally:
            stack.reset()


async def _measure_store(settings: RedisSettings, told: Callable[[str], None], size: Size) -> list[Row]:
    redis = build_redis(settings)
    try:
        store = HotlistStore(redis)
        await store.begin()
        told(f"loading {size.entries:,} entries")
        rows = await _measure_load(store, redis, size)
        told("looking up plates")
        await store.replace(PARTIALS, partial_entries(size.partials), datetime.now(UTC))
        for texts in _TEXTS:
            taken = [await _timed(store, texts, seed) for seed in range(size.batches)]
            against = f"{size.entries:,} entries and {size.partials:,} partial ones"
            rows += _lookup_rows(taken, f"{texts} texts a read", against)
        told("looking up plates while the list is replaced")
        for texts in _TEXTS:
            taken = await _timed_while_replaced(store, redis, settings, (texts, size))
            against = "the same while another process writes the list again"
            rows += _lookup_rows(taken, f"{texts} texts a read, list replaced meanwhile", against)
    finally:
        await redis.aclose()
    return rows


async def _measure_load(store: HotlistStore, redis: Redis, size: Size) -> list[Row]:
    entries = list(typical_entries(size.entries))
    before = await _used_mib(redis)
    stalls = _Stalls()
    watching = asyncio.create_task(stalls.watch())
    begun = time.perf_counter()
    await store.replace(LIST, entries, datetime.now(UTC))
    seconds = time.perf_counter() - begun
    watching.cancel()
    how = (
        f"{size.entries:,} invented entries (plate, state, category, record and case number, make, model, colour, one "
        "of five reasons), packed, written, verified by count and SHA-1 and switched to"
    )
    return [
        figure("load of a list", seconds, "s", goal=Goal(30, 10, Better.LOWER), how=how),
        figure(
            "memory of a list", await _used_mib(redis) - before, "MiB", goal=Goal(200, 100, Better.LOWER),
            how="Redis' used_memory after the load, less before; two versions are kept, three while loading",
        ),
        figure(
            "longest stand-still of the loader's event loop", stalls.longest_s * 1000, "ms", goal=_NO_BAR,
            how="by a task that sleeps a millisecond at a time; packing runs in a thread beside it",
        ),
    ]  # fmt: skip


class _Stalls:
    """How long the event loop stands still at most."""

    def __init__(self) -> None:
        self.longest_s = 0.0

    async def watch(self) -> None:
        while True:
            begun = time.perf_counter()
            await asyncio.sleep(0.001)
            self.longest_s = max(self.longest_s, time.perf_counter() - begun - 0.001)


async def _timed(store: HotlistStore, texts: int, seed: int) -> float:
    chosen = random.Random(seed)  # noqa: S311 - plates are invented, nothing is secret
    lookups = [Lookup(_alternatives(chosen, texts)) for _ in range(_BATCH)]
    begun = time.perf_counter()
    await store.candidates(lookups)
    return time.perf_counter() - begun


async def _timed_while_replaced(
    store: HotlistStore, redis: Redis, settings: RedisSettings, what: tuple[int, Size]
) -> list[float]:
    texts, size = what
    versions = f"hl:{LIST}:versions"
    before: Any = await redis.smembers(versions)
    loader = multiprocessing.get_context("spawn").Process(target=_load_again, args=(settings.url, size.entries))
    loader.start()
    taken: list[float] = []
    try:
        while loader.is_alive():
            now: Any = await redis.smembers(versions)
            if now <= before:
                await asyncio.sleep(0.001)  # it is still packing
                continue
            taken.append(await _timed(store, texts, len(taken)))
    finally:
        loader.join()
    if loader.exitcode or not taken:
        msg = "the list could not be loaded beside the look-ups; give the machine more memory and measure again"
        raise BenchError(msg)
    return taken


def _load_again(url: str, entries: int) -> None:
    async def load() -> None:
        async with open_hotlists(RedisSettings(url=url)) as store:
            await store.replace(LIST, typical_entries(entries), datetime.now(UTC))

    asyncio.run(load())


def _lookup_rows(taken: Sequence[float], name: str, against: str) -> list[Row]:
    median, late = np.percentile(taken, [50, 99]) * 1000
    how = f"{len(taken)} batches of {_BATCH} reads, one after another, against {against}"
    rows = [
        figure(f"batch of {_BATCH}, {name}, median", float(median), "ms", goal=_NO_BAR, how=how),
        figure(f"batch of {_BATCH}, {name}, p99", float(late), "ms", goal=Goal(10, None, Better.LOWER), how=how),
    ]
    rate = _BATCH * len(taken) / sum(taken)
    return [figure(f"look-ups, {name}", rate, "/s", goal=Goal(1500, None), how=how), *rows]


def _measure_index(size: Size) -> list[Row]:
    patterns = [fold_pattern(entry.plate) for entry in partial_entries(size.partials)]
    tracemalloc.start()
    index = PartialIndex(patterns)
    index.prepare(range(2, 11))
    held = tracemalloc.get_traced_memory()[0] / 2**20
    tracemalloc.stop()
    how = f"{size.partials:,} partial plates, a fifth each of `A?C1?34`, `ABC1*`, `*1234`, `*C123*`, `AB*4`"
    rows = [figure("memory of the partial index", held, "MiB", goal=_NO_BAR, how=how)]
    for texts in _TEXTS:
        chosen = random.Random(texts)  # noqa: S311 - as above
        looks = [_alternatives(chosen, texts) for _ in range(1000)]
        begun = time.perf_counter()
        found = [index.find(look) for look in looks]
        each = (time.perf_counter() - begun) / len(looks) * 1e6
        checked = sum(one.checked for one in found) / len(found)
        rows += [
            figure(f"partial index, {texts} texts a read", each, "µs", goal=_NO_BAR, how=how),
            figure(f"patterns compared, {texts} texts a read", checked, "", goal=_NO_BAR, how=how),
        ]
    return rows


def typical_entries(count: int) -> Iterator[HotlistEntry]:
    """Invented entries as an extract of stolen vehicles has them; the same at each call."""
    chosen = random.Random(1)  # noqa: S311 - as above
    for number in range(count):
        plate = _plate(chosen)
        yield HotlistEntry(
            id=event_id("entry", LIST, plate, number),
            hotlist=LIST,
            plate=plate,
            category=Category.STOLEN_VEHICLE,
            state=chosen.choice(_STATES),
            vehicle=VehicleDescription(
                make=chosen.choice(_MAKES), model=f"M{chosen.randrange(60)}", color=chosen.choice(_COLORS)
            ),
            record_number=f"V{number:09d}",
            case_number=f"26-{chosen.randrange(10**6):06d}",
            reason=chosen.choice(_REASONS),
        )


def partial_entries(count: int) -> Iterator[HotlistEntry]:
    """Invented partial plates of five kinds; the same at each call."""
    chosen = random.Random(2)  # noqa: S311 - as above
    for number in range(count):
        plate = _plate(chosen)
        first, second = sorted(chosen.sample(range(len(plate)), 2))
        kinds = (
            plate[:first] + "?" + plate[first + 1 : second] + "?" + plate[second + 1 :],
            f"{plate[:4]}*",
            f"*{plate[3:]}",
            f"*{plate[2:6]}*",
            f"{plate[:2]}*{plate[6:]}",
        )
        yield HotlistEntry(
            id=event_id("entry", PARTIALS, number),
            hotlist=PARTIALS,
            plate=kinds[number % len(kinds)],
            category=Category.CASE,
            reason=chosen.choice(_REASONS),
        )


def _alternatives(chosen: random.Random, count: int) -> tuple[str, ...]:
    """Folded texts of one read: a plate, and others that differ from it in one or two places."""
    plate = fold(_plate(chosen))
    texts = {plate: None}
    while len(texts) < count:
        place = chosen.randrange(len(plate))
        changed = chosen.choice(list(texts))
        texts[changed[:place] + fold(chosen.choice(_LETTERS + _DIGITS)) + changed[place + 1 :]] = None
    return tuple(texts)


def _plate(chosen: random.Random) -> str:
    return "".join(chosen.choices(_LETTERS, k=3) + chosen.choices(_DIGITS, k=4))


async def _used_mib(redis: Redis) -> float:
    facts: Any = await redis.info("memory")
    return int(facts["used_memory"]) / 2**20
