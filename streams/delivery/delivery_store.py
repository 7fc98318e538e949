"""Deliveries as people ask for them: how they stand, and which failed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
from elasticsearch import AsyncElasticsearch

from infra.delivery_fields import INDEX
from streams.delivery.subscription import Delivery, DeliveryState
from streams.elastic_deletion import delete_older
from streams.elastic_faults import faults_told

_MOST = 1000


@dataclass(frozen=True, slots=True)
class DeliveryCounts:
    """How many deliveries to one subscriber stand where."""

    subscription: str
    by_state: dict[DeliveryState, int]
    oldest_pending: datetime | None


class DeliveryStore:
    """Reads what `streams.delivery.delivery_log` has written. Used by one event loop."""

    def __init__(self, client: AsyncElasticsearch) -> None:
        self._client = client

    async def search(self, terms: dict[str, Sequence[str]], limit: int = _MOST) -> list[Delivery]:
        """Deliveries of which each named field has one of its values, the newest first.

        Raises:
            ServiceAwayError: Elasticsearch does not answer.
            StreamError: it refuses; `platewatch init` has not run.
        """
        filters = [{"terms": {field: list(values)}} for field, values in terms.items() if values]
        body = {"query": {"bool": {"filter": filters}}, "sort": [{"queued_at": "desc"}], "size": limit}
        answer = await self._ask(body)
        return [msgspec.convert(hit["_source"], Delivery) for hit in answer["hits"]["hits"]]

    async def delivered(self, subscription: str, ids: Iterable[str]) -> frozenset[str]:
        """Which of the deliveries to a subscription it has, as far as is on record.

        Raises:
            ServiceAwayError: Elasticsearch does not answer.
            StreamError: it refuses; `platewatch init` has not run.
        """
        found: set[str] = set()
        for some in batched(ids, _MOST):
            filters = [
                {"term": {"subscription": subscription}},
                {"term": {"state": DeliveryState.DELIVERED}},
                {"terms": {"id": some}},
            ]
            answer = await self._ask({"query": {"bool": {"filter": filters}}, "size": _MOST, "_source": ["id"]})
            found.update(hit["_source"]["id"] for hit in answer["hits"]["hits"])
        return frozenset(found)

    async def counts(self) -> list[DeliveryCounts]:
        """How the deliveries to each subscriber stand.

        Raises:
            ServiceAwayError: Elasticsearch does not answer.
            StreamError: it refuses; `platewatch init` has not run.
        """
        oldest = {"filter": {"term": {"state": "pending"}}, "aggs": {"at": {"min": {"field": "queued_at"}}}}
        inner = {"state": {"terms": {"field": "state"}}, "oldest": oldest}
        subscriptions = {"terms": {"field": "subscription", "size": _MOST, "order": {"_key": "asc"}}, "aggs": inner}
        answer = await self._ask({"size": 0, "aggs": {"subscription": subscriptions}})
        buckets = answer["aggregations"]["subscription"]["buckets"]
        return [
            DeliveryCounts(
                subscription=bucket["key"],
                by_state={DeliveryState(each["key"]): each["doc_count"] for each in bucket["state"]["buckets"]},
                oldest_pending=_moment(bucket["oldest"]["at"]["value"]),
            )
            for bucket in buckets
        ]

    async def delete_older(self, than: datetime) -> int:
        """Delete deliveries that were queued before then; says how many.

        Raises:
            ServiceAwayError: Elasticsearch does not answer.
        """
        return await delete_older(self._client, INDEX, "queued_at", than)

    async def _ask(self, body: dict[str, Any]) -> Any:
        with faults_told(INDEX):
            return await self._client.search(index=INDEX, **body)


def batched(items: Iterable[str], size: int) -> Iterator[list[str]]:
    """The items in lists of that size, the last one shorter."""
    waiting = list(items)
    for start in range(0, len(waiting), size):
        yield waiting[start : start + size]


def _moment(milliseconds: float | None) -> datetime | None:
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)
