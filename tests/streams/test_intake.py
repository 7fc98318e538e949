from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

import pytest

from streams.intake import BatchLimits, Intake, Message, Taken
from tests.builders import build_message


@dataclass(slots=True)
class ScriptedDelivery:
    """A delivery that writes down whether it was acknowledged."""

    message: Message
    is_current: bool = True
    acknowledged: list[int] = field(default_factory=list)

    def acknowledge(self) -> None:
        self.acknowledged.append(self.message.offset)


def script(count: int) -> tuple[list[ScriptedDelivery], list[int]]:
    acknowledged: list[int] = []
    return [ScriptedDelivery(build_message(offset), acknowledged=acknowledged) for offset in range(count)], acknowledged


async def feed(deliveries: Sequence[ScriptedDelivery], end: Exception | None = None) -> AsyncIterator[ScriptedDelivery]:
    for delivery in deliveries:
        yield delivery
    if end is not None:
        raise end


async def feed_for_ever(deliveries: Sequence[ScriptedDelivery]) -> AsyncIterator[ScriptedDelivery]:
    for delivery in deliveries:
        yield delivery
    await asyncio.Event().wait()


def offsets(batch: Sequence[Taken[int]]) -> list[int]:
    return [taken.message.offset for taken in batch]


def offset_of(message: Message) -> int:
    return message.offset


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("messages", "size"),
    [
        pytest.param(0, 1, id="nothing"),
        pytest.param(1, 1, id="one"),
        pytest.param(7, 1, id="one-at-a-time"),
        pytest.param(7, 3, id="rest-is-smaller"),
        pytest.param(6, 3, id="full-batches"),
        pytest.param(3, 10, id="less-than-a-batch"),
    ],
)
async def test_batches_keep_the_order_never_exceed_the_size_and_are_all_acknowledged(messages: int, size: int) -> None:
    deliveries, acknowledged = script(messages)
    batches: list[list[int]] = []

    async def handle(batch: Sequence[Taken[int]]) -> None:
        assert acknowledged == [offset for earlier in batches for offset in earlier], "acknowledged before its time"
        batches.append(offsets(batch))

    await Intake(BatchLimits(size, 0.01), offset_of, handle).run(feed(deliveries))
    assert [offset for batch in batches for offset in batch] == list(range(messages)) == acknowledged
    assert all(len(batch) <= size for batch in batches)


async def test_a_batch_that_is_not_full_is_handed_on_when_it_has_lingered() -> None:
    deliveries, _ = script(2)
    batches: list[list[int]] = []

    async def handle(batch: Sequence[Taken[int]]) -> None:
        batches.append(offsets(batch))

    running = asyncio.create_task(Intake(BatchLimits(10, 0.02), offset_of, handle).run(feed_for_ever(deliveries)))
    await until(lambda: bool(batches))
    assert batches == [[0, 1]]
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_messages_are_prepared_up_to_two_batches_ahead_and_no_further() -> None:
    deliveries, _ = script(50)
    prepared: list[int] = []
    release = asyncio.Event()

    def prepare(message: Message) -> None:
        prepared.append(message.offset)

    async def handle(_: Sequence[Taken[None]]) -> None:
        await release.wait()

    running = asyncio.create_task(Intake(BatchLimits(2, 0.0), prepare, handle).run(feed(deliveries)))
    for _ in range(200):
        await asyncio.sleep(0)
    # The batch in hand (2), the queue (4), and one that waits to be put there.
    assert len(prepared) <= 7
    release.set()
    await running
    assert prepared == list(range(50))


async def test_a_delivery_of_a_partition_that_was_handed_over_is_neither_handled_nor_acknowledged() -> None:
    deliveries, acknowledged = script(4)
    deliveries[1].is_current = deliveries[2].is_current = False
    handled: list[int] = []

    async def handle(batch: Sequence[Taken[int]]) -> None:
        handled.extend(offsets(batch))

    await Intake(BatchLimits(4, 0.01), offset_of, handle).run(feed(deliveries))
    assert handled == acknowledged == [0, 3]


async def test_a_delivery_whose_partition_goes_while_it_is_handled_is_not_acknowledged() -> None:
    deliveries, acknowledged = script(3)

    async def handle(batch: Sequence[Taken[int]]) -> None:
        if 1 in offsets(batch):
            deliveries[1].is_current = False

    await Intake(BatchLimits(1, 0.0), offset_of, handle).run(feed(deliveries))
    assert acknowledged == [0, 2]


async def test_cancellation_acknowledges_nothing_that_is_unfinished() -> None:
    deliveries, acknowledged = script(5)
    reached = asyncio.Event()

    async def handle(batch: Sequence[Taken[int]]) -> None:
        if 2 in offsets(batch):
            reached.set()
            await asyncio.Event().wait()

    running = asyncio.create_task(Intake(BatchLimits(1, 0.0), offset_of, handle).run(feed(deliveries)))
    await reached.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert acknowledged == [0, 1]


async def test_an_error_of_the_feed_surfaces_after_what_came_before_it_was_handled() -> None:
    deliveries, acknowledged = script(3)

    async def handle(_: Sequence[Taken[int]]) -> None:
        return

    with pytest.raises(ConnectionError, match="consumer is gone"):
        await Intake(BatchLimits(2, 0.0), offset_of, handle).run(feed(deliveries, ConnectionError("consumer is gone")))
    assert acknowledged == [0, 1, 2]


async def test_an_error_that_the_handler_lets_out_surfaces_and_acknowledges_nothing_of_its_batch() -> None:
    deliveries, acknowledged = script(3)

    async def handle(batch: Sequence[Taken[int]]) -> None:
        if 1 in offsets(batch):
            msg = "let out"
            raise RuntimeError(msg)

    with pytest.raises(RuntimeError, match="let out"):
        await Intake(BatchLimits(1, 0.0), offset_of, handle).run(feed(deliveries))
    assert acknowledged == [0]


@pytest.mark.parametrize("ending", ["cancelled", "handler-raises"])
async def test_no_task_is_left_behind_when_the_intake_ends(ending: str) -> None:
    deliveries, _ = script(3)
    reached = asyncio.Event()

    async def handle(_: Sequence[Taken[int]]) -> None:
        reached.set()
        if ending == "handler-raises":
            msg = "let out"
            raise RuntimeError(msg)
        await asyncio.Event().wait()

    before = asyncio.all_tasks()
    running = asyncio.create_task(Intake(BatchLimits(1, 0.0), offset_of, handle).run(feed_for_ever(deliveries)))
    await reached.wait()
    if ending == "cancelled":
        running.cancel()
    await asyncio.wait({running})
    assert running.cancelled() or isinstance(running.exception(), RuntimeError)
    assert asyncio.all_tasks() == before
