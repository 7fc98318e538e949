"""pw.hotlist to the list `local` in Redis, and to look-backs over 30 days; beside it, the upkeep of all lists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from datetime import UTC, datetime
from functools import partial
from typing import Any

import faust
import msgspec
import structlog

from infra import metrics
from infra.settings import Settings
from streams.agents.stage import as_is, beside, build_guard, decode_record, run_stage
from streams.app import KeyedState, deliver, forget, topic
from streams.clients import build_elasticsearch, build_redis
from streams.codec import encode
from streams.entry_terms import LOCAL
from streams.faults import UnhandledError
from streams.guard import Guard
from streams.hotlist_readiness import Readiness
from streams.hotlist_store import HotlistStore
from streams.hotlist_topic import read_contents, read_ends
from streams.intake import BatchLimits, Message, Taken
from streams.list_upkeep import ListKeeper, Upkeep, duties
from streams.local_list import LocalList
from streams.lookback import Lookback, plan
from streams.lookback_runner import LookbackRunner, index_search
from streams.records import ChangeKind, HotlistChange, Match, TopicName, to_milliseconds

OpenKeeper = Callable[[HotlistStore], AbstractAsyncContextManager[ListKeeper]]
"""Opens what the worker is given from outside, over its own store."""

_LIMITS = BatchLimits(messages=200, linger_s=0.1)
"""Entries come one at a time, by people; a repair may deliver many of them again at once."""

log = structlog.get_logger(__name__)


def attach(app: faust.App, settings: Settings, open_keeper: OpenKeeper) -> Guard:
    """Make the app keep the hot lists."""
    guard = build_guard(app, settings, "hotlists")
    matches, told = topic(app, TopicName.MATCHES), topic(app, TopicName.HOTLIST)
    lookbacks = KeyedState(app, "lookbacks")

    @app.agent(topic(app, TopicName.HOTLIST), concurrency=1, name="hotlists")
    async def keep_lists(stream: Any) -> None:
        async with AsyncExitStack() as resources:
            redis = build_redis(settings.redis)
            resources.push_async_callback(redis.aclose)
            store = HotlistStore(redis)
            contents, ends = partial(read_contents, settings.kafka), partial(read_ends, settings.kafka)
            local = LocalList(store, contents, ends)
            keeper = await resources.enter_async_context(open_keeper(store))
            upkeep = Upkeep(duties(Readiness(redis), local, keeper), lambda: is_ours(0), _now)
            await resources.enter_async_context(beside(app, upkeep.run(settings.local_entries.look_every_s)))
            client = build_elasticsearch(settings.elasticsearch)
            resources.push_async_callback(client.close)
            runner = LookbackRunner(lookbacks, index_search(client), send, is_ours)
            await resources.enter_async_context(beside(app, runner.run(settings, _now)))

            async def body(batch: Sequence[Taken[Message]]) -> None:
                for ended in await keep(batch, local, lookbacks):
                    # What is off the list is off the topic too, which would otherwise keep its plate for ever.
                    await forget(told, ended.key or b"", ended.partition)

            await run_stage(app, stream, guard, (_LIMITS, as_is, body))

    async def send(match: Match) -> None:
        await deliver(matches, match.entry.id.encode(), encode(match))
        metrics.MATCHES.labels(match.outcome).inc()

    def is_ours(partition: int) -> bool:
        if app.rebalancing:
            return False
        assigned = app.consumer.assignment()
        return any(each.topic == TopicName.HOTLIST and each.partition == partition for each in assigned)

    return guard


async def keep(batch: Sequence[Taken[Message]], local: LocalList, lookbacks: KeyedState) -> list[Message]:
    """Bring the list up to date with the changes, and plan a look back of each that made an entry active.

    Returns:
        Those that took an entry off.
    """
    planned: dict[bytes, Lookback] = {}
    changes, removals = [], []
    for taken in batch:
        if taken.message.value is None:
            continue  # an entry's tombstone says nothing that its removal did not
        change = decode_change(taken.message)
        key = change.entry.id.encode()
        known = lookbacks.get(key)
        before = planned.get(key) or (msgspec.msgpack.decode(known, type=Lookback) if known else None)
        after = plan(before, change, taken.message.partition, to_milliseconds(_now()))
        if after is not None:
            planned[key] = after
            changes.append(change)
        if change.kind is ChangeKind.REMOVED:
            removals.append(taken.message)
    if changes:
        await local.apply(changes, _now())
    for key, lookback in planned.items():
        await lookbacks.set(lookback.partition, key, msgspec.msgpack.encode(lookback))
    return removals


def decode_change(message: Message) -> HotlistChange:
    """The change in a message.

    Raises:
        InvalidRecordError: the message is none.
        UnhandledError: it is about a list that comes from a file.
    """
    change = decode_record(HotlistChange, message)
    if change.entry.hotlist != LOCAL:
        msg = f"an entry of the list {change.entry.hotlist} is on {message.topic}; load that list from its file"
        raise UnhandledError(msg)
    return change


def _now() -> datetime:
    return datetime.now(UTC)
