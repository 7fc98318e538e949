"""Deliveries as people ask for them: how they stand, and which failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import msgspec
from elastic_transport import TransportError
from elasticsearch import ApiError, AsyncElasticsearch

from infra.delivery_fields import INDEX
from streams.delivery.subscription import Delivery, DeliveryState
from streams.faults import ServiceAwayError, StreamError

_SERVICE = "elasticsearch"
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

    async def delete_older(self, than_s: float) -> None:
        """Delete deliveries that were queued before that time, seconds since the epoch.

        Raises:
            ServiceAwayError: Elasticsearch does not answer.
        """
        query = {"range": {"queued_at": {"lt": datetime.fromtimestamp(than_s, UTC).isoformat()}}}
        try:
            await self._client.delete_by_query(index=INDEX, query=query, conflicts="proceed", refresh=True)
        except TransportError as error:
            raise ServiceAwayError(_SERVICE, type(error).__name__) from error
        except ApiError as error:
            raise ServiceAwayError(_SERVICE, f"it answered {error.status_code}") from error

    async def _ask(self, body: dict[str, Any]) -> Any:
        try:
            return await self._client.search(index=INDEX, **body)
        except TransportError as error:
            raise ServiceAwayError(_SERVICE, type(error).__name__) from error
        except ApiError as error:
            if error.status_code != HTTPStatus.NOT_FOUND:
                raise ServiceAwayError(_SERVICE, f"it answered {error.status_code}") from error
            msg = "Elasticsearch has no place for deliveries; run `platewatch init` first"
            raise StreamError(msg) from error


def _moment(milliseconds: float | None) -> datetime | None:
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)
