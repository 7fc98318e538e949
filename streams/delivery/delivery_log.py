"""How each delivery stands, for people: in the index `deliveries`, a moment later, and never in a delivery's way."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Protocol

import msgspec
import structlog

from infra import metrics
from infra.delivery_fields import INDEX
from infra.settings.workers import RetrySettings
from streams.backoff import backoff_s
from streams.delivery.subscription import Delivery
from streams.documents import Document
from streams.faults import ServiceAwayError, UnhandledError

_FLUSH_EVERY_S = 0.5
_AT_ONCE = 1000
_RETRY = RetrySettings(first_s=0.5, longest_s=10.0)

log = structlog.get_logger(__name__)


class DocumentSink(Protocol):
    """Writes documents; see `streams.elastic_sink.ElasticSink`."""

    async def write(self, documents: Sequence[Document]) -> None:
        """All or an error."""
        ...


def delivery_document(delivery: Delivery, version: int) -> Document:
    """The delivery as it is indexed; the higher version wins."""
    source: dict[str, Any] = msgspec.to_builtins(delivery, builtin_types=(datetime,))
    return Document(
        index=INDEX,
        id=document_id(delivery.subscription, delivery.id),
        version=version,
        source={
            name: value.isoformat(timespec="milliseconds") if isinstance(value, datetime) else value
            for name, value in source.items()
        },
    )


def document_id(subscription: str, delivery: str) -> str:
    """One document for each subscriber and revision."""
    return f"{subscription}@{delivery}"


class DeliveryLog:
    """Collects how deliveries stand and writes the newest of each. Used by one event loop.

    What waits to be written is one record for each delivery at most; while Elasticsearch is away it is kept. A crash
    loses half a second of it: the worker tells the newest again when it starts.
    """

    def __init__(
        self,
        sink: DocumentSink,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._sink = sink
        self._sleep = sleep
        self._clock = clock
        self._version = 0
        self._waiting: dict[str, tuple[Delivery, int]] = {}
        """By the document's id, with its version. Most are noted again before they are written, so they become
        documents only then."""

    def note(self, delivery: Delivery) -> None:
        """Remember how it stands now."""
        # The time, that a restart and another worker go on from; but never back, as a clock may be set.
        self._version = max(self._version + 1, int(self._clock() * 1000))
        self._waiting[document_id(delivery.subscription, delivery.id)] = delivery, self._version
        metrics.DELIVERY_LOG_WAITING.set(len(self._waiting))

    async def run(self) -> None:
        """Write until cancelled."""
        tries = 0
        while True:
            await self._sleep(_FLUSH_EVERY_S if not tries else backoff_s(_RETRY, tries, lambda: 1.0))
            try:
                await self.flush()
                tries = 0
            except ServiceAwayError as error:
                tries += 1
                if tries == 1:
                    log.warning("delivery log waits", reason=str(error), waiting=len(self._waiting))

    async def flush(self) -> None:
        """Write what waits.

        Raises:
            ServiceAwayError: Elasticsearch is away; it goes on waiting.
        """
        while self._waiting:
            batch = dict(islice(self._waiting.items(), _AT_ONCE))
            try:
                await self._sink.write([delivery_document(*one) for one in batch.values()])
            except UnhandledError as error:
                # The others of the batch are written; this one would be refused again.
                log.error("delivery is not in the log", reason=str(error))
            for key, written in batch.items():
                if self._waiting.get(key) is written:
                    del self._waiting[key]
            metrics.DELIVERY_LOG_WAITING.set(len(self._waiting))
