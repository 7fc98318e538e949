"""Local entries in Elasticsearch, their system of record: one document each, written only over what was read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from elasticsearch import AsyncElasticsearch, ConflictError, NotFoundError

from infra.local_entry_fields import INDEX
from streams.codec import InvalidRecordError, decode
from streams.elastic_faults import faults_told
from streams.elastic_paging import search_all
from streams.faults import StreamError
from streams.local_entries import LIVING, LocalEntry


class NoSuchEntryError(StreamError):
    """There is no local entry of that id; the message says how to find it."""


class EntryChangedError(StreamError):
    """Somebody else took a step in the meantime; look at the entry, and decide again."""


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry as it was read. What is written over it must not have changed since."""

    entry: LocalEntry
    seq_no: int
    primary_term: int


def entry_document(entry: LocalEntry) -> dict[str, Any]:
    """The entry as it is indexed."""
    terms = entry.terms
    return {
        "status": entry.status,
        "category": terms.category,
        "plate": terms.plate,
        "state": terms.state,
        "case_number": terms.case_number,
        "record_number": terms.record_number,
        "author": entry.author,
        "waits": entry.waits,
        "undelivered": entry.undelivered,
        "proposed_at": entry.proposed_at.isoformat(),
        "valid_until": terms.valid_until.isoformat(),
        "entry": msgspec.json.decode(msgspec.json.encode(entry)),
    }


class LocalEntryIndex:
    """Reads and writes entries. Used by one event loop."""

    def __init__(self, client: AsyncElasticsearch, index: str = INDEX) -> None:
        self._client = client
        self._index = index

    async def get(self, entry_id: str) -> StoredEntry:
        """The entry as it stands.

        Raises:
            NoSuchEntryError: there is none.
            ServiceAwayError: Elasticsearch does not answer.
        """
        with faults_told(self._index):
            try:
                answer = await self._client.get(index=self._index, id=entry_id)
            except NotFoundError as error:
                if "found" not in error.body:  # it is the index that is missing
                    raise
                msg = f"there is no local entry {entry_id}; `platewatch hotlist show` lists them"
                raise NoSuchEntryError(msg) from error
        return _stored(answer)

    async def write(self, entry: LocalEntry, over: StoredEntry | None) -> StoredEntry:
        """Write the entry over what was read, or as a new one; whoever searches from now on finds it.

        The index is refreshed at once: it is small, and people who propose look for what they have proposed.

        Raises:
            EntryChangedError: it was changed, or made, in the meantime.
            ServiceAwayError: Elasticsearch does not answer, or has no place for entries.
        """
        condition: dict[str, Any] = (
            {"op_type": "create"} if over is None else {"if_seq_no": over.seq_no, "if_primary_term": over.primary_term}
        )
        with faults_told(self._index):
            try:
                answer = await self._client.index(
                    index=self._index, id=entry.id, document=entry_document(entry), refresh=True, **condition
                )
            except ConflictError as error:
                msg = f"somebody changed entry {entry.id} in the meantime; look at it, and try again"
                raise EntryChangedError(msg) from error
        return StoredEntry(entry, answer["_seq_no"], answer["_primary_term"])

    async def waiting(self) -> list[StoredEntry]:
        """Entries of which something waits for approval, the oldest first."""
        return await self._search([{"term": {"waits": True}}])

    async def undelivered(self) -> list[StoredEntry]:
        """Entries whose last step pw.hotlist may not have."""
        return await self._search([{"term": {"undelivered": True}}])

    async def over(self, now: datetime) -> list[StoredEntry]:
        """Entries that live, and whose time has passed."""
        return await self._search([_LIVING, {"range": {"valid_until": {"lte": now.isoformat()}}}])

    async def all(self, **terms: str) -> list[StoredEntry]:
        """All entries, or those with these values, the oldest first."""
        return await self._search([{"term": {name: value}} for name, value in terms.items()])

    async def living(self, **terms: str) -> list[StoredEntry]:
        """Entries with these values that are proposed or active."""
        return await self._search([_LIVING, *({"term": {name: value}} for name, value in terms.items())])

    async def _search(self, filters: list[dict[str, Any]]) -> list[StoredEntry]:
        # Two entries of one millisecond and one plate have different cases.
        order = ["proposed_at", "plate", "case_number", "category"]
        return [_stored(hit) for hit in await search_all(self._client, self._index, filters, order)]


_LIVING: dict[str, Any] = {"terms": {"status": sorted(LIVING)}}


def _stored(hit: Any) -> StoredEntry:
    try:
        entry = decode(LocalEntry, msgspec.json.encode(hit["_source"]["entry"])).record
    except InvalidRecordError as error:
        msg = f"the document of local entry {hit['_id']} cannot be read ({error}); it was written by a newer version"
        raise StreamError(msg) from error
    return StoredEntry(entry, hit["_seq_no"], hit["_primary_term"])
