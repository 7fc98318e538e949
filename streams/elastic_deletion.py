"""Deleting what is over, by id and a page at a time: not every distribution of Elasticsearch can delete by query."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus

from elasticsearch import AsyncElasticsearch

from streams.elastic_faults import SERVICE, faults_told
from streams.faults import ServiceAwayError

_PAGE = 500


async def delete_older(client: AsyncElasticsearch, index: str, field: str, than: datetime) -> int:
    """Delete the documents whose time is before then; says how many. They are gone when this returns.

    Args:
        client: not closed here.
        index: where they are.
        field: of their time.
        than: the time, aware.

    Raises:
        StreamError: as `faults_told`; a ServiceAwayError also where a document cannot be deleted now.
    """
    deleted = 0
    query = {"range": {field: {"lt": than.isoformat()}}}
    while True:
        with faults_told(index):
            found = await client.search(index=index, query=query, size=_PAGE, source=False)
            ids = [each["_id"] for each in found["hits"]["hits"]]
            if not ids:
                return deleted
            deletions = [{"delete": {"_id": each}} for each in ids]
            answer = await client.bulk(index=index, operations=deletions, refresh=True)
        # One that another worker has just deleted is no fault; one that stays would be found again for ever.
        statuses = [item["delete"]["status"] for item in answer["items"]]
        if faults := [each for each in statuses if each not in (HTTPStatus.OK, HTTPStatus.NOT_FOUND)]:
            raise ServiceAwayError(SERVICE, f"it answered {faults[0]} for a document that is to be deleted")
        deleted += statuses.count(HTTPStatus.OK)
