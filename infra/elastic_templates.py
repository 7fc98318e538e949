"""Index template and lifecycle policy as code, and putting them in place."""

from __future__ import annotations

from enum import Enum, auto
from http import HTTPStatus
from typing import Any

from elastic_transport import TransportError
from elasticsearch import ApiError, AsyncElasticsearch

from infra import alert_fields, delivery_fields, local_entry_fields, subscription_fields
from infra.settings.pipeline import RetentionSettings
from infra.settings.services import ElasticsearchSettings

TEMPLATE = "platewatch-detections"
POLICY = "platewatch-detections"

_KEYWORD = {"type": "keyword", "ignore_above": 256}
_SEARCH_ONLY = {"type": "keyword", "doc_values": False, "ignore_above": 256}
_KEPT_ONLY = {"type": "keyword", "index": False, "doc_values": False}
_FLOAT = {"type": "float"}


def record_indices() -> dict[str, dict[str, Any]]:
    """The indices whose documents are changed one by one and are no time series: their mappings by name."""
    return {
        alert_fields.INDEX: alert_fields.mappings(),
        delivery_fields.INDEX: delivery_fields.mappings(),
        local_entry_fields.INDEX: local_entry_fields.mappings(),
        subscription_fields.INDEX: subscription_fields.mappings(),
        subscription_fields.VERSIONS_INDEX: subscription_fields.mappings(),
    }


class ElasticSetupError(Exception):
    """Elasticsearch does not answer or refuses; the message says what to do."""


class Lifecycle(Enum):
    """Whether the cluster deletes by itself."""

    BY_POLICY = auto()
    BY_ENFORCEMENT = auto()
    """It has no lifecycle service: `platewatch retention enforce` deletes by day."""


def policy(retention: RetentionSettings) -> dict[str, Any]:
    """Delete an hour before the limit: the lifecycle service looks only now and then."""
    hours = max(1, retention.limit_h - 1)
    return {
        "policy": {"phases": {"hot": {"actions": {}}, "delete": {"min_age": f"{hours}h", "actions": {"delete": {}}}}}
    }


def template(elasticsearch: ElasticsearchSettings, lifecycle: Lifecycle) -> dict[str, Any]:
    """The template of the daily indices. Strict: a field that is not declared is refused, not guessed."""
    settings: dict[str, Any] = {
        "index.number_of_shards": elasticsearch.shards,
        "index.number_of_replicas": elasticsearch.replicas,
        "index.refresh_interval": "1s",
    }
    if lifecycle is Lifecycle.BY_POLICY:
        # Age counts from the day in the index's name, not from when the index was made.
        settings |= {"index.lifecycle.name": POLICY, "index.lifecycle.parse_origination_date": True}
    return {
        "index_patterns": ["detections-*"],
        "priority": 200,
        "template": {"settings": settings, "mappings": {"dynamic": "strict", "properties": properties()}},
    }


def properties() -> dict[str, Any]:
    """The fields of a detection. `plate_reversed` and `plate_grams` find partial plates on any Elasticsearch."""
    box = {name: _FLOAT for name in ("x", "y", "width", "height")}
    quality = {name: _FLOAT for name in ("plate_width_px", "sharpness", "brightness", "contrast", "clipped")}
    attribute = {"properties": {"value": _KEYWORD, "confidence": _FLOAT}}
    image = {
        "day": {"type": "date"},
        "plate_sha256": _KEPT_ONLY,
        "scene_sha256": _KEPT_ONLY,
        "of_best_look": {"type": "boolean"},
    }
    return {
        "schema_version": {"type": "short"},
        "id": _SEARCH_ONLY,
        "revision": {"type": "short"},
        "final": {"type": "boolean"},
        "camera": _KEYWORD,
        "captured_at": {"type": "date"},
        "received_at": {"type": "date"},
        "first_seen_at": {"type": "date"},
        "last_seen_at": {"type": "date"},
        "decided_by": {"type": "long", "index": False},
        "plate": _KEYWORD,
        "plate_folded": _KEYWORD,
        "plate_reversed": _SEARCH_ONLY,
        "plate_grams": _SEARCH_ONLY,
        "fold_version": {"type": "short"},
        "confidence": _FLOAT,
        "candidates": _SEARCH_ONLY,
        "looks": {"type": "short"},
        "box": {"properties": box},
        "quality": {"properties": quality},
        "state": _KEYWORD,
        "state_candidates": _SEARCH_ONLY,
        "vehicle": {"properties": {name: attribute for name in ("make", "model", "color")}},
        "image": {"properties": image},
        "location": {"type": "geo_point"},
        "source": _KEYWORD,
        "engine": _KEYWORD,
    }


async def set_up(
    client: AsyncElasticsearch, elasticsearch: ElasticsearchSettings, retention: RetentionSettings
) -> Lifecycle:
    """Put policy, template and the indices of records in place; safe to repeat.

    Raises:
        ElasticSetupError: Elasticsearch does not answer or refuses.
    """
    try:
        lifecycle = await _put_policy(client, retention)
        await client.indices.put_index_template(name=TEMPLATE, **template(elasticsearch, lifecycle))
        # A template is for indices to come: those of today and before refuse a field that is new to them.
        for index in await client.indices.get(index="detections-*", features="aliases"):
            await client.indices.put_mapping(index=index, properties=properties())
        for name, mappings in record_indices().items():
            await _create_index(client, name, mappings, elasticsearch.replicas)
    except TransportError as error:
        msg = f"Elasticsearch at {elasticsearch.url} does not answer; start it (`platewatch stack up`)"
        raise ElasticSetupError(msg) from error
    except ApiError as error:
        msg = f"Elasticsearch refuses the template ({error.status_code} {error.error}); check the user's rights"
        raise ElasticSetupError(msg) from error
    return lifecycle


async def _create_index(client: AsyncElasticsearch, name: str, mappings: dict[str, Any], replicas: int) -> None:
    if await client.indices.exists(index=name):
        await client.indices.put_mapping(index=name, properties=mappings["properties"])
        return
    settings = {"number_of_shards": 1, "number_of_replicas": replicas}
    await client.indices.create(index=name, settings=settings, mappings=mappings)


async def _put_policy(client: AsyncElasticsearch, retention: RetentionSettings) -> Lifecycle:
    try:
        await client.ilm.put_lifecycle(name=POLICY, **policy(retention))
    except ApiError as error:
        # A distribution without the lifecycle module knows no such path: 400 "no handler found", or 405.
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED or "no handler found" in str(error.body):
            return Lifecycle.BY_ENFORCEMENT
        raise
    return Lifecycle.BY_POLICY
