from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from dashboards.alert_feed.broadcast import Broadcaster, FeedClient, Parting
from dashboards.alert_feed.choice import EVERYTHING
from dashboards.alert_feed.framing import Framing
from dashboards.alert_feed.position import Position
from dashboards.alert_feed.ring import Ring
from infra.settings.console import FeedSettings
from tests.dashboards.alert_feed.scripted_log import feed_event_of


@dataclass(slots=True)
class RecordingOutlet:
    """Keeps each write, and says that so many bytes wait."""

    writes: list[bytes] = field(default_factory=list)
    waiting: int = 0
    closed: bool = False
    aborted: bool = False

    def write(self, data: bytes) -> None:
        self.writes.append(data)

    def waiting_bytes(self) -> int:
        return self.waiting

    def is_closed(self) -> bool:
        return self.closed

    def abort(self) -> None:
        self.aborted = True


class Hall:
    """A broadcaster with clients that have all there is, and a clock that the test moves."""

    def __init__(self, ring_events: int = 100) -> None:
        self.now_s = 1000.0
        self.ring = Ring(ring_events, 2**20)
        self.ring.begin(Position((0, 0, 0)))
        self.broadcaster = Broadcaster(self.ring, FeedSettings(stall_s=10, heartbeat_s=15), lambda: self.now_s)
        self.came = 0

    def enter(self, framing: Framing = Framing.PLAIN) -> tuple[FeedClient, RecordingOutlet]:
        outlet = RecordingOutlet()
        parted = asyncio.get_running_loop().create_future()
        client = FeedClient(outlet, EVERYTHING, framing, self.ring.end, self.now_s, parted)
        self.broadcaster.join(client)
        return client, outlet

    def come(self, count: int = 1) -> None:
        self.ring.extend([feed_event_of(0, self.came + number) for number in range(count)])
        self.came += count


@pytest.fixture
async def hall() -> Hall:
    return Hall()


async def test_all_that_is_new_goes_to_a_client_in_one_write(hall: Hall) -> None:
    _, outlet = hall.enter()
    hall.come(3)
    assert hall.broadcaster.write_round()
    assert [write.count(b"event: alert") for write in outlet.writes] == [3]
    assert not hall.broadcaster.write_round()


async def test_clients_at_the_same_place_are_written_the_same_bytes_in_memory(hall: Hall) -> None:
    outlets = [hall.enter()[1] for _ in range(3)]
    hall.come(2)
    hall.broadcaster.write_round()
    assert len({id(outlet.writes[0]) for outlet in outlets}) == 1


async def test_each_version_of_http_gets_its_own_framing(hall: Hall) -> None:
    _, plain = hall.enter()
    _, chunked = hall.enter(Framing.CHUNKED)
    hall.come()
    hall.broadcaster.write_round()
    data = plain.writes[0]
    assert chunked.writes[0] == b"%x\r\n%b\r\n" % (len(data), data)


async def test_who_has_not_taken_what_was_written_is_not_written_to(hall: Hall) -> None:
    client, outlet = hall.enter()
    hall.come()
    hall.broadcaster.write_round()
    outlet.waiting = 5
    hall.come(3)
    hall.now_s += 9
    hall.broadcaster.write_round()
    assert len(outlet.writes) == 1
    outlet.waiting = 0
    hall.broadcaster.write_round()
    assert outlet.writes[1].count(b"event: alert") == 3
    assert not client.parted.done()


async def test_who_takes_nothing_for_too_long_is_cut_off(hall: Hall) -> None:
    client, outlet = hall.enter()
    hall.come()
    hall.broadcaster.write_round()
    outlet.waiting = 5
    hall.now_s += 10.1
    hall.broadcaster.write_round()
    assert client.parted.result() is Parting.STALLED
    assert outlet.aborted


async def test_who_is_slower_than_the_ring_is_cut_off() -> None:
    hall = Hall(ring_events=5)
    client, outlet = hall.enter()
    outlet.waiting = 5
    hall.come(6)
    hall.broadcaster.write_round()
    assert client.parted.result() is Parting.BEHIND
    assert outlet.aborted


async def test_a_slow_client_keeps_nobody_waiting(hall: Hall) -> None:
    _, slow = hall.enter()
    _, quick = hall.enter()
    slow.waiting = 5
    hall.come()
    hall.broadcaster.write_round()
    assert (len(slow.writes), len(quick.writes)) == (0, 1)


async def test_a_heartbeat_comes_when_nothing_else_does_and_carries_the_place(hall: Hall) -> None:
    _, outlet = hall.enter()
    hall.now_s += 14.9
    hall.broadcaster.write_round()
    assert outlet.writes == []
    hall.now_s += 0.2
    hall.broadcaster.write_round()
    assert outlet.writes == [b": heartbeat\nid: 0.0-1.0-2.0\n\n"]


async def test_who_has_gone_is_forgotten(hall: Hall) -> None:
    client, outlet = hall.enter()
    outlet.closed = True
    hall.broadcaster.write_round()
    assert client.parted.result() is Parting.LEFT
    assert not hall.broadcaster._clients


async def test_all_are_let_go_when_the_console_stops_and_none_is_cut_off(hall: Hall) -> None:
    client, outlet = hall.enter()
    hall.broadcaster.part_all()
    assert client.parted.result() is Parting.STOPPED
    assert not outlet.aborted
