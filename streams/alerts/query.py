"""Which alerts are looked for, in Elasticsearch's words. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from streams.records import AlertState, Category

OPEN = tuple(state for state in AlertState if state is not AlertState.CLEARED)
"""The states that people still have to do something about."""

OLDEST_FIRST: list[dict[str, Any]] = [{"raised_at": "asc"}]

MOST = 1000
"""Alerts that one search gives: more than anybody reads."""


@dataclass(frozen=True, slots=True)
class AlertQuery:
    """What is looked for; where nothing is said, all of them."""

    states: tuple[AlertState, ...] = ()
    categories: tuple[Category, ...] = ()
    cameras: tuple[str, ...] = ()
    since: datetime | None = None
    """Raised at that time, or later."""
    limit: int = 100
    """From 1 to `MOST`."""


def search_body(query: AlertQuery) -> dict[str, Any]:
    """The query: the most urgent first, of these the newest."""
    chosen = {"state": query.states, "category": query.categories, "cameras": query.cameras}
    filters: list[dict[str, Any]] = [{"terms": {name: list(values)}} for name, values in chosen.items() if values]
    if query.since is not None:
        filters.append({"range": {"raised_at": {"gte": query.since.isoformat()}}})
    return {
        "query": {"bool": {"filter": filters}},
        "sort": [{"priority": "asc"}, {"raised_at": "desc"}],
        "size": max(1, min(query.limit, MOST)),
    }


def unpublished_filters(written_before: datetime) -> list[dict[str, Any]]:
    """Alerts whose revision pw.alerts may not have, and whose writer had the time to put it there."""
    return [{"term": {"unpublished": True}}, {"range": {"written_at": {"lte": written_before.isoformat()}}}]


def unattended_filters(raised_before: datetime) -> list[dict[str, Any]]:
    """Alerts that sound, that nobody has seen to, and that were not escalated."""
    return [
        {"term": {"state": AlertState.RECEIVED}},
        {"term": {"sounds": True}},
        {"term": {"taken_by": ""}},
        {"term": {"escalated": False}},
        {"range": {"raised_at": {"lte": raised_before.isoformat()}}},
    ]
