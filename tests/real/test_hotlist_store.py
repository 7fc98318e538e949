"""The hot lists on a real Redis: replaced at once under readers, never half there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from redis.asyncio import Redis

from infra.local_stack.launch import Service
from infra.local_stack.stack import LocalStack
from infra.settings.services import RedisSettings
from recognizers.fold import FOLD_VERSION, fold
from streams.clients import build_redis
from streams.faults import ServiceAwayError
from streams.hotlist_store import HotlistStore, Lookup, open_hotlists
from streams.records import ChangeKind, HotlistChange
from tests.builders import build_entry, moment

pytestmark = pytest.mark.real


def settings_of(stack: LocalStack) -> RedisSettings:
    # A database of its own: look-ups see every list that there is.
    return RedisSettings(url=stack.addresses().redis_url.removesuffix("/0") + "/9")


@pytest.fixture
async def redis(stack: LocalStack) -> AsyncIterator[Redis]:
    client = build_redis(settings_of(stack))
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


def lookups(*plates: str) -> list[Lookup]:
    return [Lookup((fold(plate),)) for plate in plates]


async def keys(redis: Redis) -> set[str]:
    return {key.decode() async for key in redis.scan_iter(match="hl:*")}


async def test_a_plate_finds_the_entries_of_all_lists_that_fold_alike(store: HotlistStore) -> None:
    await store.replace("stolen", [build_entry("ABC123", id="a"), build_entry("A8C123", id="b")], moment())
    await store.replace("wanted", [build_entry("ABC-I23", id="c"), build_entry("XYZ987", id="d")], moment())
    found = await store.candidates(lookups("ABC123", "NOTHERE", "XYZ987"))
    assert [sorted(one.entry.id for one in ones) for ones in found] == [["a", "b", "c"], [], ["d"]]
    assert await store.candidates([]) == []


async def test_a_look_up_by_several_texts_gives_each_entry_once_the_likeliest_first(store: HotlistStore) -> None:
    entries = [build_entry("ABC123", id="a"), build_entry("XYZ987", id="b"), build_entry("A?C*", id="partial")]
    await store.replace("stolen", entries, moment())
    texts = tuple(map(fold, ("XYZ987", "A8C123", "ABC123", "AEC123", "QQQQ")))
    found = await store.candidates([Lookup(texts), Lookup(("NOTHERE",)), Lookup(()), Lookup(texts[3:])])
    assert [[one.entry.id for one in ones] for ones in found] == [["b", "a", "partial"], [], [], ["partial"]]


async def test_a_batch_may_ask_for_more_texts_than_lua_passes_arguments(store: HotlistStore) -> None:
    entries = [build_entry(f"CAR{number:05d}") for number in range(0, 9000, 3)]
    await store.replace("stolen", entries, moment())
    texts = [fold(f"CAR{number:05d}") for number in range(9000)]
    asked = [Lookup(tuple(texts[start : start + 90])) for start in range(0, 9000, 90)]
    found = await store.candidates(asked)
    assert [one.entry.plate for ones in found for one in ones] == [entry.plate for entry in entries]


@pytest.mark.policy("KY-G")
async def test_partial_entries_are_found_in_the_version_that_is_live(store: HotlistStore, redis: Redis) -> None:
    await store.replace("stolen", [build_entry("AB?1*", id="old")], moment())
    await store.replace("other", [build_entry("*123", id="end")], moment())
    assert await listed(store, "ABC123") == ["end", "old"]
    await store.replace("stolen", [build_entry("A*3", id="new")], moment(1))
    assert await listed(store, "ABC123") == ["end", "new"]
    other = HotlistStore(redis)
    change = HotlistChange(kind=ChangeKind.ADDED, entry=build_entry("?BC*", id="by another"), at=moment(), by="ada")
    await other.apply("stolen", [change], moment(2))
    assert await listed(store, "ABC123") == ["by another", "end", "new"]


@pytest.mark.policy("KY-I.4")
@pytest.mark.policy("NY-V.a")
@pytest.mark.parametrize(
    ("fresh_for_h", "late"),
    [
        pytest.param(None, False, id="no-limit"),
        pytest.param(1.0, False, id="just-in-time"),
        pytest.param(0.99, True, id="too-old"),
    ],
)
async def test_an_entry_of_a_list_that_was_not_loaded_in_time_says_so(
    store: HotlistStore, fresh_for_h: float | None, late: bool
) -> None:
    await store.replace("stolen", [build_entry("ABC123")], moment(), fresh_for_h=fresh_for_h, source_digest="5a" * 32)
    assert [one.late for one in await store.lookup("ABC123")] == [late]  # the store's clock stands an hour later
    (summary,) = await store.summaries()
    assert (summary.late, summary.fresh_for_h, summary.source_digest) == (late, fresh_for_h, "5a" * 32)


async def test_an_entry_comes_back_as_it_was_with_the_version_that_was_live(store: HotlistStore) -> None:
    entry = build_entry("ABC123", state="KY", valid_until=moment(60))
    summary = await store.replace("stolen", [entry], moment())
    (found,) = await store.lookup("ABC123")
    assert (found.entry, found.version) == (entry, summary.version)
    assert await store.summaries() == [summary]
    assert summary.plates == 1


@pytest.mark.policy("KY-I.4")
async def test_a_new_version_replaces_the_live_one_and_only_the_one_before_is_kept(
    store: HotlistStore, redis: Redis
) -> None:
    versions = []
    for day in range(4):
        summary = await store.replace("stolen", [build_entry(f"DAY{day}")], moment(day * 86400))
        versions.append(summary.version)
    assert await listed(store, "DAY2") == []
    assert await listed(store, "DAY3") == ["stolen/DAY3"]
    assert await keys(redis) == {
        "hl:lists", "hl:ready", "hl:stolen:current", "hl:stolen:previous", "hl:stolen:versions",
        *(f"hl:stolen:{version}{part}" for version in versions[2:] for part in ("", ":meta", ":texts")),
    }  # fmt: skip


async def test_an_empty_list_wants_nobody(store: HotlistStore) -> None:
    await store.replace("stolen", [build_entry("ABC123")], moment())
    assert (await store.replace("stolen", [], moment(1))).plates == 0
    assert await listed(store, "ABC123") == []


async def read_until(done: asyncio.Event, store: HotlistStore, plates: list[str]) -> list[tuple[int, ...]]:
    """What readers see while a list is replaced: for each look-up the number of entries of each plate."""
    seen = []
    while not done.is_set():
        seen.append(tuple(len(ones) for ones in await store.candidates(lookups(*plates))))
    return seen


async def test_readers_see_the_old_list_or_the_new_one_and_nothing_between(stack: LocalStack, redis: Redis) -> None:
    store = HotlistStore(redis)
    await store.begin()
    old, new = ([build_entry(f"{kind}{number:05d}") for number in range(6000)] for kind in ("OLD", "NEW"))
    await store.replace("stolen", old, moment())
    done = asyncio.Event()
    async with open_hotlists(settings_of(stack)) as other:
        plates = ["OLD00000", "OLD05999", "NEW00000", "NEW05999"]
        reading = asyncio.create_task(read_until(done, other, plates))
        await store.replace("stolen", new, moment(1))
        done.set()
        seen = await reading
    assert set(seen) <= {(1, 1, 0, 0), (0, 0, 1, 1)}
    assert len(seen) > 1


async def test_loading_the_same_content_again_never_takes_it_away_from_readers(stack: LocalStack, redis: Redis) -> None:
    store = HotlistStore(redis)
    await store.begin()
    entries = [build_entry(f"CAR{number:05d}") for number in range(12000)]
    await store.replace("stolen", entries, moment())
    done = asyncio.Event()
    async with open_hotlists(settings_of(stack)) as other:
        reading = asyncio.create_task(read_until(done, other, ["CAR00000", "CAR11999"]))
        await asyncio.sleep(0)
        await store.replace("stolen", entries, moment())
        done.set()
        seen = await reading
    assert set(seen) <= {(1, 1)}


@pytest.mark.parametrize("name", ["stolen:local", "stol", "stolen*", "s?olen", "[s]tolen"])
async def test_replacing_a_list_leaves_lists_of_like_names_alone(store: HotlistStore, name: str) -> None:
    for second in range(3):
        await store.replace("stolen", [build_entry("ABC123", id=f"stolen-{second}")], moment(second))
        await store.replace(name, [build_entry("ABC123", id=f"other-{second}")], moment(second))
        assert await listed(store, "ABC123") == [f"other-{second}", f"stolen-{second}"]
    await store.replace("stolen", [build_entry("ABC123", id="stolen-3")], moment(3))
    assert await listed(store, "ABC123") == ["other-2", "stolen-3"]


async def test_a_list_that_other_rules_folded_holds_the_partition(store: HotlistStore, redis: Redis) -> None:
    version = (await store.replace("stolen", [build_entry("ABC123")], moment())).version
    other = version.replace(f"-f{FOLD_VERSION}-", f"-f{FOLD_VERSION + 1}-")
    await redis.rename(f"hl:stolen:{version}", f"hl:stolen:{other}")
    await redis.set("hl:stolen:current", other)
    with pytest.raises(ServiceAwayError, match=r"stolen .* folded by other rules; load it again"):
        await store.lookup("ABC123")


async def test_a_redis_that_lost_its_lists_is_not_taken_for_one_without_any(store: HotlistStore, redis: Redis) -> None:
    assert await store.lookup("ABC123") == []
    await redis.flushdb()
    with pytest.raises(ServiceAwayError, match="it lost the hot lists; `platewatch worker hotlists`"):
        await store.lookup("ABC123")
    await store.replace("stolen", [build_entry("ABC123", id="one")], moment())
    with pytest.raises(ServiceAwayError, match="it lost the hot lists"):  # others may still be missing
        await store.lookup("ABC123")
    await store.begin()
    assert await listed(store, "ABC123") == ["one"]


async def test_without_redis_each_call_says_so_and_goes_on_when_it_is_back(
    stack: LocalStack, store: HotlistStore
) -> None:
    await store.replace("stolen", [build_entry("ABC123")], moment())
    stack.stop_service(Service.REDIS)
    try:
        with pytest.raises(ServiceAwayError, match="redis is away"):
            await store.lookup("ABC123")
        with pytest.raises(ServiceAwayError, match="redis is away"):
            await store.replace("stolen", [build_entry("XYZ987")], moment() + timedelta(days=1))
        with pytest.raises(ServiceAwayError, match="redis is away"):
            await store.summaries()
    finally:
        stack.start_service(Service.REDIS)
    assert await listed(store, "ABC123") == ["stolen/ABC123"]
