from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.delivery import Phase
from connectors.memory_wire import Broker, MemoryWire
from connectors.message import OutgoingMessage
from connectors.publisher import Publisher
from connectors.source import ConnectorError, SpoolError
from connectors.spool import Spool
from streams.codec import frame_from_message
from streams.records import CameraState, CameraStatus, Frame, TopicName

START = datetime(2026, 11, 22, 12, tzinfo=UTC)
TIMEOUT_S = 0.05


def frame(number: int, camera: str = "gate", size: int = 10) -> Frame:
    at = START + timedelta(milliseconds=number)
    return Frame(camera=camera, captured_at=at, received_at=at, sequence=number, jpeg=b"x" * size)


def sequences(messages: list[OutgoingMessage], camera: str = "gate") -> list[int]:
    frames = [
        frame_from_message(message.key, message.value, message.headers)
        for message in messages
        if message.topic == TopicName.FRAMES
    ]
    return [frame.sequence for frame in frames if frame.camera == camera]


def newest_only(numbers: list[int]) -> list[int]:
    """What recognition takes: frames newer than all before them."""
    taken: list[int] = []
    for number in numbers:
        if not taken or number > taken[-1]:
            taken.append(number)
    return taken


async def until(holds: Callable[[], bool], within_s: float = 5.0) -> None:
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, "it did not come to that"
        await asyncio.sleep(0.002)


@asynccontextmanager
async def running(
    wire: MemoryWire, directory: Path, *, bytes_max: int = 2**20, acknowledged: list[tuple[str, int]] | None = None
) -> AsyncIterator[Publisher]:
    kept = acknowledged if acknowledged is not None else []
    publisher = Publisher(
        wire,
        Spool.open(directory, bytes_max=bytes_max),
        timeout_s=TIMEOUT_S,
        on_acknowledged=lambda camera, sequence, _: kept.append((camera, sequence)),
    )
    await publisher.start()
    try:
        yield publisher
    finally:
        await publisher.close(within_s=0.2)


async def test_frames_reach_kafka_in_order_and_are_acknowledged(tmp_path: Path) -> None:
    wire, acknowledged = MemoryWire(), list[tuple[str, int]]()
    async with running(wire, tmp_path, acknowledged=acknowledged) as publisher:
        for number in range(10):
            await publisher.publish(frame(number))
        await publisher.flush(1.0)
        assert publisher.state().phase is Phase.STREAMING
        assert publisher.state().delivery_times is not None
    assert sequences(wire.delivered) == list(range(10))
    assert acknowledged == [("gate", number) for number in range(10)]


@pytest.mark.parametrize("trouble", [Broker.SILENT, Broker.FAILING, Broker.FULL])
async def test_nothing_is_lost_and_order_is_kept_over_an_outage(trouble: Broker, tmp_path: Path) -> None:
    wire = MemoryWire()
    async with running(wire, tmp_path) as publisher:
        for number in range(30):
            if number == 10:
                wire.broker = trouble
            if number == 20:
                await until(lambda: publisher.state().phase is Phase.SPOOLING)
            await publisher.publish(frame(number))
            await publisher.publish(frame(number, camera="bridge"))
        await publisher.flush(1.0)
        assert publisher.state().spool_messages > 0
        assert publisher.state().reason
        wire.broker = Broker.UP
        assert await publisher.drained(5.0)
        await until(lambda: publisher.state().phase is Phase.STREAMING)
        await publisher.publish(frame(30))
        await publisher.publish(frame(30, camera="bridge"))
        await publisher.flush(1.0)
        assert publisher.counts("gate").spooled >= 10
    for camera in ("gate", "bridge"):
        assert newest_only(sequences(wire.delivered, camera)) == list(range(31))


async def test_what_an_earlier_run_left_on_disk_is_sent_before_what_is_new(tmp_path: Path) -> None:
    async with running(MemoryWire(Broker.SILENT), tmp_path) as publisher:
        for number in range(5):
            await publisher.publish(frame(number))
    wire = MemoryWire()
    async with running(wire, tmp_path) as publisher:
        for number in range(5, 8):
            await publisher.publish(frame(number))
        assert await publisher.drained(5.0)
    assert sequences(wire.delivered) == list(range(8))


async def test_a_broker_that_comes_and_goes_loses_nothing(tmp_path: Path) -> None:
    wire = MemoryWire()
    async with running(wire, tmp_path) as publisher:
        for number in range(60):
            wire.broker = (Broker.UP, Broker.FAILING, Broker.UP, Broker.SILENT)[number // 5 % 4]
            await publisher.publish(frame(number))
            await asyncio.sleep(0.005)
        wire.broker = Broker.UP
        assert await publisher.drained(5.0)
    assert newest_only(sequences(wire.delivered)) == list(range(60))


async def test_a_full_spool_gives_up_the_oldest_and_counts_them(tmp_path: Path) -> None:
    wire = MemoryWire(Broker.FAILING)
    async with running(wire, tmp_path, bytes_max=20_000) as publisher:
        for number in range(100):
            await publisher.publish(frame(number, size=1000))
        await publisher.flush(1.0)
        dropped = publisher.counts("gate").dropped
        wire.broker = Broker.UP
        assert await publisher.drained(5.0)
    assert dropped > 80
    assert sequences(wire.delivered)[-1] == 99
    assert len(set(sequences(wire.delivered))) >= 100 - dropped


async def test_where_neither_kafka_nor_the_disk_takes_frames_it_says_why(tmp_path: Path) -> None:
    wire = MemoryWire(Broker.FAILING)
    async with running(wire, tmp_path, bytes_max=500) as publisher:
        await publisher.publish(frame(0, size=1000))
        with pytest.raises(SpoolError, match=r"neither in Kafka nor on disk: .*spool_max_mib"):
            await publisher.flush(0.1)
        wire.broker = Broker.UP


async def test_a_full_disk_holds_frames_in_memory_until_kafka_is_back(tmp_path: Path) -> None:
    wire = MemoryWire(Broker.FAILING)
    async with running(wire, tmp_path, bytes_max=500) as publisher:
        for number in range(5):
            await publisher.publish(frame(number, size=1000))
        await until(lambda: "full" in publisher.state().reason)
        wire.broker = Broker.UP
        assert await publisher.drained(5.0)
    assert newest_only(sequences(wire.delivered)) == list(range(5))


async def test_a_frame_that_kafka_never_takes_is_counted_and_holds_nothing_up(tmp_path: Path) -> None:
    wire = MemoryWire(Broker.REJECTING)
    async with running(wire, tmp_path) as publisher:
        await publisher.publish(frame(0))
        await publisher.flush(1.0)
        wire.broker = Broker.UP
        await publisher.publish(frame(1))
        await publisher.flush(1.0)
        assert publisher.counts("gate").dropped == 1
    assert sequences(wire.delivered) == [1]


async def test_only_the_last_status_of_an_outage_is_sent(tmp_path: Path) -> None:
    wire = MemoryWire(Broker.FAILING)
    async with running(wire, tmp_path) as publisher:
        await publisher.publish(frame(0))
        await until(lambda: publisher.state().phase is Phase.SPOOLING)
        for number in range(3):
            status = CameraStatus(camera="gate", at=START, state=CameraState.LIVE, frames=number)
            publisher.report_status(status)
        wire.broker = Broker.UP
        assert await publisher.drained(5.0)
        await until(lambda: any(message.topic == TopicName.CAMERAS for message in wire.delivered))
    statuses = [message.value for message in wire.delivered if message.topic == TopicName.CAMERAS]
    assert len(statuses) == 1
    assert b'"frames":2' in statuses[0]


async def test_a_publisher_that_is_not_running_says_so(tmp_path: Path) -> None:
    publisher = Publisher(MemoryWire(), Spool.open(tmp_path, bytes_max=1000), timeout_s=1)
    with pytest.raises(ConnectorError, match="not started"):
        await publisher.publish(frame(0))
    await publisher.close()
    await publisher.close()
    Spool.open(tmp_path, bytes_max=1000).close()
