"""The mark that all hot lists are there, on a real Redis: gone with the data, and of one server process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from redis.asyncio import Redis

from infra.local_stack.stack import LocalStack
from infra.settings.services import RedisSettings
from streams.clients import build_redis
from streams.faults import ServiceAwayError
from streams.hotlist_keys import READY
from streams.hotlist_readiness import Readiness
from streams.hotlist_store import HotlistStore
from tests.builders import build_entry, moment

pytestmark = pytest.mark.real


@pytest.fixture
async def redis(stack: LocalStack) -> AsyncIterator[Redis]:
    client = build_redis(RedisSettings(url=stack.addresses().redis_url.removesuffix("/0") + "/7"))
    await client.flushdb()
    yield client
    await client.flushdb()
    await client.aclose()


async def test_an_emptied_redis_is_not_ready_and_a_single_list_does_not_make_it_so(redis: Redis) -> None:
    readiness, store = Readiness(redis), HotlistStore(redis)
    assert not await readiness.is_ready()
    await store.replace("stolen", [build_entry("ABC123")], moment())
    assert not await readiness.is_ready()
    with pytest.raises(ServiceAwayError, match="lost the hot lists"):
        await store.lookup("ABC123")
    assert await readiness.finish_rebuild(await readiness.begin_rebuild(), moment())
    assert await readiness.is_ready()
    assert [one.entry.plate for one in await store.lookup("ABC123")] == ["ABC123"]


async def test_lists_that_another_server_process_left_are_not_matched_while_they_are_loaded_anew(redis: Redis) -> None:
    readiness, store = Readiness(redis), HotlistStore(redis)
    await store.replace("stolen", [build_entry("ABC123")], moment())
    await redis.set(READY, f"20261122T120000Z {40 * 'a'}")
    assert not await readiness.is_ready()
    with pytest.raises(ServiceAwayError, match="lost the hot lists"):
        await store.lookup("ABC123")
    assert await readiness.finish_rebuild(await readiness.begin_rebuild(), moment())
    assert await store.lookup("ABC123")


async def test_a_new_installation_goes_on_matching_while_its_first_worker_looks_after_the_lists(redis: Redis) -> None:
    readiness, store = Readiness(redis), HotlistStore(redis)
    await store.begin()
    assert not await readiness.is_ready()
    assert await store.lookup("ABC123") == []


async def test_a_redis_that_is_emptied_during_its_rebuild_is_not_taken_for_whole(redis: Redis) -> None:
    readiness, store = Readiness(redis), HotlistStore(redis)
    rebuild = await readiness.begin_rebuild()
    await store.replace("stolen", [build_entry("ABC123")], moment())
    await redis.flushdb()
    await store.replace("wanted", [build_entry("XYZ987")], moment())
    assert not await readiness.finish_rebuild(rebuild, moment())
    assert not await readiness.is_ready()


async def test_a_redis_that_was_restarted_during_its_rebuild_is_not_taken_for_whole(redis: Redis) -> None:
    readiness = Readiness(redis)
    rebuild = await readiness.begin_rebuild()
    assert await readiness.finish_rebuild(replace(rebuild, server="a" * 40), moment())
    assert not await readiness.is_ready()
    with pytest.raises(ServiceAwayError, match="lost the hot lists"):
        await HotlistStore(redis).lookup("ABC123")
