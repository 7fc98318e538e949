from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from faust.transport.drivers.aiokafka import Consumer
from faust.types import TP
from faust.types.tuples import ConsumerMessage
from mode.utils.queues import FlowControlQueue

from infra.settings import Settings
from infra.settings.workers import WorkerName, WorkerSettings
from streams.app import build_app
from streams.fresh_partitions import (
    REFETCHES,
    STUCK_AFTER_S,
    FreshPartitionConsumer,
    KeepingFlowControl,
    StandstillWatch,
)


def test_a_partition_that_stands_still_is_told_and_again_only_after_as_long() -> None:
    watch = StandstillWatch()
    told = [watch.stuck({"a": 5}, at) for at in (0.0, STUCK_AFTER_S - 0.1, STUCK_AFTER_S, STUCK_AFTER_S + 1)]
    assert told == [[], [], ["a"], []]
    assert watch.stuck({"a": 5}, 2 * STUCK_AFTER_S) == ["a"]


def test_progress_starts_the_wait_anew() -> None:
    watch = StandstillWatch()
    watch.stuck({"a": 5}, 0.0)
    assert watch.stuck({"a": 6}, STUCK_AFTER_S) == []
    assert watch.stuck({"a": 6}, 2 * STUCK_AFTER_S) == ["a"]


def test_a_partition_that_had_something_under_way_meanwhile_waits_anew() -> None:
    watch = StandstillWatch()
    watch.stuck({"a": 5}, 0.0)
    watch.stuck({}, STUCK_AFTER_S - 1)
    assert watch.stuck({"a": 5}, STUCK_AFTER_S) == []


def test_a_partition_that_nobody_ever_committed_counts_too() -> None:
    watch = StandstillWatch()
    watch.stuck({"a": None}, 0.0)
    assert watch.stuck({"a": None}, STUCK_AFTER_S) == ["a"]


def test_what_came_before_the_flow_resumed_is_kept() -> None:
    flow = KeepingFlowControl()
    queue: FlowControlQueue[str] = FlowControlQueue(flow_control=flow, clear_on_resume=True)
    queue.put_nowait("fetched while the state was restored")
    flow.resume()
    assert queue.qsize() == 1


def test_what_an_earlier_assignment_left_goes_when_the_flow_is_suspended() -> None:
    flow = KeepingFlowControl()
    queue: FlowControlQueue[str] = FlowControlQueue(flow_control=flow, clear_on_resume=True)
    queue.put_nowait("of the earlier assignment")
    flow.suspend()
    flow.clear()
    assert queue.empty()


PARTITION = TP("pw.frames", 0)


class Topic:
    """A partition as the broker has it, read through the consumer under test; its fetches are scripted."""

    def __init__(self, consumer: FreshPartitionConsumer, monkeypatch: pytest.MonkeyPatch, earliest: int = 0) -> None:
        self.sought: list[int] = []
        self.gaps: list[tuple[int, int]] = []
        self._fetches: list[list[int]] = []
        self._consumer = consumer

        async def getmany(_: object, timeout: float) -> AsyncIterator[tuple[TP, object]]:
            for offset in self._fetches.pop(0):
                yield PARTITION, SimpleNamespace(offset=offset)

        async def seek(_: object, partition: TP, offset: int) -> None:
            self.sought.append(offset)

        async def add_gap(_: object, partition: TP, first: int, last: int) -> None:
            self.gaps.append((first, last))

        async def earliest_offsets(_: object, *partitions: TP) -> dict[TP, int]:
            return dict.fromkeys(partitions, earliest)

        for name, method in (("getmany", getmany), ("seek", seek), ("_add_gap", add_gap)):
            monkeypatch.setattr(Consumer, name, method)
        monkeypatch.setattr(FreshPartitionConsumer, "earliest_offsets", earliest_offsets)

    async def fetch(self, *offsets: int) -> list[int]:
        """What the consumer hands on of these."""
        self._fetches.append(list(offsets))
        return [message.offset async for _, message in self._consumer.getmany(1.0)]


@pytest.fixture
async def consumer(tmp_path: Path) -> AsyncIterator[FreshPartitionConsumer]:
    app = build_app(Settings(workers=WorkerSettings(data_dir=tmp_path)), WorkerName.RECOGNITION)
    app.topics._acking_topics.add(PARTITION.topic)
    made: FreshPartitionConsumer = app.consumer
    yield made
    made._thread.thread_loop.close()


def of_generation(number: int) -> ConsumerMessage:
    facts: Any = (PARTITION.topic, PARTITION.partition, 5, 0.0, 1, {}, b"gate", b"", None, 4, 0, PARTITION)
    return ConsumerMessage(*facts, generation_id=number)


async def test_messages_that_were_skipped_are_fetched_before_what_came_after_them(
    consumer: FreshPartitionConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = Topic(consumer, monkeypatch)
    assert await topic.fetch(5, 6) == [5, 6]
    assert await topic.fetch(9, 10) == []
    assert topic.sought == [7]
    assert await topic.fetch(7, 8, 9) == [7, 8, 9]


@pytest.mark.parametrize("earliest", [pytest.param(9, id="retention"), pytest.param(0, id="compaction")])
async def test_offsets_that_no_message_has_are_passed_over(
    earliest: int, consumer: FreshPartitionConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = Topic(consumer, monkeypatch, earliest)
    await topic.fetch(5, 6)
    for _ in range(0 if earliest else REFETCHES):
        assert await topic.fetch(9) == []  # asked for again: they may have been skipped
    assert await topic.fetch(9) == [9]
    await consumer._add_gap(PARTITION, 7, 9)
    assert topic.gaps == [(7, 8)]


async def test_what_was_not_handed_on_is_no_gap(
    consumer: FreshPartitionConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = Topic(consumer, monkeypatch)
    await topic.fetch(5, 6)
    await consumer._add_gap(PARTITION, 3, 5)
    assert topic.gaps == []


async def test_nothing_is_handed_on_while_a_seek_is_under_way(
    consumer: FreshPartitionConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic, under_way = Topic(consumer, monkeypatch), asyncio.Event()

    async def perform_seek(_: object) -> None:
        await under_way.wait()

    monkeypatch.setattr(Consumer, "perform_seek", perform_seek)
    seeking = asyncio.create_task(consumer.perform_seek())
    await asyncio.sleep(0)
    fetching = asyncio.create_task(topic.fetch(5))
    await asyncio.sleep(0.01)
    assert not fetching.done()
    under_way.set()
    await seeking
    assert await fetching == [5]


async def test_an_acknowledgement_of_an_earlier_assignment_counts_for_nothing(
    consumer: FreshPartitionConsumer,
) -> None:
    consumer.app.consumer_generation_id = 3
    assert not consumer.ack(of_generation(2))
    assert consumer._acked[PARTITION] == []
    assert consumer.ack(of_generation(3))
    assert consumer._acked[PARTITION] == [5]
