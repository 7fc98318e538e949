"""Takes messages from a stream in batches, in order, and acknowledges a batch only when its handling has returned.

Faust's own `take` loses a batch whose handler raises, polls for time-outs, and hides where a message stood; its agents
cannot prepare the next message while one is handled. This does both, and nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

PreparedT = TypeVar("PreparedT")


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a topic, and where it stood."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    appended_at_s: float
    """When the broker took it, in seconds since the epoch."""
    generation: int = 0
    """Of the group's assignment under which it came."""


class Delivery(Protocol):
    """A message that must be acknowledged."""

    @property
    def message(self) -> Message:
        """What was delivered."""
        ...

    @property
    def is_current(self) -> bool:
        """False once the partition was handed over: whoever has it now gets the message again."""
        ...

    def acknowledge(self) -> None:
        """Mark the message as handled, so that its offset may be committed."""
        ...


@dataclass(frozen=True, slots=True)
class Taken(Generic[PreparedT]):
    """A message, and what its preparation gave."""

    message: Message
    prepared: PreparedT


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """A batch is handed on when it is full or has waited long enough since its first message."""

    messages: int
    linger_s: float


class Intake(Generic[PreparedT]):
    """One per agent; its `run` ends only by cancellation, or with the error of a handler that lets one out.

    Args:
        limits: how large a batch may grow, and for how long.
        prepare: called for each message as it comes in, up to two batches ahead; may start work in other threads.
        handle: gets the batches in order, one at a time; must let no error out but cancellation (see `streams.guard`).
    """

    def __init__(
        self,
        limits: BatchLimits,
        prepare: Callable[[Message], PreparedT],
        handle: Callable[[Sequence[Taken[PreparedT]]], Awaitable[None]],
    ) -> None:
        self._limits = limits
        self._prepare = prepare
        self._handle = handle
        self._waiting: asyncio.Queue[tuple[Delivery, Taken[PreparedT]]] = asyncio.Queue(maxsize=2 * limits.messages)

    async def run(self, deliveries: AsyncIterator[Delivery]) -> None:
        """Handle all deliveries until the iterator ends or the task is cancelled."""
        feeding = asyncio.create_task(self._feed(deliveries))
        try:
            while not (feeding.done() and self._waiting.empty()):
                batch = await self._next_batch(feeding)
                current = [(delivery, taken) for delivery, taken in batch if delivery.is_current]
                if current:
                    await self._handle([taken for _, taken in current])
                for delivery, _ in current:
                    if delivery.is_current:
                        delivery.acknowledge()
            await feeding
        finally:
            feeding.cancel()

    async def _feed(self, deliveries: AsyncIterator[Delivery]) -> None:
        async for delivery in deliveries:
            await self._waiting.put((delivery, Taken(delivery.message, self._prepare(delivery.message))))

    async def _next_batch(self, feeding: asyncio.Task[None]) -> list[tuple[Delivery, Taken[PreparedT]]]:
        first = await self._first(feeding)
        if first is None:
            return []
        batch = [first]
        deadline = asyncio.get_running_loop().time() + self._limits.linger_s
        while len(batch) < self._limits.messages:
            try:
                batch.append(self._waiting.get_nowait())
            except asyncio.QueueEmpty:
                try:
                    async with asyncio.timeout_at(deadline):
                        batch.append(await self._waiting.get())
                except TimeoutError:
                    break
        return batch

    async def _first(self, feeding: asyncio.Task[None]) -> tuple[Delivery, Taken[PreparedT]] | None:
        """The next message, or None once there will be none."""
        getting = asyncio.create_task(self._waiting.get())
        try:
            await asyncio.wait({getting, feeding}, return_when=asyncio.FIRST_COMPLETED)
            if not getting.done() and not self._waiting.empty():
                await getting
            return getting.result() if getting.done() else None
        finally:
            getting.cancel()
