"""Alerts in Elasticsearch, their system of record: one document each, written only over what was read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import structlog
from elasticsearch import AsyncElasticsearch, ConflictError, NotFoundError

from streams.alerts.document import alert_document, alert_of
from streams.alerts.query import OLDEST_FIRST, AlertQuery, search_body, unattended_filters, unpublished_filters
from streams.elastic_deletion import delete_older
from streams.elastic_faults import SERVICE, faults_told, no_index
from streams.faults import ServiceAwayError, StreamError, UnhandledError
from streams.records import Alert

log = structlog.get_logger(__name__)

INDEX = "alerts"

_PAGE = 500
"""Alerts of one answer; what is over comes in the next round."""


class NoSuchAlertError(StreamError):
    """There is no alert of that id; the message says how to find it."""


class AlertChangedError(StreamError):
    """Somebody else took a step in the meantime; look at the alert, and decide again."""


@dataclass(frozen=True, slots=True)
class StoredAlert:
    """An alert as it was read. What is written over it must not have changed since."""

    alert: Alert
    unpublished: bool
    """pw.alerts may not have this revision: whoever writes the next one publishes this one first."""
    seq_no: int
    primary_term: int


@dataclass(frozen=True, slots=True)
class AlertToWrite:
    """One of many to be written: a new alert, or one over what was read."""

    alert: Alert
    over: StoredAlert | None
    unpublished: bool


def _utc_now() -> datetime:
    return datetime.now(UTC)


class AlertStore:
    """Reads and writes alerts. Used by one event loop.

    Reads by id see the last write at once; searches see what was written up to a second ago.

    Args:
        client: not closed here.
        index: the index of alerts.
        clock: tells when a document was written, by which `unpublished` knows old ones.
    """

    def __init__(
        self,
        client: AsyncElasticsearch,
        index: str = INDEX,
        *,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._client = client
        self._index = index
        self._clock = clock

    async def get(self, alert_id: str) -> StoredAlert:
        """The alert as it stands.

        Raises:
            NoSuchAlertError: there is none.
            ServiceAwayError: Elasticsearch does not answer.
        """
        with faults_told(self._index):
            try:
                return _stored(await self._client.get(index=self._index, id=alert_id))
            except NotFoundError as error:
                if "found" not in error.body:
                    raise  # it is the index that is not there
                msg = f"there is no alert {alert_id}; `platewatch alert list` lists them"
                raise NoSuchAlertError(msg) from error

    async def get_many(self, alert_ids: Sequence[str]) -> dict[str, StoredAlert]:
        """Those of the alerts that there are, by id.

        Raises:
            ServiceAwayError: Elasticsearch does not answer.
            StreamError: one of them cannot be read.
        """
        if not alert_ids:
            return {}
        with faults_told(self._index):
            answer = await self._client.mget(index=self._index, ids=list(alert_ids))
        for faulty in (each["error"] for each in answer["docs"] if "error" in each):
            if faulty["type"] == "index_not_found_exception":
                raise StreamError(no_index(self._index))
            raise ServiceAwayError(SERVICE, faulty["reason"])
        return {each["_id"]: _stored(each) for each in answer["docs"] if each["found"]}

    async def create(self, alert: Alert, *, unpublished: bool) -> StoredAlert:
        """Write a new alert; raises as `write` does, AlertChangedError where it is there already."""
        return await self._write_one(AlertToWrite(alert, None, unpublished), {"op_type": "create"})

    async def write(self, alert: Alert, over: StoredAlert, *, unpublished: bool, refresh: bool = False) -> StoredAlert:
        """Write the alert over what was read.

        Args:
            alert: what it is from now on.
            over: what was read.
            unpublished: pw.alerts may not have this revision yet.
            refresh: searches find it at once; not on the way of a siren, for it costs tens of milliseconds.

        Raises:
            AlertChangedError: it was changed in the meantime.
            ServiceAwayError: Elasticsearch does not answer.
        """
        condition = {"if_seq_no": over.seq_no, "if_primary_term": over.primary_term, "refresh": refresh}
        return await self._write_one(AlertToWrite(alert, over, unpublished), condition)

    async def write_many(self, writes: Sequence[AlertToWrite]) -> list[StoredAlert | None]:
        """Write many alerts at once; for each, as it is stored now. None: it was changed, or made, in the meantime.

        Raises:
            ServiceAwayError: Elasticsearch is away or too busy for some of them. The others are written, so whoever
                repeats is told of these that they changed; read them again.
            UnhandledError: it refuses one of them for good; the others are written.
        """
        if not writes:
            return []
        with faults_told(self._index):
            answer = await self._client.bulk(index=self._index, operations=self._operations(writes))
        items = [next(iter(item.values())) for item in answer["items"]]
        if answer["errors"]:
            self._raise_first_fault(items)
        return [
            None
            if item["status"] == HTTPStatus.CONFLICT
            else StoredAlert(each.alert, each.unpublished, item["_seq_no"], item["_primary_term"])
            for each, item in zip(writes, items, strict=True)
        ]

    async def unpublished(self, written_before: datetime) -> list[StoredAlert]:
        """Alerts whose revision pw.alerts may not have, though it was written before then; the oldest first.

        Raises:
            ServiceAwayError: Elasticsearch does not answer.
        """
        return await self._search(
            {"query": {"bool": {"filter": unpublished_filters(written_before)}}, "sort": OLDEST_FIRST, "size": _PAGE}
        )

    async def unattended(self, raised_before: datetime) -> list[StoredAlert]:
        """Alerts that may have to be escalated: they sound, and nobody has seen to them; the most urgent first.

        Raises:
            ServiceAwayError: Elasticsearch does not answer.
        """
        sort = [{"priority": "asc"}, *OLDEST_FIRST]
        return await self._search(
            {"query": {"bool": {"filter": unattended_filters(raised_before)}}, "sort": sort, "size": _PAGE}
        )

    async def search(self, query: AlertQuery) -> list[StoredAlert]:
        """Alerts that are as the query says: the most urgent first, of these the newest.

        Raises:
            ServiceAwayError: Elasticsearch does not answer.
        """
        return await self._search(search_body(query))

    async def delete_older(self, than: datetime) -> int:
        """Delete the alerts that hold a capture of before then; says how many. They are gone when this returns.

        Raises:
            ServiceAwayError: Elasticsearch does not answer.
        """
        return await delete_older(self._client, self._index, "first_seen_at", than)

    async def _write_one(self, write: AlertToWrite, condition: dict[str, Any]) -> StoredAlert:
        alert = write.alert
        document = alert_document(alert, unpublished=write.unpublished, written_at=self._clock())
        with faults_told(self._index):
            try:
                answer = await self._client.index(index=self._index, id=alert.id, document=document, **condition)
            except ConflictError as error:
                msg = f"somebody changed alert {alert.id} in the meantime; look at it, and try again"
                raise AlertChangedError(msg) from error
        return StoredAlert(alert, write.unpublished, answer["_seq_no"], answer["_primary_term"])

    def _operations(self, writes: Sequence[AlertToWrite]) -> list[dict[str, Any]]:
        operations: list[dict[str, Any]] = []
        for each in writes:
            action: dict[str, Any] = {"create": {"_id": each.alert.id}}
            if each.over is not None:
                condition = {"if_seq_no": each.over.seq_no, "if_primary_term": each.over.primary_term}
                action = {"index": {"_id": each.alert.id, **condition}}
            document = alert_document(each.alert, unpublished=each.unpublished, written_at=self._clock())
            operations += [action, document]
        return operations

    def _raise_first_fault(self, items: Sequence[dict[str, Any]]) -> None:
        faults = [item for item in items if item["status"] >= HTTPStatus.BAD_REQUEST]
        faults = [item for item in faults if item["status"] != HTTPStatus.CONFLICT]
        for item in faults:
            if item["status"] == HTTPStatus.NOT_FOUND:
                raise StreamError(no_index(self._index))
            if item["status"] != HTTPStatus.BAD_REQUEST:
                raise ServiceAwayError(SERVICE, f"it answered {item['status']} for an alert")
        for item in faults:
            msg = f"Elasticsearch refuses alert {item['_id']}: {item['error']['reason']}"
            raise UnhandledError(msg)

    async def _search(self, body: dict[str, Any]) -> list[StoredAlert]:
        with faults_told(self._index):
            answer = await self._client.search(index=self._index, seq_no_primary_term=True, **body)
        return [stored for stored in map(_stored_or_told, answer["hits"]["hits"]) if stored is not None]


def _stored(found: Any) -> StoredAlert:
    source = found["_source"]
    return StoredAlert(alert_of(source, found["_id"]), source["unpublished"], found["_seq_no"], found["_primary_term"])


def _stored_or_told(found: Any) -> StoredAlert | None:
    """One alert that a newer version wrote must not keep the others from being shown and escalated."""
    try:
        return _stored(found)
    except StreamError as error:
        log.error("an alert cannot be read; it is left out", alert=found["_id"], reason=str(error))
        return None
