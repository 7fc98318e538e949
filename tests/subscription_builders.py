"""Terms that are valid by default, who may take steps, and a system of record in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from pydantic import SecretStr

from dashboards.subscription_steps import Mandate
from infra.settings.alerts import DeliverySettings
from streams.delivery.sealing import new_sealing_key
from streams.delivery.subscription import Subscription
from streams.delivery.subscription_store import (
    NoSuchSubscriptionError,
    StoredSubscription,
    SubscriptionChangedError,
    SubscriptionListing,
    SubscriptionVersion,
)
from streams.delivery.subscription_terms import SubscriptionTerms
from streams.people import Actor, Role

DELIVERY = DeliverySettings(sealing_key=SecretStr(new_sealing_key()))
ADMIN = Actor("A. Admin", Role.ADMINISTRATOR)
MANDATE = Mandate(ADMIN, "agreed with Metro")


def build_subscription_terms(**changes: Any) -> SubscriptionTerms:
    """A dispatch system over https, without a proof but the signature."""
    terms = SubscriptionTerms(agency="Metro Police", system="CAD", url="https://cad.example/alerts")
    return msgspec.structs.replace(terms, **changes)


class MemoryRecords:
    """Keeps subscriptions as Elasticsearch does: whoever writes over what has changed is refused.

    Args:
        before_write: called before each write, so that a test can be faster than the writer.
    """

    def __init__(self, before_write: Callable[[Subscription], None] | None = None) -> None:
        self.stored: dict[str, StoredSubscription] = {}
        self.history: list[SubscriptionVersion] = []
        self.before_write = before_write
        self._writes = 0

    async def get(self, subscription_id: str) -> StoredSubscription:
        stored = self.stored.get(subscription_id)
        if stored is None or stored.removed:
            raise NoSuchSubscriptionError(subscription_id)
        return stored

    async def last_of(self, subscription_id: str) -> StoredSubscription | None:
        return self.stored.get(subscription_id)

    async def write(self, subscription: Subscription, over: StoredSubscription | None) -> StoredSubscription:
        return self._put(subscription, over, removed=False)

    async def remove(self, last: Subscription, over: StoredSubscription) -> None:
        self._put(last, over, removed=True)

    async def all(self) -> SubscriptionListing:
        return SubscriptionListing(tuple(one for one in self.stored.values() if not one.removed), {})

    async def versions(self, subscription_id: str) -> list[SubscriptionVersion]:
        return [one for one in self.history if one.subscription.id == subscription_id]

    def put(self, subscription: Subscription, *, removed: bool = False) -> StoredSubscription:
        """Write without asking, as somebody else would."""
        self._writes += 1
        stored = StoredSubscription(subscription, removed, self._writes, 1)
        self.stored[subscription.id] = stored
        bare = msgspec.structs.replace(subscription, sealed={})
        self.history.append(SubscriptionVersion(bare, removed))
        return stored

    def _put(self, subscription: Subscription, over: StoredSubscription | None, *, removed: bool) -> StoredSubscription:
        if self.before_write is not None:
            self.before_write(subscription)
        if self.stored.get(subscription.id) != over:
            raise SubscriptionChangedError(subscription.id)
        return self.put(subscription, removed=removed)
