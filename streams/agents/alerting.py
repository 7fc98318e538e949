"""pw.hits to alerts: each on pw.alerts, and again as it grows; those that sound to the webhook's receiver, once."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any

import faust
import msgspec

from infra import metrics
from infra.settings import Settings
from streams.agents.stage import ONE_AT_A_TIME, as_is, build_guard, decode_record, run_stage
from streams.alerts.life import alert_id_of, raise_alert
from streams.app import KeyedState, deliver, topic
from streams.codec import encode
from streams.guard import Guard
from streams.intake import Message, Taken
from streams.records import Alert, Hit, Outcome, TopicName
from streams.webhook import WebhookTarget, open_target

_REMEMBERED = 64
"""Delivered alerts remembered of one entry; a replay reaches back over seconds, a window lasts minutes."""


def attach(app: faust.App, settings: Settings) -> Guard:
    """Make the app raise and deliver alerts."""
    guard = build_guard(app, settings, "alerting")
    alerts = topic(app, TopicName.ALERTS)
    delivered = KeyedState(app, "delivered")
    raised: Alert | None = None
    """The alert that is being delivered: a retry of its webhook raises no second one."""

    @app.agent(topic(app, TopicName.HITS), concurrency=1, name="alerting")
    async def raise_alerts(stream: Any) -> None:
        async with AsyncExitStack() as resources:
            target = (
                await resources.enter_async_context(open_target(settings.webhook)) if settings.webhook.url else None
            )

            async def body(batch: Sequence[Taken[Message]]) -> None:
                for taken in batch:
                    await tell(decode_record(Hit, taken.message), taken.message.partition, target)

            await run_stage(app, stream, guard, (ONE_AT_A_TIME, as_is, body))

    async def tell(hit: Hit, partition: int, target: WebhookTarget | None) -> None:
        nonlocal raised
        key = hit.match.entry.id.encode()
        known = delivered.get(key)
        done: tuple[str, ...] = msgspec.msgpack.decode(known, type=tuple[str, ...]) if known else ()
        alert_id = alert_id_of(hit)
        if raised is None or (raised.id, raised.hit.revision) != (alert_id, hit.revision):
            # Of the match, not of now: a restart in the middle raises the same alert, not a younger one.
            alert = raise_alert(hit, settings.alerts)
            await deliver(alerts, alert.id.encode(), encode(alert))
            raised = alert
        if alert_id in done or not sounds(hit):
            return
        if target is not None:
            await target.deliver(raised)
            metrics.ALERTS_DELIVERED.inc()
        # Only after the delivery: a crash in between delivers again, under the same webhook-id.
        await delivered.set(partition, key, msgspec.msgpack.encode((*done, alert_id)[-_REMEMBERED:]))

    return guard


def sounds(hit: Hit) -> bool:
    """Whether dispatch is told by webhook: once for a hit, as soon as it is more than possible."""
    return hit.outcome is not Outcome.POSSIBLE
