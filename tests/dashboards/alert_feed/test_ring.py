from __future__ import annotations

import asyncio

from dashboards.alert_feed.choice import EVERYTHING, FeedChoice
from dashboards.alert_feed.position import Position
from dashboards.alert_feed.ring import Ring
from tests.dashboards.alert_feed.feed_world import events_of
from tests.dashboards.alert_feed.scripted_log import feed_event_of


def build_ring(events: int = 100, size: int = 2**20) -> Ring:
    ring = Ring(events, size)
    ring.begin(Position((10, 20, 30)))
    return ring


def test_each_event_carries_where_all_partitions_stand_after_it() -> None:
    ring = build_ring()
    start = ring.end
    ring.extend([feed_event_of(1, 20), feed_event_of(0, 10), feed_event_of(1, 21)])
    data, after = ring.read(start, EVERYTHING, 2**20)
    assert [event["id"] for event in events_of(data)] == ["0.10-1.21-2.30", "0.11-1.21-2.30", "0.11-1.22-2.30"]
    assert [event["data"] for event in events_of(data)] == ["1/20", "0/10", "1/21"]
    assert after == ring.end


def test_no_more_events_are_held_than_may_be() -> None:
    ring = build_ring(events=3)
    ring.extend([feed_event_of(0, offset) for offset in range(10, 20)])
    assert ring.end - ring.first == 3
    assert ring.position(ring.first) == Position((17, 20, 30))
    assert ring.position(ring.end) == Position((20, 20, 30))


def test_no_more_bytes_are_held_than_may_be() -> None:
    ring = build_ring(size=10_000)
    ring.extend([feed_event_of(0, offset) for offset in range(10, 1010)])
    assert 0 < ring.end - ring.first < 20


def test_a_piece_is_as_long_as_asked_and_never_empty_where_something_is() -> None:
    ring = build_ring()
    start = ring.end
    ring.extend([feed_event_of(0, offset) for offset in range(10, 15)])
    data, after = ring.read(start, EVERYTHING, 1)
    assert (len(events_of(data)), after) == (1, start + 1)


def test_a_choice_passes_over_what_it_does_not_want() -> None:
    ring = build_ring()
    start = ring.end
    ring.extend([feed_event_of(0, 10, "amber"), feed_event_of(0, 11, "warrant"), feed_event_of(0, 12, sounds=False)])
    choice = FeedChoice(categories=frozenset({"warrant"}), only_sounding=True)
    data, after = ring.read(start, choice, 2**20)
    assert [event["data"] for event in events_of(data)] == ["0/11"]
    assert after == ring.end


def test_whoever_stood_in_the_ring_that_was_begun_anew_has_fallen_behind() -> None:
    ring = build_ring()
    stood = ring.end
    ring.begin(Position((0, 0, 0)))
    assert stood < ring.first


def test_a_client_of_a_moment_ago_is_found_where_it_was() -> None:
    ring = build_ring()
    ring.extend([feed_event_of(0, 10), feed_event_of(1, 20), feed_event_of(0, 11)])
    assert ring.sequence_of(Position((11, 21, 30))) == ring.end - 1
    assert ring.sequence_of(Position((9, 21, 30))) is None


async def test_those_who_wait_hear_of_what_comes_and_leave_nothing_behind() -> None:
    ring = build_ring()
    waiting = [asyncio.create_task(ring.changed()) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    ring.extend([feed_event_of(0, 10)])
    await asyncio.wait(waiting)
    assert not ring._waiting
