"""The one wrapper around every agent's body: retries what passes, dead-letters what does not, lets nothing out.

An exception that leaves a Faust agent acknowledges and loses its message. So no body runs outside of `Guard.handle`.
"""

from __future__ import annotations

import asyncio
import random
import traceback
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

import msgspec
import structlog

from infra import metrics
from infra.settings.workers import RetrySettings
from streams.backoff import backoff_s
from streams.faults import ServiceAwayError
from streams.intake import Message, Taken
from streams.records import DeadLetter, event_id, to_milliseconds

PreparedT = TypeVar("PreparedT")
log = structlog.get_logger(__name__)


class Guard:
    """Runs a stage's body over its messages. Bodies may run again over the same messages, so they must be idempotent.

    Args:
        stage: name in logs, metrics and dead letters.
        retry: how long to wait between tries.
        bury: delivers a dead letter to its topic; raises ServiceAwayError while that is impossible.
        sleep: waits so many seconds; a test gives its own.
    """

    def __init__(
        self,
        stage: str,
        retry: RetrySettings,
        bury: Callable[[DeadLetter], Awaitable[None]],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._stage = stage
        self._retry = retry
        self._bury = bury
        self._sleep = sleep
        self.waiting_for: str | None = None
        """The service that the stage is held by, if it is."""

    async def handle(
        self,
        batch: Sequence[Taken[PreparedT]],
        body: Callable[[Sequence[Taken[PreparedT]]], Awaitable[None]],
    ) -> None:
        """Run the body over the batch until it is handled, or its unhandleable messages are dead letters.

        Raises:
            asyncio.CancelledError: the worker is stopping; nothing else gets out.
        """
        try:
            await self._patiently(lambda: body(batch))
        except Exception as error:  # noqa: BLE001 - the one place where any fault of a message ends up
            if len(batch) == 1:
                await self._dead_letter(batch[0].message, error)
            else:
                # One bad message must not take its batch along.
                for taken in batch:
                    await self.handle([taken], body)
                return
        metrics.MESSAGES_HANDLED.labels(self._stage).inc(len(batch))

    async def _patiently(self, attempt: Callable[[], Awaitable[None]]) -> None:
        """Try again for ever while a service is away; the partition is held meanwhile, so nothing is passed over."""
        tries = 0
        try:
            while True:
                try:
                    await attempt()
                except ServiceAwayError as error:
                    tries += 1
                    self._note_away(error)
                    await self._sleep(backoff_s(self._retry, tries, random.random))
                else:
                    if self.waiting_for:
                        log.info("service is back", stage=self._stage, service=self.waiting_for, tries=tries)
                    return
        finally:
            self._wait_for_none()

    def _note_away(self, error: ServiceAwayError) -> None:
        metrics.MESSAGES_RETRIED.labels(self._stage, error.service).inc()
        if self.waiting_for != error.service:
            self._wait_for_none()
            log.warning("waiting for service", stage=self._stage, service=error.service, reason=str(error))
            self.waiting_for = error.service
            metrics.STAGE_WAITING.labels(self._stage, error.service).set(1)

    def _wait_for_none(self) -> None:
        if self.waiting_for:
            metrics.STAGE_WAITING.labels(self._stage, self.waiting_for).set(0)
            self.waiting_for = None

    async def _dead_letter(self, message: Message, error: Exception) -> None:
        letter = DeadLetter(
            id=event_id(self._stage, message.topic, message.partition, message.offset),
            at=to_milliseconds(datetime.now(UTC)),
            stage=self._stage,
            topic=message.topic,
            partition=message.partition,
            offset=message.offset,
            key=message.key,
            value=message.value,
            headers=message.headers,
            error=type(error).__name__,
            reason=str(error),
            stack="".join(traceback.format_exception(error)),
            tries=1,
        )
        log.error(
            "message dead-lettered", stage=self._stage, topic=message.topic, partition=message.partition,
            offset=message.offset, error=letter.error,
        )  # fmt: skip
        await self._bury_surely(letter)
        metrics.MESSAGES_DEAD_LETTERED.labels(self._stage, letter.error).inc()

    async def _bury_surely(self, letter: DeadLetter) -> None:
        """Bury the letter, if need be without its bytes; where Kafka refuses even that, hold the partition."""
        try:
            await self._patiently(lambda: self._bury(letter))
        except Exception as error:  # noqa: BLE001 - what left here would leave the agent, and lose the message
            # In base64, a message near the size limit is over it. Its coordinates and fault are still told.
            reason = f"{letter.reason} (its bytes were left out: {error})"
            shorter = msgspec.structs.replace(letter, value=None, headers=(), reason=reason)
            await self._patiently(lambda: self._bury_or_wait(shorter))

    async def _bury_or_wait(self, letter: DeadLetter) -> None:
        try:
            await self._bury(letter)
        except ServiceAwayError:
            raise
        except Exception as error:
            service = "kafka"
            raise ServiceAwayError(service, f"it refuses a dead letter: {error}") from error
