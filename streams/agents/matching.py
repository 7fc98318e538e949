"""pw.detections against the hot lists in Redis, to pw.matches."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import faust

from infra import metrics
from infra.settings import Settings
from streams.agents.stage import as_is, build_guard, decode_record, run_stage
from streams.app import deliver, topic
from streams.codec import encode
from streams.guard import Guard
from streams.hotlist_store import HotlistStore, open_hotlists
from streams.intake import BatchLimits, Message, Taken
from streams.matching import check_categories, lookup_of, match
from streams.records import Detection, TopicName


def attach(app: faust.App, settings: Settings) -> Guard:
    """Make the app match detections."""
    check_categories(settings.matching)
    guard = build_guard(app, settings, "matching")
    matches = topic(app, TopicName.MATCHES)
    limits = BatchLimits(settings.matching.batch, settings.matching.linger_s)

    @app.agent(topic(app, TopicName.DETECTIONS), concurrency=1, name="matching")
    async def match_detections(stream: Any) -> None:
        async with open_hotlists(settings.redis) as hotlists:

            async def body(batch: Sequence[Taken[Message]]) -> None:
                await match_batch(batch, hotlists)

            await run_stage(app, stream, guard, (limits, as_is, body))

    async def match_batch(batch: Sequence[Taken[Message]], hotlists: HotlistStore) -> None:
        detections = [decode_record(Detection, taken.message) for taken in batch]
        candidates = await hotlists.candidates([lookup_of(one, settings.matching) for one in detections])
        found = [
            one
            for detection, listed in zip(detections, candidates, strict=True)
            for one in match(detection, listed, settings.matching, datetime.now(UTC))
        ]
        await asyncio.gather(*(deliver(matches, one.entry.id.encode(), encode(one)) for one in found))
        for one in found:
            metrics.MATCHES.labels(one.outcome).inc()

    return guard
