"""What every agent has: its guard, its dead letters, its decoding."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import faust
import structlog

from infra import metrics
from infra.settings import Settings
from streams.app import deliver, deliveries, topic
from streams.codec import decode, encode
from streams.guard import Guard
from streams.intake import BatchLimits, Intake, Message, Taken
from streams.records import DeadLetter, Record, TopicName

PreparedT = TypeVar("PreparedT")
RecordT = TypeVar("RecordT", bound=Record)
Body = Callable[[Sequence[Taken[PreparedT]]], Awaitable[None]]

ONE_AT_A_TIME = BatchLimits(messages=1, linger_s=0.0)

_NAMES_SHOWN = 5
_NAME_SHOWN = 40

log = structlog.get_logger(__name__)


def build_guard(app: faust.App, settings: Settings, stage: str) -> Guard:
    """The stage's guard, which buries in the dead-letter topic."""
    grave = topic(app, TopicName.DEAD_LETTERS)

    async def bury(letter: DeadLetter) -> None:
        await deliver(grave, letter.topic.encode(), encode(letter))

    return Guard(stage, settings.retry, bury)


async def run_stage(
    app: faust.App,
    stream: Any,
    guard: Guard,
    intake: tuple[BatchLimits, Callable[[Message], PreparedT], Body[PreparedT]],
) -> None:
    """Feed the stream through an intake into the guarded body, until the agent is stopped."""
    limits, prepare, body = intake

    async def current_body(batch: Sequence[Taken[PreparedT]]) -> None:
        # Asked again at every try: what a rebalance took away is another worker's, and so is its state.
        current = [taken for taken in batch if taken.message.generation == app.consumer_generation_id]
        if current:
            await body(current)

    async def handle(batch: Sequence[Taken[PreparedT]]) -> None:
        await guard.handle(batch, current_body)

    await Intake(limits, prepare, handle).run(deliveries(app, stream))


@asynccontextmanager
async def beside(app: faust.App, work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """The work as a task of its own, ended with what it stands beside; should it break, so does the worker."""

    async def watched() -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001 - the root of a task: the supervisor starts the worker again
            await app.crash(error)

    task = asyncio.create_task(watched())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def as_is(message: Message) -> Message:
    """No preparation."""
    return message


def decode_record(record_type: type[RecordT], message: Message) -> RecordT:
    """The record in a message; fields that are not part of it are counted and left out.

    Raises:
        InvalidRecordError: the value is not such a record.
    """
    decoded = decode(record_type, message.value or b"")
    if decoded.unknown_fields:
        metrics.UNKNOWN_FIELDS.labels(record_type.__name__).inc(len(decoded.unknown_fields))
        # The names come from outside, so they are bounded before they are logged.
        names = [name[:_NAME_SHOWN] for name in sorted(decoded.unknown_fields)[:_NAMES_SHOWN]]
        log.warning("unknown fields", record=record_type.__name__, fields=names, topic=message.topic)
    return decoded.record
