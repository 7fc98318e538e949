"""Hits into Elasticsearch, behind the siren: an alert is told before its document is there, and never waits for it.

A hit that is its alert's first is told at once. One by which an alert grows must know what people have done to it
meanwhile, so it is told once its document is written. Until then both wait in a changelog, and nothing is lost.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
import structlog

from infra import metrics
from infra.settings.alerts import AlertSettings
from infra.settings.workers import RetrySettings
from streams.alerts.growth import grow
from streams.alerts.life import alert_id_of, raise_alert
from streams.alerts.store import AlertToWrite, StoredAlert
from streams.backoff import backoff_s
from streams.faults import ServiceAwayError, StreamError
from streams.kept_state import KeptState
from streams.records import Alert, Hit
from streams.together import all_of

_AT_ONCE = 200
_LOOK_EVERY_S = 1.0

log = structlog.get_logger(__name__)


class UnrecordedHits(msgspec.Struct, frozen=True):
    """What of an alert Elasticsearch does not have yet: its first hit, where that is so, and the latest."""

    partition: int
    hits: tuple[Hit, ...]


class AlertDocuments(Protocol):
    """Where alerts are kept; see `streams.alerts.store.AlertStore`."""

    async def get_many(self, alert_ids: Sequence[str]) -> dict[str, StoredAlert]:
        """Those that are there."""
        ...

    async def write_many(self, writes: Sequence[AlertToWrite]) -> list[StoredAlert | None]:
        """Compare and swap each; None where somebody was faster."""
        ...


@dataclass(frozen=True, slots=True)
class RecordPlan:
    """What is to be done about one alert now; of what it grows by, one revision at a time."""

    write: Alert | None
    """The document's next revision; None: it is up with the hits."""
    tell_before: Alert | None = None
    """What the document holds, and pw.alerts may not have. Written over untold, it would be told never."""
    tell_after: Alert | None = None


def plan(hits: Sequence[Hit], stored: StoredAlert | None, settings: AlertSettings) -> RecordPlan:
    """What is to be done about an alert of which these hits wait, oldest first. Pure."""
    if stored is None:
        alert = raise_alert(hits[0], settings)
        # The very first is told as it comes in.
        return RecordPlan(write=alert, tell_after=None if hits[0].revision == 1 else alert)
    untold = stored.alert if stored.unpublished else None
    grown = next((grown for hit in hits if (grown := grow(stored.alert, hit)) is not None), None)
    if grown is None and untold is None:
        return RecordPlan(write=None)
    return RecordPlan(write=grown or stored.alert, tell_before=untold, tell_after=grown)


class AlertRecorder:
    """Keeps the alerts' documents up with the hits. Used by one event loop.

    Args:
        states: hits that wait, by alert.
        documents: the system of record.
        publish: puts a revision on pw.alerts, or raises ServiceAwayError.
        settings: of alerts.
        retry: how long to wait for a service that is away.
    """

    def __init__(
        self,
        states: KeptState,
        documents: AlertDocuments,
        publish: Callable[[Alert], Coroutine[Any, Any, None]],
        *,
        settings: AlertSettings,
        retry: RetrySettings,
    ) -> None:
        self._states = states
        self._documents = documents
        self._publish = publish
        self._settings = settings
        self._retry = retry
        self._wake = asyncio.Event()
        metrics.ALERTS_UNRECORDED.set_function(lambda: len(states.items()))

    async def take(self, hit: Hit, partition: int) -> None:
        """Let a hit wait to be recorded, and tell of its alert at once where it is the first.

        Raises:
            ServiceAwayError: Kafka did not take it in time; take it again.
        """
        key = alert_id_of(hit).encode()
        value = self._states.get(key)
        before = _decoded(value).hits if value else ()
        # Of those in between nothing is lost: a hit has all its sightings.
        hits = (*before[:1], hit) if not before or hit.revision > before[-1].revision else before
        works = [self._states.set(partition, key, msgspec.msgpack.encode(UnrecordedHits(partition, hits)))]
        if hit.revision == 1:
            works.append(self._publish(raise_alert(hit, self._settings)))
        # Together: each may come a second time, and the hit counts as taken when both are through.
        await all_of(works)
        self._wake.set()

    async def run(self) -> None:
        """Record what waits, until cancelled."""
        tries = 0
        while True:
            self._wake.clear()
            try:
                left = await self.record()
                tries = 0
            except StreamError as error:
                # Also one alert that is refused, or cannot be read: it waits and is told of; the others go on.
                tries += 1
                if tries == 1:
                    tell = log.warning if isinstance(error, ServiceAwayError) else log.error
                    tell("alerts wait for their documents", reason=str(error))
                await asyncio.sleep(backoff_s(self._retry, tries, random.random))
                continue
            if not left:
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_EVERY_S):
                        await self._wake.wait()

    async def record(self) -> int:
        """Record some of what waits.

        Returns:
            How many wait then: more than go at once, come in meanwhile, or changed by somebody else at that moment.

        Raises:
            ServiceAwayError: Elasticsearch or Kafka is away; all goes on waiting.
            StreamError: one alert cannot be recorded, and waits; the others are.
        """
        waiting = self._states.items()
        faults: list[StreamError] = []
        for start in range(0, len(waiting), _AT_ONCE):
            faults += await self._record_apart(waiting[start : start + _AT_ONCE])
        if faults:
            raise faults[0]
        return len(self._states.items())

    async def _record_apart(self, waiting: Sequence[tuple[bytes, bytes]]) -> list[StreamError]:
        """Record all but those that cannot be, by halves, so that one of them keeps no other from its document.

        Returns:
            What is wrong with them, one error each.
        """
        try:
            await self._record_together(waiting)
        except ServiceAwayError:
            raise
        except StreamError as error:
            if len(waiting) == 1:
                return [error]
            middle = len(waiting) // 2
            return [*await self._record_apart(waiting[:middle]), *await self._record_apart(waiting[middle:])]
        return []

    async def _record_together(self, waiting: Sequence[tuple[bytes, bytes]]) -> None:
        stored = await self._documents.get_many([key.decode() for key, _ in waiting])
        plans: dict[bytes, RecordPlan] = {}
        for key, value in waiting:
            one = plan(_decoded(value).hits, stored.get(key.decode()), self._settings)
            if one.write is not None:
                plans[key] = one
            elif self._states.get(key) == value:
                await self._states.delete(_decoded(value).partition, key)
        await self._write(plans, stored)

    async def _write(self, plans: Mapping[bytes, RecordPlan], stored: Mapping[str, StoredAlert]) -> None:
        """Tell what is told before, write, tell what is told after, and note that. Where somebody was faster, nothing.

        What is written and untold is marked so until it is told: a crash in between tells it, whoever writes next too.
        """
        for one in plans.values():
            if one.tell_before is not None:
                await self._publish(one.tell_before)
        writes = [
            AlertToWrite(one.write, stored.get(key.decode()), unpublished=one.tell_after is not None)
            for key, one in plans.items()
            if one.write is not None
        ]
        told: list[AlertToWrite] = []
        for one, now in zip(plans.values(), await self._documents.write_many(writes), strict=True):
            if now is not None and one.tell_after is not None:
                await self._publish(one.tell_after)
                told.append(AlertToWrite(now.alert, now, unpublished=False))
        await self._documents.write_many(told)


def _decoded(value: bytes) -> UnrecordedHits:
    return msgspec.msgpack.decode(value, type=UnrecordedHits)
