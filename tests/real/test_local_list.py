"""The list `local` made of pw.hotlist on the real Kafka and Redis, by several workers at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from functools import partial
from uuid import uuid4

import msgspec
import pytest
from redis.asyncio import Redis

from infra.initialise import initialise
from infra.local_stack.stack import LocalStack
from infra.settings import Settings
from streams.clients import build_redis
from streams.entry_terms import LOCAL
from streams.hotlist_store import HotlistStore
from streams.hotlist_topic import publish, read_contents, read_ends
from streams.local_list import LocalList
from streams.records import ChangeKind, HotlistChange
from tests.builders import moment
from tests.local_entry_builders import build_change
from tests.worker_process import settings_beside

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def settings(stack: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    redis = {"url": stack.addresses().redis_url.removesuffix("/0") + "/6"}
    _, settings = settings_beside(stack, tmp_path_factory.mktemp("local-list"), 27100, redis=redis)
    initialise(settings)
    return settings


@pytest.fixture
async def redis(settings: Settings) -> AsyncIterator[Redis]:
    client = build_redis(settings.redis)
    await client.flushdb()
    yield client
    await client.flushdb()
    await client.aclose()


def local_list(redis: Redis, settings: Settings) -> LocalList:
    return LocalList(HotlistStore(redis), partial(read_contents, settings.kafka), partial(read_ends, settings.kafka))


async def listed(redis: Redis, ours: Iterable[str]) -> set[str]:
    """Those of our entries that are in Redis; others are of other tests."""
    ids = set(ours)
    return {entry.id async for entry in HotlistStore(redis).entries(LOCAL) if entry.id in ids}


def fresh_change(number: int) -> HotlistChange:
    return build_change(uuid4().hex[:26], at_s=number, plate=f"L{number:03d}{uuid4().hex[:3].upper()}")


def removal(change: HotlistChange) -> HotlistChange:
    return msgspec.structs.replace(change, kind=ChangeKind.REMOVED, at=moment(1000))


async def test_a_rebuild_gives_what_was_added_and_not_taken_off(redis: Redis, settings: Settings) -> None:
    changes = [fresh_change(number) for number in range(8)]
    for change in [*changes, *map(removal, changes[:3])]:
        await asyncio.to_thread(publish, change, settings.kafka)
    await local_list(redis, settings).rebuild(moment())
    assert await listed(redis, (one.entry.id for one in changes)) == {one.entry.id for one in changes[3:]}


async def test_an_older_change_that_is_delivered_last_brings_nothing_back(redis: Redis, settings: Settings) -> None:
    change = fresh_change(1)
    for told in (change, removal(change), change):
        await asyncio.to_thread(publish, told, settings.kafka)
    await local_list(redis, settings).rebuild(moment())
    assert await listed(redis, [change.entry.id]) == set()


async def test_rebuilds_and_changes_of_several_workers_at_once_lose_nothing(redis: Redis, settings: Settings) -> None:
    workers = [local_list(redis, settings) for _ in range(3)]
    await workers[0].rebuild(moment())
    changes = [fresh_change(number) for number in range(30)]

    async def tell(number: int, change: HotlistChange) -> None:
        await asyncio.to_thread(publish, change, settings.kafka)
        await workers[number % 3].apply([change], moment())

    async def rebuild_often(worker: LocalList) -> None:
        for _ in range(4):
            await worker.rebuild(moment())

    await asyncio.gather(*(tell(*pair) for pair in enumerate(changes)), *map(rebuild_often, workers))
    assert await listed(redis, (one.entry.id for one in changes)) == {one.entry.id for one in changes}
