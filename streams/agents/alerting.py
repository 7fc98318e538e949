"""pw.hits to alerts on pw.alerts, and into Elasticsearch; beside it, what becomes of alerts that nobody sees to."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any

import faust
import structlog

from infra import metrics
from infra.settings import Settings
from streams.agents.stage import as_is, beside, build_guard, decode_record, run_stage
from streams.alerts.recorder import AlertRecorder
from streams.alerts.store import AlertStore
from streams.alerts.upkeep import AlertUpkeep
from streams.app import KeyedState, deliver, topic
from streams.clients import build_elasticsearch
from streams.codec import encode
from streams.faults import StreamError
from streams.guard import Guard
from streams.intake import BatchLimits, Message, Taken
from streams.records import Alert, Hit, TopicName
from streams.together import all_of

_LIMITS = BatchLimits(messages=64, linger_s=0.0)
"""What is there is taken together; nothing waits for more."""
_TIDY_EVERY_S = 2.0

log = structlog.get_logger(__name__)


def attach(app: faust.App, settings: Settings) -> Guard:
    """Make the app raise alerts, and keep them."""
    guard = build_guard(app, settings, "alerting")
    alerts = topic(app, TopicName.ALERTS)
    unrecorded = KeyedState(app, "unrecorded")

    @app.agent(topic(app, TopicName.HITS), concurrency=1, name="alerting")
    async def raise_alerts(stream: Any) -> None:
        async with AsyncExitStack() as resources:
            client = build_elasticsearch(settings.elasticsearch)
            resources.push_async_callback(client.close)
            store = AlertStore(client)
            recorder = AlertRecorder(unrecorded, store, publish, settings=settings.alerts, retry=settings.retry)
            await resources.enter_async_context(beside(app, recorder.run()))
            upkeep = AlertUpkeep(store, publish, settings=settings.alerts, retention=settings.retention)
            await resources.enter_async_context(beside(app, tidy(upkeep)))

            async def body(batch: Sequence[Taken[Message]]) -> None:
                # Hits of one entry come one after the other; those of different ones wait for Kafka together.
                lines: dict[bytes | None, list[tuple[Hit, int]]] = {}
                for taken in batch:
                    hit = decode_record(Hit, taken.message)
                    lines.setdefault(taken.message.key, []).append((hit, taken.message.partition))
                await all_of(take_in_order(recorder, line) for line in lines.values())

            await run_stage(app, stream, guard, (_LIMITS, as_is, body))

    async def publish(alert: Alert) -> None:
        await deliver(alerts, alert.id.encode(), encode(alert))
        metrics.ALERTS_RAISED.labels(alert.steps[-1].event).inc()

    return guard


async def tidy(upkeep: AlertUpkeep) -> None:
    """Keep alerts in order, until cancelled; what fails is tried again in the next round."""
    trouble = ""
    while True:
        await asyncio.sleep(_TIDY_EVERY_S)
        try:
            await upkeep.tidy(datetime.now(UTC))
            trouble = ""
        except StreamError as error:
            if str(error) != trouble:
                log.warning("alerts not tidied up; tried again", reason=str(error))
            trouble = str(error)


async def take_in_order(recorder: AlertRecorder, hits: Sequence[tuple[Hit, int]]) -> None:
    """Let the recorder take hits one after the other."""
    for hit, partition in hits:
        await recorder.take(hit, partition)
