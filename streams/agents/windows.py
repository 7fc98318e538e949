"""pw.matches, keyed by entry, through the windows of sightings to pw.hits."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import faust
import msgspec
import structlog

from infra import metrics
from infra.settings import Settings
from streams.agents.stage import ONE_AT_A_TIME, as_is, build_guard, decode_record, run_stage
from streams.app import KeyedState, deliver, topic
from streams.codec import encode
from streams.entry_windows import EntryWindows, LetGo, Saved, key_of
from streams.faults import StreamError
from streams.guard import Guard
from streams.intake import Message, Taken
from streams.matching import check_categories
from streams.records import Hit, Match, TopicName

_LET_GO_EVERY_S = 10.0
_AT_ONCE = 100
"""Entries that are forgotten in one go."""

log = structlog.get_logger(__name__)


def attach(app: faust.App, settings: Settings) -> Guard:
    """Make the app open hits, and grow them."""
    check_categories(settings.matching)
    guard = build_guard(app, settings, "windows")
    hits = topic(app, TopicName.HITS)
    states = KeyedState(app, "sightings")
    windows = EntryWindows(settings.windows, settings.matching)
    one_at_a_time = asyncio.Lock()
    restored: int | None = None
    """The generation of the group whose partitions the windows know."""

    @app.agent(topic(app, TopicName.MATCHES), concurrency=1, name="windows")
    async def open_hits(stream: Any) -> None:
        await run_stage(app, stream, guard, (ONE_AT_A_TIME, as_is, body))

    @app.timer(_LET_GO_EVERY_S)
    async def let_go() -> None:
        while await forget_some_that_are_over():
            pass

    async def body(batch: Sequence[Taken[Message]]) -> None:
        for taken in batch:
            match = decode_record(Match, taken.message)
            async with one_at_a_time:
                restore_after_rebalance()
                await join_match(match, taken.message.partition)

    def restore_after_rebalance() -> None:
        nonlocal restored
        if restored != app.consumer_generation_id:
            states_now = [(key, known) for key, value in states.items() if (known := _decoded(value)) is not None]
            windows.restore(states_now, datetime.now(UTC))
            restored = app.consumer_generation_id

    async def join_match(match: Match, partition: int) -> None:
        key = key_of(match.entry)
        value = states.get(key)
        observed = windows.observe(partition, _decoded(value) if value else None, match, datetime.now(UTC))
        for hit in observed.hits:
            await deliver(hits, key, encode(hit))
            _count(hit)
        if observed.saved is not None:
            # Only after the hits are out: a crash in between tells them again, under the same ids.
            await states.set(partition, key, msgspec.msgpack.encode(observed.saved))
        metrics.SIGHTINGS_FORGOTTEN.inc(observed.forgotten)
        metrics.WINDOW_SIGHTINGS.set(windows.sightings)

    async def forget_some_that_are_over() -> bool:
        """Whether there may be more. The lock is let go between some and the next: alerts go before."""
        nonlocal restored
        async with one_at_a_time:
            if app.rebalancing or app.in_recovery:
                return False
            restore_after_rebalance()
            gone = windows.let_go(datetime.now(UTC), _AT_ONCE)
            if not await _deleted(states, gone):
                restored = None  # what is still in the table is taken over again
                return False
            metrics.WINDOW_SIGHTINGS.set(windows.sightings)
            return len(gone) == _AT_ONCE

    return guard


async def _deleted(states: KeyedState, gone: Sequence[LetGo]) -> bool:
    """Whether the entries' states are deleted, every one of them.

    All are waited for: one that ended later would delete what a match has written since.
    """
    deleting = (states.delete(one.partition, one.key) for one in gone)
    failed = [error for error in await asyncio.gather(*deleting, return_exceptions=True) if error is not None]
    for error in failed:
        if not isinstance(error, StreamError):
            raise error
    if failed:
        log.warning("windows_not_closed", reason=str(failed[0]), entries=len(failed))
        return False
    for one in gone:
        metrics.WINDOWS_LET_GO.labels(one.reason).inc()
        metrics.SIGHTINGS_UNTOLD.inc(one.untold)
    return True


def _decoded(value: bytes) -> Saved | None:
    """The state; None where another version wrote it: its windows are opened anew, under the same ids."""
    try:
        return msgspec.msgpack.decode(value, type=Saved)
    except msgspec.MsgspecError:
        log.warning("sightings_forgotten", reason="written by another version")
        return None


def _count(hit: Hit) -> None:
    if hit.revision == 1:
        metrics.HITS.labels(hit.outcome, "late" if hit.late else "in time").inc()
    else:
        metrics.HITS_GROWN.inc()
