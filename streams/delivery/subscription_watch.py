"""The subscriptions that there are, read again and again, so that a change holds within a second everywhere."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

import structlog

from streams.delivery.subscription import Subscription
from streams.delivery.subscription_store import SubscriptionListing
from streams.faults import StreamError

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SubscriptionChanges:
    """What has changed since the reading before."""

    added: tuple[Subscription, ...] = ()
    changed: tuple[Subscription, ...] = ()
    """Each as it is now; what was disabled or enabled is among them."""
    removed: tuple[Subscription, ...] = ()
    """Each as it was last."""

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


class AllSubscriptions(Protocol):
    """Where they are read; see `streams.delivery.subscription_store.SubscriptionStore`."""

    async def all(self) -> SubscriptionListing:
        """All that were not removed."""
        ...


class SubscriptionWatch:
    """Holds all subscriptions that were not removed, disabled ones included. Used by one event loop.

    While they cannot be read, those that are known go on; one that this software is too old to read stays as it was
    read last.

    Args:
        store: where they are read.
        refresh_s: seconds between two readings.
        on_change: awaited with each change before the next reading; with none where only the ids that cannot be read
            are others, or where the first reading is empty.
        sleep: waits; a test puts its own in.
    """

    def __init__(
        self,
        store: AllSubscriptions,
        refresh_s: float,
        on_change: Callable[[SubscriptionChanges], Awaitable[None]],
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store = store
        self._refresh_s = refresh_s
        self._on_change = on_change
        self._sleep = sleep
        self._known: dict[str, Subscription] = {}
        self._first_read = asyncio.Event()
        self._trouble = ""
        self._unreadable: frozenset[str] = frozenset()

    @property
    def ready(self) -> bool:
        """Whether they were read once: before that, nobody knows who is to be told."""
        return self._first_read.is_set()

    @property
    def subscriptions(self) -> tuple[Subscription, ...]:
        """As they were read last, by id."""
        return tuple(self._known[name] for name in sorted(self._known))

    @property
    def unreadable(self) -> frozenset[str]:
        """Ids of those that this software was too old to read, when they were read last."""
        return self._unreadable

    async def wait_ready(self) -> None:
        """Return when they were read once, and `on_change` is through."""
        await self._first_read.wait()

    async def run(self) -> None:
        """Read until cancelled.

        Raises:
            Exception: of `on_change`; what it did not take is not told again.
        """
        while True:
            await self.refresh()
            await self._sleep(self._refresh_s)

    async def refresh(self) -> None:
        """Read them once; where that fails, what is known stays, and it is logged once until it is over."""
        try:
            listing = await self._store.all()
        except StreamError as error:
            if str(error) != self._trouble:
                log.warning("subscriptions cannot be read; those that are known go on", reason=str(error))
            self._trouble = str(error)
            return
        if self._trouble:
            log.info("subscriptions are read again")
            self._trouble = ""
        unreadable_before = self._unreadable
        self._tell_unreadable(listing)
        changes = self._take(listing)
        if changes or not self.ready or unreadable_before != self._unreadable:
            await self._on_change(changes)
        self._first_read.set()

    def _take(self, listing: SubscriptionListing) -> SubscriptionChanges:
        now = {stored.subscription.id: stored.subscription for stored in listing.readable}
        kept = {name: self._known[name] for name in listing.unreadable if name in self._known}
        before, self._known = self._known, now | kept
        return SubscriptionChanges(
            added=tuple(one for name, one in now.items() if name not in before),
            changed=tuple(one for name, one in now.items() if name in before and before[name] != one),
            removed=tuple(one for name, one in before.items() if name not in self._known),
        )

    def _tell_unreadable(self, listing: SubscriptionListing) -> None:
        for name in sorted(set(listing.unreadable) - self._unreadable):
            log.error("subscription cannot be read", subscription=name, reason=listing.unreadable[name])
        self._unreadable = frozenset(listing.unreadable)
