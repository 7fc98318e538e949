"""All documents that fit a search, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from elasticsearch import AsyncElasticsearch

from streams.elastic_faults import faults_told

_PAGE = 500


async def search_all(
    client: AsyncElasticsearch, index: str, filters: Sequence[dict[str, Any]], sort: Sequence[str]
) -> list[Any]:
    """Every hit, with what compare-and-swap needs, in the order of those fields.

    Args:
        client: not closed here.
        index: where they are.
        filters: all of which must hold.
        sort: fields, ascending; together they must tell any two documents apart, or a page's end could hide one.

    Raises:
        StreamError: as `faults_told`.
    """
    found: list[Any] = []
    after: dict[str, Any] = {}
    while True:
        with faults_told(index):
            answer = await client.search(
                index=index,
                query={"bool": {"filter": list(filters)}},
                sort=[{field: "asc"} for field in sort],
                size=_PAGE,
                seq_no_primary_term=True,
                **after,
            )
        hits = answer["hits"]["hits"]
        found += hits
        if len(hits) < _PAGE:
            return found
        after = {"search_after": hits[-1]["sort"]}
