"""pw.detections to the day's index in Elasticsearch, in bulk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import faust
import structlog

from infra import metrics
from infra.settings import Settings
from streams.agents.stage import as_is, build_guard, decode_record, run_stage
from streams.app import topic
from streams.documents import document
from streams.elastic_sink import ElasticSink, open_sink
from streams.guard import Guard
from streams.intake import BatchLimits, Message, Taken
from streams.records import Detection, TopicName

log = structlog.get_logger(__name__)


def attach(app: faust.App, settings: Settings) -> Guard:
    """Make the app index detections."""
    guard = build_guard(app, settings, "indexing")
    limits = BatchLimits(settings.indexing.batch, settings.indexing.linger_s)
    limit = timedelta(hours=settings.retention.limit_h)

    @app.agent(topic(app, TopicName.DETECTIONS), concurrency=1, name="indexing")
    async def index_detections(stream: Any) -> None:
        async with open_sink(settings.elasticsearch) as sink:

            async def body(batch: Sequence[Taken[Message]]) -> None:
                await index_batch([decode_record(Detection, taken.message) for taken in batch], sink)

            await run_stage(app, stream, guard, (limits, as_is, body))

    async def index_batch(detections: Sequence[Detection], sink: ElasticSink) -> None:
        oldest = datetime.now(UTC) - limit
        kept = [detection for detection in detections if detection.captured_at > oldest]
        for detection in detections:
            if detection.captured_at <= oldest:
                # No dead letter: it would keep what must not be kept.
                log.warning("detection refused: older than the retention limit", detection=detection.id)
                metrics.DOCUMENTS_INDEXED.labels("too old").inc()
        await sink.write([document(detection) for detection in kept])
        metrics.DOCUMENTS_INDEXED.labels("written").inc(len(kept))

    return guard
