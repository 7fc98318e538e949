"""Whatever happens to console and connections, a client's events are exactly the sequence."""

from __future__ import annotations

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dashboards.alert_feed.feed_world import FeedWorld, Watcher
from tests.dashboards.alert_feed.scripted_log import PARTITIONS

WATCHERS = 3

partitions = st.integers(0, PARTITIONS - 1)
watchers = st.integers(0, WATCHERS - 1)
steps = st.one_of(
    st.tuples(st.just("append"), partitions, st.integers(1, 5)),
    st.tuples(st.just("follow"), partitions, st.integers(1, 5)),
    st.tuples(st.just("arrive"), partitions, st.integers(1, 3)),
    st.tuples(st.just("come"), watchers, st.just(0)),
    st.tuples(st.just("connect"), watchers, st.just(0)),
    st.tuples(st.just("drain"), watchers, st.just(0)),
    st.tuples(st.just("cut"), watchers, st.integers(0, 300)),
    st.tuples(st.just("round"), st.just(0), st.just(0)),
    st.tuples(st.just("work"), st.just(0), st.integers(1, 8)),
    st.tuples(st.just("restart"), st.just(0), st.just(0)),
)


@given(st.integers(3, 12), st.lists(steps, min_size=10, max_size=60))
@settings(max_examples=300, deadline=None)
def test_each_clients_events_are_exactly_the_sequence_whatever_happens(
    ring_events: int, script: list[tuple[str, int, int]]
) -> None:
    asyncio.run(play(ring_events, script))


async def play(ring_events: int, script: list[tuple[str, int, int]]) -> None:
    world = FeedWorld(ring_events)
    audience = [Watcher() for _ in range(WATCHERS)]
    happens = Play(world, audience)
    for kind, number, count in script:
        await getattr(happens, kind)(number, count)
    await come_to_rest(world, audience)
    for watcher in audience:
        assert watcher.gaps == []
        assert watcher.started is not None
        for partition, started in enumerate(watcher.started.offsets):
            offsets = [offset for at, offset in watcher.seen if at == partition]
            assert offsets == list(range(started, world.log.ends[partition]))


class Play:
    """What can happen, by name; each takes a partition or a watcher, and how often or how much."""

    def __init__(self, world: FeedWorld, audience: list[Watcher]) -> None:
        self.world = world
        self.audience = audience

    async def append(self, partition: int, count: int) -> None:
        for _ in range(count):
            self.world.log.append(partition)

    async def follow(self, partition: int, count: int) -> None:
        for _ in range(count):
            self.world.follow(partition)

    async def arrive(self, partition: int, count: int) -> None:
        """Events that those who are there have at once: their ways part from the ring's after a restart."""
        for _ in range(count):
            self.world.log.append(partition)
            self.world.follow(partition)
            self.world.broadcaster.write_round()
        for number in range(WATCHERS):
            await self.drain(number, 0)

    async def connect(self, watcher: int, _: int) -> None:
        self.world.connect(self.audience[watcher])

    async def come(self, watcher: int, _: int) -> None:
        """Connect, and have the time to catch up."""
        self.world.connect(self.audience[watcher])
        await self.work(0, 30)

    async def drain(self, watcher: int, _: int) -> None:
        if (outlet := self.audience[watcher].outlet) is not None:
            outlet.drain()

    async def cut(self, watcher: int, size: int) -> None:
        await self.audience[watcher].cut(size)

    async def round(self, _: int, __: int) -> None:
        self.world.broadcaster.write_round()

    async def work(self, _: int, count: int) -> None:
        for _ in range(count):
            await asyncio.sleep(0)

    async def restart(self, _: int, __: int) -> None:
        for watcher in self.audience:
            await watcher.cut(0)
        self.world.begin()


async def come_to_rest(world: FeedWorld, audience: list[Watcher]) -> None:
    """Nothing new comes, everybody comes back, and all is written and taken."""
    for watcher in audience:
        await watcher.cut(0)
        world.connect(watcher)
    for partition in range(PARTITIONS):
        for _ in range(world.log.ends[partition]):
            world.follow(partition)
    for _ in range(1000):
        world.broadcaster.write_round()
        for watcher in audience:
            if watcher.client is not None and watcher.client.parted.done():
                # The ring went past it while it waited; it comes back.
                await watcher.cut(0)
            world.connect(watcher)
            if watcher.outlet is not None:
                watcher.outlet.drain()
        await asyncio.sleep(0)
        if all(one.client is not None and one.client.sequence == world.ring.end for one in audience):
            break
    for watcher in audience:
        await watcher.cut(10**6)
