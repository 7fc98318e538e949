"""The publisher against a real Kafka that stops, or is killed, in the middle."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from confluent_kafka import Consumer, TopicPartition

from connectors.delivery import Phase
from connectors.kafka_wire import KafkaWire
from connectors.publisher import Publisher
from connectors.spool import Spool
from infra.kafka_admin import create_topics
from infra.local_stack.launch import Service
from infra.local_stack.stack import LocalStack
from infra.settings.model import Settings
from infra.settings.services import KafkaSettings
from streams.codec import frame_from_message
from streams.records import Frame, TopicName
from streams.topics import all_topics

pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]

FRAMES = 150
GAP_S = 0.02
TIMEOUT_S = 1.5


@pytest.fixture
def kafka(stack: LocalStack) -> KafkaSettings:
    settings = KafkaSettings(bootstrap=stack.addresses().kafka_bootstrap)
    create_topics(settings.confluent_config(), all_topics(Settings()), 1)
    return settings


def new_publisher(kafka: KafkaSettings, directory: Path, *, timeout_s: float = TIMEOUT_S) -> Publisher:
    spool = Spool.open(directory, bytes_max=64 * 2**20)
    return Publisher(KafkaWire(kafka, timeout_s=timeout_s), spool, timeout_s=timeout_s)


def frame(camera: str, number: int) -> Frame:
    now = datetime.now(UTC)
    return Frame(camera=camera, captured_at=now, received_at=now, sequence=number, jpeg=bytes(50_000))


def read_back(kafka: KafkaSettings, cameras: list[str]) -> dict[str, list[int]]:
    """The sequence numbers of each camera as they lie in the topic, from its beginning to its present end."""
    consumer = Consumer(kafka.confluent_config() | {"group.id": uuid.uuid4().hex, "enable.auto.commit": False})
    found: dict[str, list[int]] = {camera: [] for camera in cameras}
    try:
        partitions = consumer.list_topics(TopicName.FRAMES, timeout=20).topics[TopicName.FRAMES].partitions
        for partition in partitions:
            first, end = consumer.get_watermark_offsets(TopicPartition(TopicName.FRAMES, partition), timeout=20)
            consumer.assign([TopicPartition(TopicName.FRAMES, partition, first)])
            offset = first - 1
            while offset < end - 1:
                message = consumer.poll(20)
                assert message is not None, "Kafka gave no more, though there is more"
                assert message.error() is None
                offset = message.offset()
                read = frame_from_message(message.key(), message.value(), message.headers() or [])
                if read.camera in found:
                    found[read.camera].append(read.sequence)
    finally:
        consumer.close()
    return found


def newest_only(numbers: list[int]) -> list[int]:
    """What recognition takes: frames newer than all before them."""
    taken: list[int] = []
    for number in numbers:
        if not taken or number > taken[-1]:
            taken.append(number)
    return taken


async def until(holds: Callable[[], bool], within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, "it did not come to that"
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("end", ["stop_service", "kill_service"])
async def test_all_frames_arrive_in_order_when_kafka_goes_away_in_the_middle(
    end: str, stack: LocalStack, kafka: KafkaSettings, tmp_path: Path
) -> None:
    cameras = [f"test-{uuid.uuid4().hex[:8]}" for _ in range(2)]
    publisher = new_publisher(kafka, tmp_path)
    await publisher.start()

    async def film() -> None:
        for number in range(FRAMES):
            for camera in cameras:
                await publisher.publish(frame(camera, number))
            await asyncio.sleep(GAP_S)

    filming = asyncio.create_task(film())
    await until(lambda: publisher.counts(cameras[0]).acknowledged > FRAMES // 5, 30)
    try:
        await asyncio.to_thread(getattr(stack, end), Service.KAFKA)
        await until(lambda: publisher.state().phase is Phase.SPOOLING, 20)
        assert publisher.state().reason
        await filming
        await publisher.flush(10)
        assert publisher.state().spool_messages > 0
    finally:
        await asyncio.to_thread(stack.start_service, Service.KAFKA)
    assert await publisher.drained(60)
    await until(lambda: publisher.state().phase is Phase.STREAMING, 10)
    await publisher.publish(frame(cameras[0], FRAMES))
    await publisher.close()
    found = await asyncio.to_thread(read_back, kafka, cameras)
    assert newest_only(found[cameras[0]]) == list(range(FRAMES + 1))
    assert newest_only(found[cameras[1]]) == list(range(FRAMES))


async def test_frames_are_acknowledged_in_order_and_it_is_told_how_fast(kafka: KafkaSettings, tmp_path: Path) -> None:
    camera = f"test-{uuid.uuid4().hex[:8]}"
    publisher = new_publisher(kafka, tmp_path, timeout_s=30.0)
    await publisher.start()
    for number in range(100):
        await publisher.publish(frame(camera, number))
        await asyncio.sleep(GAP_S)
    await publisher.close(within_s=30.0)
    times = publisher.state().delivery_times
    assert times is not None
    assert 0 < times.p50_ms <= times.p99_ms
    assert read_back(kafka, [camera])[camera] == list(range(100))
