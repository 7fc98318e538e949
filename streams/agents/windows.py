"""pw.matches, keyed by entry, through the sighting windows to pw.hits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import faust
import msgspec

from infra import metrics
from infra.settings import Settings
from streams.agents.stage import ONE_AT_A_TIME, as_is, build_guard, decode_record, run_stage
from streams.app import KeyedState, deliver, topic
from streams.codec import encode
from streams.guard import Guard
from streams.intake import Message, Taken
from streams.records import Match, Outcome, TopicName
from streams.sightings import Windows, join


def attach(app: faust.App, settings: Settings) -> Guard:
    """Make the app open hits."""
    guard = build_guard(app, settings, "windows")
    hits = topic(app, TopicName.HITS)
    sightings = KeyedState(app, "sightings")

    @app.agent(topic(app, TopicName.MATCHES), concurrency=1, name="windows")
    async def open_hits(stream: Any) -> None:
        await run_stage(app, stream, guard, (ONE_AT_A_TIME, as_is, body))

    async def body(batch: Sequence[Taken[Message]]) -> None:
        for taken in batch:
            await join_match(decode_record(Match, taken.message), taken.message.partition)

    async def join_match(match: Match, partition: int) -> None:
        key = match.entry.id.encode()
        known = sightings.get(key)
        windows = msgspec.msgpack.decode(known, type=Windows) if known else Windows()
        joined = join(windows, match, settings.windows)
        if joined.hit is not None:
            await deliver(hits, key, encode(joined.hit))
            metrics.HITS.labels("late" if joined.hit.late else "in time").inc()
        elif match.outcome is not Outcome.POSSIBLE and joined.windows != windows:
            metrics.SIGHTINGS_JOINED.inc()
        if joined.windows != windows:
            # Only after the hit is out: a crash in between tells the hit again, under the same id.
            await sightings.set(partition, key, msgspec.msgpack.encode(joined.windows))

    return guard
