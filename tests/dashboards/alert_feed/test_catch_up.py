from __future__ import annotations

import asyncio
import json

import pytest

from dashboards.alert_feed.catch_up import CatchUp, CatchUpLimits
from dashboards.alert_feed.choice import EVERYTHING, FeedChoice
from dashboards.alert_feed.position import Position
from dashboards.alert_feed.ring import Ring
from tests.dashboards.alert_feed.feed_world import NEVER_S, events_of
from tests.dashboards.alert_feed.scripted_log import ScriptedLog, feed_event_of


class Scene:
    """A topic, and a ring that has followed it from the start."""

    def __init__(self, ring_events: int = 100) -> None:
        self.log = ScriptedLog()
        self.ring = Ring(ring_events, 2**20)
        self.ring.begin(Position((0, 0, 0)))

    def come(self, *partitions: int) -> None:
        for partition in partitions:
            self.ring.extend([self.log.append(partition)])

    def catch_up(self, position: Position, choice: FeedChoice = EVERYTHING) -> CatchUp:
        limits = CatchUpLimits(most_bytes=2**16, heartbeat_s=NEVER_S)
        return CatchUp(self.ring, self.log, position, choice=choice, limits=limits)


async def told(catch_up: CatchUp) -> list[dict[str, str]]:
    return events_of(b"".join([piece async for piece in catch_up.pieces()]))


async def test_what_the_ring_still_has_is_not_read_again() -> None:
    scene = Scene()
    scene.come(0, 1, 0, 2)
    catch_up = scene.catch_up(Position((1, 0, 0)))
    assert await told(catch_up) == []
    # Its place in the ring is known exactly, so what it missed comes with the next round of writing.
    assert catch_up.joined_at == scene.ring.first + 1
    assert scene.log.reads == 0


async def test_what_came_in_another_order_is_merged_under_ids_of_the_clients_own() -> None:
    scene = Scene()
    scene.come(0, 0, 1, 1)
    catch_up = scene.catch_up(Position((0, 1, 0)))
    events = await told(catch_up)
    assert [(event["id"], event["data"]) for event in events] == [("0.1-1.1-2.0", "0/0"), ("0.2-1.1-2.0", "0/1")]
    assert catch_up.joined_at == scene.ring.end - 1


async def test_what_the_ring_has_let_go_is_read_from_what_is_stored() -> None:
    scene = Scene(ring_events=2)
    scene.come(0, 1, 0, 1, 2, 0)
    catch_up = scene.catch_up(Position((0, 0, 0)))
    events = await told(catch_up)
    assert sorted(event["data"] for event in events) == ["0/0", "0/1", "1/0", "1/1"]
    assert catch_up.read_stored


async def test_a_gap_is_told_once_and_the_rest_follows() -> None:
    scene = Scene(ring_events=1)
    scene.come(0, 0, 0, 0, 1, 2)
    scene.log.firsts = [2, 0, 0]
    catch_up = scene.catch_up(Position((0, 0, 0)))
    first, *rest = await told(catch_up)
    assert first["event"] == "gap"
    assert first["id"] == "0.2-1.0-2.0"
    assert json.loads(first["data"])["lost"] == 2
    assert sorted(event["data"] for event in rest) == ["0/2", "0/3", "1/0"]


async def test_an_id_of_alerts_that_were_begun_anew_since_gets_all_that_are_kept() -> None:
    scene = Scene()
    scene.come(0, 1)
    catch_up = scene.catch_up(Position((500, 1, 0)))
    [told_gap] = await told(catch_up)
    assert told_gap["event"] == "gap"
    assert told_gap["id"] == "0.0-1.0-2.0"
    assert "begun anew" in json.loads(told_gap["data"])["reason"]
    assert catch_up.joined_at == scene.ring.first


async def test_a_client_that_is_ahead_of_the_ring_waits_for_it_and_gets_nothing_twice() -> None:
    scene = Scene()
    scene.log.append(0)
    scene.log.append(0)
    catch_up = scene.catch_up(Position((1, 0, 0)))
    waiting = asyncio.create_task(told(catch_up))
    for _ in range(3):
        await asyncio.sleep(0)
    assert not waiting.done()
    scene.ring.extend([feed_event_of(0, 0)])
    assert await waiting == []
    assert catch_up.joined_at == scene.ring.end


async def test_who_waits_for_long_gets_heartbeats() -> None:
    scene = Scene()
    scene.log.append(0)
    limits = CatchUpLimits(most_bytes=2**16, heartbeat_s=0.001)
    catch_up = CatchUp(scene.ring, scene.log, Position((1, 0, 0)), choice=EVERYTHING, limits=limits)
    pieces = catch_up.pieces()
    assert (await anext(pieces)).startswith(b": heartbeat\nid: 0.1-1.0-2.0\n")
    await pieces.aclose()  # type: ignore[attr-defined]


@pytest.mark.parametrize("category", ["amber", "warrant"])
async def test_a_choice_holds_for_what_was_missed_too(category: str) -> None:
    scene = Scene(ring_events=1)
    scene.come(0, 0, 0)
    catch_up = scene.catch_up(Position((0, 0, 0)), FeedChoice(categories=frozenset({category})))
    events = await told(catch_up)
    assert len(events) == (2 if category == "warrant" else 0)
    assert catch_up.position == Position((2, 0, 0))
