"""Clients of Redis and Elasticsearch, made from the settings in one place."""

from __future__ import annotations

from typing import Any

from elastic_transport.client_utils import DEFAULT
from elasticsearch import AsyncElasticsearch
from redis.asyncio import Redis

from infra.settings.services import ElasticsearchSettings, RedisSettings


def build_redis(settings: RedisSettings) -> Redis:
    """A client that answers in bytes and gives up on a silent server after five seconds."""
    tls: dict[str, Any] = {}
    if settings.ca_file and settings.url.startswith("rediss"):
        tls["ssl_ca_certs"] = str(settings.ca_file)
    return Redis.from_url(
        settings.url,
        username=settings.username,
        password=settings.secret or None,
        socket_timeout=5.0,
        socket_connect_timeout=5.0,
        **tls,
    )


def build_elasticsearch(settings: ElasticsearchSettings) -> AsyncElasticsearch:
    """A client without retries of its own: the guard decides about those."""
    return AsyncElasticsearch(
        settings.url,
        basic_auth=(settings.username, settings.secret) if settings.username else None,
        ca_certs=str(settings.ca_file) if settings.ca_file else DEFAULT,
        request_timeout=30.0,
        max_retries=0,
    )
