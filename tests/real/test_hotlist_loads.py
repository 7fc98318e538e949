"""Loading, changing and going back on a real Redis: whatever happens meanwhile, nothing is lost or half there."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from redis.asyncio import Redis

from infra.local_stack.stack import LocalStack
from infra.settings.services import RedisSettings
from streams.clients import build_redis
from streams.faults import ServiceAwayError
from streams.hotlist_store import (
    HotlistIncompleteError,
    HotlistStore,
    HotlistSupersededError,
    HotlistUnknownError,
)
from streams.records import ChangeKind, HotlistChange, HotlistEntry
from tests.builders import build_entry, moment

pytestmark = pytest.mark.real


@pytest.fixture
async def redis(stack: LocalStack) -> AsyncIterator[Redis]:
    # A database of its own: look-ups see every list that there is.
    client = build_redis(RedisSettings(url=stack.addresses().redis_url.removesuffix("/0") + "/9"))
    await client.flushdb()
    yield client
    await client.flushdb()
    await client.aclose()


@pytest.fixture
async def store(redis: Redis) -> HotlistStore:
    store = HotlistStore(redis, lambda: moment(3600))
    await store.begin()
    return store


async def listed(store: HotlistStore, plate: str) -> list[str]:
    return sorted(one.entry.id for one in await store.lookup(plate))


def added(plate: str, **changes: object) -> HotlistChange:
    return HotlistChange(kind=ChangeKind.ADDED, entry=build_entry(plate, **changes), at=moment(), by="ada")


def removed(plate: str, **changes: object) -> HotlistChange:
    return HotlistChange(kind=ChangeKind.REMOVED, entry=build_entry(plate, **changes), at=moment(), by="ada")


class HeldEntries:
    """Entries that a load waits for half-way, as for a slow file."""

    def __init__(self, *entries: HotlistEntry) -> None:
        self.reached = threading.Event()
        self.go_on = threading.Event()
        self._entries = entries

    def __iter__(self) -> Iterator[HotlistEntry]:
        first, *rest = self._entries
        yield first
        self.reached.set()
        assert self.go_on.wait(timeout=30)
        yield from rest

    async def are_waited_for(self) -> None:
        assert await asyncio.to_thread(self.reached.wait, 30)


async def pointed_to(redis: Redis, pointer: str) -> str:
    version: Any = await redis.get(f"hl:stolen:{pointer}")
    return str(version.decode())


async def unfinished(redis: Redis, live: str) -> list[str]:
    """The cells of versions that are being written."""
    versions: Any = await redis.smembers("hl:stolen:versions")
    keys = [f"hl:stolen:{version.decode()}" for version in versions if version.decode() != live]
    return [key for key in keys if await redis.hlen(key)]


# Single changes.


async def test_single_entries_are_added_replaced_and_removed_in_the_live_version(store: HotlistStore) -> None:
    loaded = await store.replace("stolen", [build_entry("ABC123"), build_entry("XYZ987")], moment())
    done = await store.apply(
        "stolen",
        [added("A8C123", id="other"), added("ABC123", reason="again"), removed("XYZ987"), removed("NOTHERE", id="no")],
        moment(60),
    )
    found = await store.lookup("ABC123")
    assert {one.entry.id: one.entry.reason for one in found} == {"stolen/ABC123": "again", "other": "reported stolen"}
    assert await listed(store, "XYZ987") == []
    assert done.not_found == ("no",)
    assert (done.summary.plates, done.summary.entries, done.summary.loaded_at) == (1, 2, moment(60))
    assert {one.version for one in found} == {done.summary.version} == {f"{loaded.version}+1"}
    assert await store.summaries() == [done.summary]


async def test_a_list_of_more_changes_than_one_step_is_made_in_order(store: HotlistStore) -> None:
    await store.replace("stolen", [], moment())
    changes = [added(f"CAR{number:04d}") for number in range(1500)] + [removed(f"CAR{number:04d}") for number in (0, 7)]
    assert (await store.apply("stolen", changes, moment(1))).summary.entries == 1498
    assert await listed(store, "CAR0007") == []
    assert await listed(store, "CAR1499") == ["stolen/CAR1499"]


async def test_no_changes_say_that_the_list_is_still_right(store: HotlistStore) -> None:
    before = await store.replace("stolen", [build_entry()], moment(), fresh_for_h=1)
    after = (await store.apply("stolen", [], moment(1800))).summary
    assert (after.version, after.entries, after.loaded_at) == (before.version, 1, moment(1800))


async def test_a_list_that_is_not_loaded_cannot_be_changed(store: HotlistStore) -> None:
    with pytest.raises(HotlistUnknownError, match="local is not loaded"):
        await store.apply("local", [added("ABC123")], moment())
    assert await store.summaries() == []


async def test_writers_at_the_same_time_lose_nothing(store: HotlistStore) -> None:
    await store.replace("local", [], moment())
    await asyncio.gather(*(store.apply("local", [added("ABC123", id=f"entry-{n}")], moment(n)) for n in range(20)))
    assert await listed(store, "ABC123") == sorted(f"entry-{n}" for n in range(20))


async def test_a_change_made_while_the_list_is_loaded_is_in_the_new_version(store: HotlistStore) -> None:
    await store.replace("local", [build_entry("OLD111")], moment())
    new = HeldEntries(build_entry("NEW111"), build_entry("NEW222"), build_entry("AB?1*", id="partial"))
    loading = asyncio.create_task(store.replace("local", new, moment(10)))
    await new.are_waited_for()
    await store.apply("local", [added("ABC123"), added("XY?9*", id="late partial")], moment(5))
    assert await listed(store, "ABC123") == ["stolen/ABC123"], "at once, not only after the load"
    await store.apply("local", [removed("NEW222"), removed("AB?1*", id="partial")], moment(6))
    new.go_on.set()
    summary = await loading
    assert [await listed(store, plate) for plate in ("OLD111", "NEW111", "NEW222")] == [[], ["stolen/NEW111"], []]
    assert await listed(store, "ABC123") == ["stolen/ABC123"]
    assert await listed(store, "XYZ987") == ["late partial"]
    assert (summary.entries, summary.plates, summary.partials, summary.loaded_at) == (3, 2, 1, moment(10))


# Loads.


async def test_the_load_that_began_last_counts(store: HotlistStore) -> None:
    slow = HeldEntries(build_entry("SLOW11"), build_entry("SLOW22"))
    first = asyncio.create_task(store.replace("stolen", slow, moment()))
    await slow.are_waited_for()
    await store.replace("stolen", [build_entry("QUICK1")], moment(1))
    slow.go_on.set()
    with pytest.raises(HotlistSupersededError, match="another load of hot list stolen began"):
        await first
    assert [await listed(store, plate) for plate in ("SLOW11", "QUICK1")] == [[], ["stolen/QUICK1"]]


async def test_what_a_crashed_load_left_goes_with_the_next(store: HotlistStore, redis: Redis) -> None:
    await store.replace("stolen", [build_entry("OLD111")], moment())
    many = [build_entry(f"CAR{number:05d}") for number in range(30_000)]
    crashing = asyncio.create_task(store.replace("stolen", many, moment(1)))
    while await redis.scard("hl:stolen:versions") < 2:
        assert not crashing.done()
        await asyncio.sleep(0)
    crashing.cancel()
    await asyncio.gather(crashing, return_exceptions=True)
    assert await listed(store, "OLD111") == ["stolen/OLD111"]
    await store.replace("stolen", [build_entry("NEW111")], moment(2))
    kept = {await pointed_to(redis, "current"), await pointed_to(redis, "previous")}
    hashes = {key.decode() async for key in redis.scan_iter(match="hl:stolen:2*", _type="HASH")}
    assert hashes == {f"hl:stolen:{version}{part}" for version in kept for part in ("", ":meta")}


@pytest.mark.parametrize("damage", ["another cell", "a cell less", "a cell more"])
async def test_a_version_that_is_not_what_was_sent_never_goes_live(
    store: HotlistStore, redis: Redis, damage: str
) -> None:
    live = await store.replace("stolen", [build_entry("OLD111")], moment())
    entries = [build_entry(f"CAR{number:05d}") for number in range(20_000)]
    loading = asyncio.create_task(store.replace("stolen", entries, moment(1)))
    while not loading.done():
        for key in await unfinished(redis, live.version):
            if damage == "a cell less":
                await redis.hdel(key, "CAR00000")
            else:
                await redis.hset(key, "CAR00000" if damage == "another cell" else "ELSE", b"\x90")
    with pytest.raises(HotlistIncompleteError, match="so the live version stays; load it again"):
        await loading
    assert await store.summaries() == [live]
    assert await redis.scard("hl:stolen:versions") == 1, "what arrived of it is gone"


async def test_a_list_that_does_not_fit_into_memory_leaves_the_live_one(store: HotlistStore, redis: Redis) -> None:
    await store.replace("stolen", [build_entry("OLD111")], moment())
    limit = (await redis.config_get("maxmemory"))["maxmemory"] or "0"
    await redis.config_set("maxmemory", (await redis.info("memory"))["used_memory"] + 500_000)
    try:
        with pytest.raises(HotlistIncompleteError, match="does not fit into Redis' memory; raise its maxmemory"):
            await store.replace("stolen", (build_entry(f"CAR{number:05d}") for number in range(50_000)), moment(1))
        await redis.config_set("maxmemory", "1mb")
        assert await listed(store, "OLD111") == ["stolen/OLD111"], "a full Redis is still read"
    finally:
        await redis.config_set("maxmemory", limit)


async def test_a_source_that_breaks_off_leaves_the_live_version(store: HotlistStore) -> None:
    def broken() -> Iterator[HotlistEntry]:
        yield build_entry("NEW111")
        raise EOFError

    live = await store.replace("stolen", [build_entry("OLD111")], moment())
    with pytest.raises(EOFError):
        await store.replace("stolen", broken(), moment(1))
    assert await store.summaries() == [live]


# Going back.


async def test_rollback_brings_the_version_before_back_as_it_was_and_undoes_itself(store: HotlistStore) -> None:
    await store.replace("stolen", [build_entry("OLD111")], moment())
    before = (await store.apply("stolen", [added("OLD222")], moment(1))).summary
    wrong = await store.replace("stolen", [build_entry("NEW111")], moment(2))
    assert await store.rollback("stolen") == before
    assert [await listed(store, plate) for plate in ("OLD222", "NEW111")] == [["stolen/OLD222"], []]
    assert await store.rollback("stolen") == wrong


@pytest.mark.parametrize("hotlist", ["stolen", "never loaded"])
async def test_there_is_no_going_back_before_the_first_version(store: HotlistStore, hotlist: str) -> None:
    live = await store.replace("stolen", [build_entry()], moment())
    with pytest.raises(HotlistUnknownError, match=f"{hotlist} has no version before the live one"):
        await store.rollback(hotlist)
    assert await store.summaries() == [live]


async def test_a_version_of_older_rules_is_not_gone_back_to(store: HotlistStore, redis: Redis) -> None:
    live = await store.replace("stolen", [build_entry()], moment())
    await redis.set("hl:stolen:previous", "20200101T000000Z-f1-0123456789ab")
    await redis.hset("hl:stolen:20200101T000000Z-f1-0123456789ab:meta", "plates", "0")
    with pytest.raises(HotlistUnknownError):
        await store.rollback("stolen")
    assert await store.summaries() == [live]


async def test_a_whole_list_is_read_back(store: HotlistStore) -> None:
    entries = [build_entry(f"CAR{number:05d}") for number in range(3000)] + [build_entry("AB?1*")]
    await store.replace("stolen", entries, moment())
    await store.replace("other", [build_entry("ELSE11")], moment())
    found = [entry async for entry in store.entries("stolen")]
    assert sorted(found, key=lambda entry: entry.id) == sorted(entries, key=lambda entry: entry.id)
    with pytest.raises(HotlistUnknownError, match="hot list missing is not loaded"):
        _ = [entry async for entry in store.entries("missing")]


async def test_a_list_that_lost_a_part_is_not_matched_against(store: HotlistStore, redis: Redis) -> None:
    version = (await store.replace("stolen", [build_entry("ABC123")], moment())).version
    await redis.delete(f"hl:stolen:{version}")
    with pytest.raises(ServiceAwayError, match="it lost entries of hot list stolen; load it again"):
        await store.lookup("XYZ987")
    with pytest.raises(ServiceAwayError, match="it lost entries of hot list stolen; load it again"):
        await store.summaries()


@pytest.mark.parametrize("other_is_done", [pytest.param(False, id="begun"), pytest.param(True, id="begun-and-done")])
async def test_a_load_whose_writes_another_load_cleared_away_was_superseded_and_is_not_short(
    other_is_done: bool, store: HotlistStore, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    loader = store._loader
    write_all = loader._write_all

    async def then_another_load_begins(*args: Any) -> None:
        await write_all(*args)
        if other_is_done:
            await HotlistStore(redis).replace("stolen", [build_entry("XYZ789")], moment(1))
        else:
            await loader._begin(args=["stolen", "another", "900"])

    monkeypatch.setattr(loader, "_write_all", then_another_load_begins)
    with pytest.raises(HotlistSupersededError):
        await store.replace("stolen", [build_entry("ABC123")], moment())
