"""Subscriptions in Elasticsearch, their system of record: one document each, written only over what was read.

Before a version is written over it is put into an index of its own, without its secrets, so each that ever was in force
can be read again: a crash in between leaves it in both. What is removed stays as a document that says so; whoever takes
its id again goes on with its versions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from elasticsearch import AsyncElasticsearch, ConflictError, NotFoundError

from infra.subscription_fields import INDEX, VERSIONS_INDEX
from streams.codec import InvalidRecordError, decode
from streams.delivery.subscription import Subscription
from streams.elastic_faults import faults_told
from streams.elastic_paging import search_all
from streams.faults import StreamError

_PRESENT = {"term": {"removed": False}}


class NoSuchSubscriptionError(StreamError):
    """There is no subscription of that id; the message says how to find it."""


class SubscriptionChangedError(StreamError):
    """Somebody else changed it in the meantime; look at it, and decide again."""


@dataclass(frozen=True, slots=True)
class StoredSubscription:
    """A subscription as it was read. What is written over it must not have changed since."""

    subscription: Subscription
    removed: bool
    """It is here for its history alone."""
    seq_no: int
    primary_term: int


@dataclass(frozen=True, slots=True)
class SubscriptionListing:
    """What is stored, of all subscriptions that were not removed."""

    readable: tuple[StoredSubscription, ...]
    unreadable: Mapping[str, str]
    """Why, by id: documents of a newer version of this software."""


@dataclass(frozen=True, slots=True)
class SubscriptionVersion:
    """A subscription as it was once, without secrets; `removed` where that version was its removal."""

    subscription: Subscription
    removed: bool


def subscription_document(subscription: Subscription, *, removed: bool) -> dict[str, Any]:
    """The subscription as it is indexed."""
    return {
        "id": subscription.id,
        "version": subscription.version,
        "agency": subscription.agency,
        "system": subscription.system,
        "format": subscription.format,
        "disabled": bool(subscription.disabled_because),
        "removed": removed,
        "changed_at": subscription.changed_at.isoformat(),
        "changed_by": subscription.changed_by,
        "subscription": msgspec.to_builtins(subscription),
    }


class SubscriptionStore:
    """Reads and writes subscriptions. Used by one event loop."""

    def __init__(self, client: AsyncElasticsearch, index: str = INDEX, versions_index: str = VERSIONS_INDEX) -> None:
        self._client = client
        self._index = index
        self._versions_index = versions_index

    async def get(self, subscription_id: str) -> StoredSubscription:
        """The subscription as it stands.

        Raises:
            NoSuchSubscriptionError: there is none, or it was removed.
            ServiceAwayError: Elasticsearch does not answer.
        """
        stored = await self.last_of(subscription_id)
        if stored is None or stored.removed:
            msg = f"there is no subscription {subscription_id!r}; `platewatch webhook list` shows which there are"
            raise NoSuchSubscriptionError(msg)
        return stored

    async def last_of(self, subscription_id: str) -> StoredSubscription | None:
        """The newest that is stored under an id, be it that it was removed; None where it never was.

        Raises:
            ServiceAwayError: Elasticsearch does not answer.
        """
        with faults_told(self._index):
            try:
                answer = await self._client.get(index=self._index, id=subscription_id)
            except NotFoundError as error:
                if "found" not in error.body:  # it is the index that is missing
                    raise
                return None
        return _stored(answer)

    async def write(self, subscription: Subscription, over: StoredSubscription | None) -> StoredSubscription:
        """Write the subscription over what was read, or as the first of its id; whoever reads from now on finds it.

        Raises:
            SubscriptionChangedError: it was changed, or made, in the meantime.
            ServiceAwayError: Elasticsearch does not answer.
        """
        return await self._put(subscription, over, removed=False)

    async def remove(self, last: Subscription, over: StoredSubscription) -> None:
        """Write its last version, which says who removed it and when, over what was read; its secrets are dropped.

        Raises:
            SubscriptionChangedError: it was changed in the meantime.
            ServiceAwayError: Elasticsearch does not answer.
        """
        await self._put(_without_secrets(last), over, removed=True)

    async def all(self) -> SubscriptionListing:
        """All that were not removed, by id.

        Raises:
            ServiceAwayError: Elasticsearch does not answer.
        """
        readable: list[StoredSubscription] = []
        unreadable: dict[str, str] = {}
        for hit in await search_all(self._client, self._index, [_PRESENT], ["id"]):
            try:
                readable.append(_stored(hit))
            except StreamError as error:
                unreadable[hit["_id"]] = str(error)
        return SubscriptionListing(tuple(readable), unreadable)

    async def versions(self, subscription_id: str) -> list[SubscriptionVersion]:
        """Each version that ever was stored under an id, without secrets, the oldest first.

        Raises:
            NoSuchSubscriptionError: there never was one.
            ServiceAwayError: Elasticsearch does not answer.
        """
        present = await self.last_of(subscription_id)
        if present is None:
            msg = f"there never was a subscription {subscription_id!r}"
            raise NoSuchSubscriptionError(msg)
        hits = await search_all(self._client, self._versions_index, [{"term": {"id": subscription_id}}], ["version"])
        stored = [*map(_stored, hits), present]
        # The newest is in both where whoever was about to write over it was stopped, or was not the first.
        found = {one.subscription.version: one for one in stored}
        return [SubscriptionVersion(_without_secrets(one.subscription), one.removed) for one in found.values()]

    async def _put(
        self, subscription: Subscription, over: StoredSubscription | None, *, removed: bool
    ) -> StoredSubscription:
        condition: dict[str, Any] = {"op_type": "create"}
        if over is not None:
            await self._keep(over)
            condition = {"if_seq_no": over.seq_no, "if_primary_term": over.primary_term}
        with faults_told(self._index):
            try:
                answer = await self._client.index(
                    index=self._index,
                    id=subscription.id,
                    document=subscription_document(subscription, removed=removed),
                    # At once: workers read again every second, and people look for what they have made.
                    refresh=True,
                    **condition,
                )
            except ConflictError as error:
                msg = f"somebody changed subscription {subscription.id} in the meantime; look at it, and try again"
                raise SubscriptionChangedError(msg) from error
        return StoredSubscription(subscription, removed, answer["_seq_no"], answer["_primary_term"])

    async def _keep(self, stored: StoredSubscription) -> None:
        """Put a version among those that were. Who is not the first writes the same again."""
        version = stored.subscription
        document = subscription_document(_without_secrets(version), removed=stored.removed)
        with faults_told(self._versions_index):
            await self._client.index(
                index=self._versions_index, id=f"{version.id}@{version.version}", document=document, refresh=True
            )


def _without_secrets(subscription: Subscription) -> Subscription:
    return msgspec.structs.replace(subscription, sealed={})


def _stored(hit: Any) -> StoredSubscription:
    source = hit["_source"]
    try:
        subscription = decode(Subscription, msgspec.json.encode(source["subscription"])).record
    except InvalidRecordError as error:
        msg = f"the document of subscription {hit['_id']} cannot be read ({error}); it was written by a newer version"
        raise StreamError(msg) from error
    return StoredSubscription(subscription, source["removed"], hit["_seq_no"], hit["_primary_term"])
