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
    st.tuples(st.just("let-work"), st.just(0), st.integers(1, 8)),
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
    for kind, number, count in script:
        await take(world, audience, kind, number, count)
    await come_to_rest(world, audience)
    for watcher in audience:
        assert watcher.gaps == []
        assert watcher.started is not None
        for partition, started in enumerate(watcher.started.offsets):
            offsets = [offset for at, offset in watcher.seen if at == partition]
            assert offsets == list(range(started, world.log.ends[partition]))


async def take(world: FeedWorld, audience: list[Watcher], kind: str, number: int, count: int) -> None:
    if kind == "append":
        for _ in range(count):
            world.log.append(number)
    elif kind == "follow":
        for _ in range(count):
            world.follow(number)
    elif kind == "arrive":
        # An event that those who are there have at once, which makes their ways part from the ring's after a restart.
        for _ in range(count):
            world.log.append(number)
            world.follow(number)
            world.broadcaster.write_round()
        for watcher in audience:
            if watcher.outlet is not None:
                watcher.outlet.drain()
    elif kind == "come":
        world.connect(audience[number])
        for _ in range(30):
            await asyncio.sleep(0)
    elif kind == "connect":
        world.connect(audience[number])
    elif kind == "drain" and (outlet := audience[number].outlet) is not None:
        outlet.drain()
    elif kind == "cut":
        await audience[number].cut(count)
    elif kind == "round":
        world.broadcaster.write_round()
    elif kind == "let-work":
        for _ in range(count):
            await asyncio.sleep(0)
    elif kind == "restart":
        for watcher in audience:
            await watcher.cut(0)
        world.begin()


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
