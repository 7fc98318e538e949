"""Finding passes by plate or part of one. A search has a reason, and is on record before it shows anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from elastic_transport import TransportError
from elasticsearch import ApiError, AsyncElasticsearch

from streams.documents import INDEX_PREFIX
from streams.plate_filters import plate_filters

MIN_FIXED = 2
"""Characters that a pattern must hold: with fewer it would browse, not search."""

_LONGEST = 16


class SearchError(Exception):
    """The search cannot be done; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Area:
    """A circle on earth: degrees, and a radius in kilometres."""

    lat: float
    lon: float
    radius_km: float


@dataclass(frozen=True, slots=True)
class PlateQuery:
    """What is looked for. In `pattern`, `?` is one character and `*` any number of them."""

    pattern: str
    since: datetime | None = None
    until: datetime | None = None
    camera: str | None = None
    near: Area | None = None
    size: int = 50


@dataclass(frozen=True, slots=True)
class FoundPass:
    """One pass that was found. `exact` is False where the camera read a look-alike."""

    id: str
    plate: str
    camera: str
    captured_at: str
    confidence: float
    looks: int
    exact: bool


def normalise_pattern(text: str) -> str:
    """The pattern in upper case without separators.

    Raises:
        SearchError: it holds too little to search for, or is no plate.
    """
    pattern = "".join(c for c in text.upper() if (c.isascii() and c.isalnum()) or c in "*?")
    fixed = sum(c.isalnum() for c in pattern)
    if fixed < MIN_FIXED:
        msg = f"{text!r} has {fixed} fixed characters; give at least {MIN_FIXED}, as in AB?1*"
        raise SearchError(msg)
    if len(pattern) > _LONGEST:
        msg = f"{text!r} is longer than any plate ({_LONGEST} characters); shorten it"
        raise SearchError(msg)
    return pattern


def build_query(query: PlateQuery) -> dict[str, Any]:
    """The query in Elasticsearch's words; the plate's filters run on fields that need no analyser and no script."""
    filters: list[dict[str, Any]] = [*plate_filters(normalise_pattern(query.pattern))]
    if query.since or query.until:
        limits = {"gte": query.since, "lt": query.until}
        filters.append({"range": {"captured_at": {k: v.isoformat() for k, v in limits.items() if v}}})
    if query.camera:
        filters.append({"term": {"camera": query.camera}})
    if query.near:
        point = {"lat": query.near.lat, "lon": query.near.lon}
        filters.append({"geo_distance": {"distance": f"{query.near.radius_km:g}km", "location": point}})
    return {"bool": {"filter": filters}}


async def search(client: AsyncElasticsearch, query: PlateQuery) -> list[FoundPass]:
    """The passes that fit, newest first.

    Raises:
        SearchError: the pattern is too short, or Elasticsearch does not answer or refuses.
    """
    built = build_query(query)
    try:
        answer = await client.search(
            index=f"{INDEX_PREFIX}*",
            query=built,
            sort=[{"captured_at": "desc"}],
            size=query.size,
            ignore_unavailable=True,
        )
    except TransportError as error:
        msg = "Elasticsearch does not answer; start it (`platewatch stack up`) or set elasticsearch.url"
        raise SearchError(msg) from error
    except ApiError as error:
        msg = f"Elasticsearch refuses the search (status {error.status_code}); check the user's rights"
        raise SearchError(msg) from error
    wanted = normalise_pattern(query.pattern)
    return [_found(hit["_source"], wanted) for hit in answer["hits"]["hits"]]


def _found(source: Mapping[str, Any], wanted: str) -> FoundPass:
    return FoundPass(
        id=source["id"],
        plate=source["plate"],
        camera=source["camera"],
        captured_at=source["captured_at"],
        confidence=source["confidence"],
        looks=source["looks"],
        exact=not wanted.isalnum() or source["plate"] == wanted,
    )
