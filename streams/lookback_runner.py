"""Does the look-backs of a worker, a page at a time, one after the other; beside them nothing waits.

Matches go out before the position is written, so a crash in between sends a page again, under the same ids.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Protocol

import msgspec
import structlog
from elastic_transport import TransportError
from elasticsearch import ApiError, AsyncElasticsearch

from infra import metrics
from infra.settings import Settings
from infra.settings.local_entries import LookbackSettings
from infra.settings.pipeline import MatchingSettings
from streams.codec import InvalidRecordError
from streams.document_reading import detection_from_document
from streams.documents import INDEX_PREFIX
from streams.faults import ServiceAwayError, StreamError, UnhandledError
from streams.hotlist_store import ListedEntry
from streams.lookback import VERSION, Lookback, Stage, advance, due_at, ever_valid, historical, query
from streams.matching import is_told, match
from streams.records import Match

log = structlog.get_logger(__name__)

_SERVICE = "elasticsearch"

_LOOK_FOR_WORK_S = 0.5
"""How often it looks for a look back that is due, while there is none; a person waits for its first hit."""

_AGAIN_AFTER_S = 5.0
"""How long it waits after a service did not answer."""

_REFUSED_FOR = timedelta(minutes=5)
"""How long a look back that is refused lets others go before it; somebody must mend something meanwhile."""

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class IndexedPass:
    """A document that was found, and where it stands in the order of the look back."""

    sort: tuple[int | str, ...]
    source: dict[str, Any]


class LookbackStates(Protocol):
    """Where look-backs are remembered; see `streams.app.KeyedState`."""

    def get(self, key: bytes) -> bytes | None:
        """What is remembered under the key."""
        ...

    async def set(self, partition: int, key: bytes, value: bytes) -> None:
        """Remember it; it is there for `get` at once, and for others once this returns."""
        ...

    def items(self) -> Iterable[tuple[bytes, bytes]]:
        """All that is remembered."""
        ...


Search = Callable[[dict[str, Any]], Awaitable[list[IndexedPass]]]
"""One page of the index by a query's body; raises ServiceAwayError, or UnhandledError where the query is refused."""


class LookbackRunner:
    """Owned by one worker, used by its event loop. How far it is stands in the states; only refusals are its own.

    Args:
        states: the look-backs by entry.
        search: asks the index.
        send: delivers a match, and returns when it is there.
        is_ours: whether a partition of pw.hotlist is this worker's at this moment.
    """

    def __init__(
        self,
        states: LookbackStates,
        search: Search,
        send: Callable[[Match], Awaitable[None]],
        is_ours: Callable[[int], bool],
    ) -> None:
        self._states = states
        self._search = search
        self._send = send
        self._is_ours = is_ours
        self._put_off: dict[str, datetime] = {}

    def put_off(self, lookback: Lookback, until: datetime) -> None:
        """Let others go before one that cannot go on."""
        self._put_off[lookback.entry.id] = until

    def next_due(self, settings: LookbackSettings, now: datetime) -> Lookback | None:
        """The look back whose turn it is: of those that are due, the one that began first."""
        known = [msgspec.msgpack.decode(value, type=Lookback) for _, value in self._states.items()]
        waiting = [one for one in known if one.stage is not Stage.DONE and self._is_ours(one.partition)]
        metrics.LOOKBACKS_WAITING.set(len(waiting))
        self._put_off = {entry: until for entry, until in self._put_off.items() if until > now}
        due = [
            one
            for one in waiting
            if (at := due_at(one, settings)) is not None and at <= now and one.entry.id not in self._put_off
        ]
        return min(due, key=lambda one: (one.begun_at, one.entry.id), default=None)

    async def run(self, settings: Settings, clock: Callable[[], datetime], sleep: Sleep = asyncio.sleep) -> None:
        """Do what is due, as fast as `settings.lookback` allows; ends only by cancellation."""
        while True:
            due = self.next_due(settings.lookback, clock())
            await sleep(_LOOK_FOR_WORK_S if due is None else await self._try(due, settings, clock))

    async def _try(self, due: Lookback, settings: Settings, clock: Callable[[], datetime]) -> float:
        """One step; seconds until the next."""
        limit = timedelta(hours=settings.retention.limit_h)
        try:
            await self.step(due, settings.lookback, settings.matching, limit=limit)
        except ServiceAwayError as error:
            log.warning("look back waits for service", entry=due.entry.id, service=error.service)
            return _AGAIN_AFTER_S
        except StreamError as error:
            log.error("look back is refused", entry=due.entry.id, reason=str(error))
            self.put_off(due, clock() + _REFUSED_FOR)
        return 1 / settings.lookback.requests_per_s

    async def step(
        self, lookback: Lookback, settings: LookbackSettings, matching: MatchingSettings, *, limit: timedelta
    ) -> Lookback | None:
        """Look at one page; None where the entry changed meanwhile, so that the page counts for nothing.

        Raises:
            ServiceAwayError: the index or Kafka does not answer; the same step may be taken again.
            UnhandledError: the index refuses the query.
        """
        key = lookback.entry.id.encode()
        before = self._states.get(key)
        page = await self._search(query(lookback, settings, limit))
        if self._states.get(key) != before:
            return None
        found = [match for each in page if (match := join(lookback, each, matching)) is not None]
        await asyncio.gather(*(self._send(one) for one in found))
        after = advance(lookback, [each.sort for each in page], len(found), settings.page)
        metrics.LOOKBACK_PASSES.labels("matched").inc(len(found))
        metrics.LOOKBACK_PASSES.labels("looked at").inc(len(page))
        if self._states.get(key) != before:
            return None
        await self._states.set(lookback.partition, key, msgspec.msgpack.encode(after))
        if after.stage is Stage.DONE:
            log.info("look back done", entry=after.entry.id, looked_at=after.looked_at, matched=after.matched)
        return after


def join(lookback: Lookback, found: IndexedPass, matching: MatchingSettings) -> Match | None:
    """The match of an indexed pass with the entry, as one of the past; None where it is none.

    Other entries near the same read are not weighed against it, as they are when a pass comes live; and what is so
    weak that it would have to wait for other cameras is left out.
    """
    try:
        detection = detection_from_document(found.source)
    except InvalidRecordError as error:
        log.error("document cannot be looked at", detection=str(found.source.get("id")), reason=str(error))
        metrics.LOOKBACK_PASSES.labels("unreadable").inc()
        return None
    listed = ListedEntry(ever_valid(lookback.entry), VERSION)
    told = [
        one
        for one in match(detection, [listed], matching, lookback.begun_at)
        if is_told(one.probability, lookback.entry, matching)
    ]
    return historical(told[0], lookback) if told else None


def index_search(client: AsyncElasticsearch) -> Search:
    """Asks the daily indices of detections."""

    async def search(body: dict[str, Any]) -> list[IndexedPass]:
        try:
            answer = await client.search(index=f"{INDEX_PREFIX}*", **body, ignore_unavailable=True)
        except TransportError as error:
            raise ServiceAwayError(_SERVICE, type(error).__name__) from error
        except ApiError as error:
            if error.status_code == HTTPStatus.BAD_REQUEST:
                msg = "Elasticsearch refuses the query of a look back; run `platewatch init` after an upgrade"
                raise UnhandledError(msg) from error
            raise ServiceAwayError(_SERVICE, f"it answered {error.status_code}") from error
        return [IndexedPass(tuple(hit["sort"]), hit["_source"]) for hit in answer["hits"]["hits"]]

    return search
