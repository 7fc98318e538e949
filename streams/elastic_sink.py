"""Documents to Elasticsearch in bulk: all or an error, and the same documents again do no harm."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

from elastic_transport import SerializationError, TransportError
from elasticsearch import ApiError, AsyncElasticsearch

from infra.settings.services import ElasticsearchSettings
from streams.clients import build_elasticsearch
from streams.documents import Document
from streams.faults import ServiceAwayError, UnhandledError

_BUSY = frozenset(
    {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}
)
_LOCKED_OUT = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
"""Somebody must mend the user or its rights; until then every document waits, none is at fault."""

_SERVICE = "elasticsearch"


class ElasticSink:
    """Writes documents. Used by one event loop."""

    def __init__(self, client: AsyncElasticsearch) -> None:
        self._client = client

    async def write(self, documents: Sequence[Document]) -> None:
        """Write all documents; a revision that is older than the one in the index is passed over.

        Raises:
            ServiceAwayError: Elasticsearch is away or too busy for some of them; write all of them again.
            UnhandledError: it refuses one of them for good; the others are written. The message names the first.
        """
        if not documents:
            return
        try:
            answer = await self._client.bulk(operations=_operations(documents))
        except SerializationError as error:
            msg = "a document cannot be written as JSON"
            raise UnhandledError(msg) from error
        except TransportError as error:
            raise ServiceAwayError(_SERVICE, type(error).__name__) from error
        except ApiError as error:
            if error.status_code in _BUSY | _LOCKED_OUT:
                raise ServiceAwayError(_SERVICE, f"it answered {error.status_code}") from error
            msg = f"Elasticsearch refuses the bulk request with status {error.status_code}"
            raise UnhandledError(msg) from error
        if answer["errors"]:
            _raise_first_fault([item["index"] for item in answer["items"]])


def _operations(documents: Sequence[Document]) -> list[dict[str, Any]]:
    operations: list[dict[str, Any]] = []
    for document in documents:
        action = {
            "_index": document.index,
            "_id": document.id,
            "version": document.version,
            "version_type": "external_gte",
        }
        operations += [{"index": action}, document.source]
    return operations


def _raise_first_fault(items: Sequence[dict[str, Any]]) -> None:
    """An older revision (conflict) is no fault; a busy server comes before a bad document, because it can be mended."""
    faults = [item for item in items if item["status"] >= HTTPStatus.BAD_REQUEST]
    faults = [item for item in faults if item["status"] != HTTPStatus.CONFLICT]
    for item in faults:
        if item["status"] in _BUSY:
            raise ServiceAwayError(_SERVICE, f"it answered {item['status']} for a document")
    for item in faults:
        reason = item["error"]["reason"]
        msg = f"Elasticsearch refuses document {item['_id']}: {reason}"
        raise UnhandledError(msg)


@asynccontextmanager
async def open_sink(settings: ElasticsearchSettings) -> AsyncIterator[ElasticSink]:
    """The sink, over a client that is closed at the end."""
    client = build_elasticsearch(settings)
    try:
        yield ElasticSink(client)
    finally:
        await client.close()
