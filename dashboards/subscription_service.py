"""What people do with subscriptions: one class for the command line, the console, and the worker that meets a 410.

It stands here, and not beside the deliveries, because each step is on record in the audit log first. A step is: look
whether it may be taken → audit log → Elasticsearch, over what was read; the workers read it within a second. A crash
before the last leaves nothing but the record of an attempt.

Secrets come in, are sealed, and are never told again: the signing secret is shown once, to whoever has it made.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Protocol

from dashboards.audit_log import record
from dashboards.subscription_steps import Mandate, check_mandate, step_event
from infra.settings import Settings
from infra.settings.alerts import DeliverySettings
from streams.clients import build_elasticsearch
from streams.delivery import subscription_life as life
from streams.delivery.choice_rules import SubscriptionRefusedError
from streams.delivery.faults import DeliveryError
from streams.delivery.sealing import Sealer
from streams.delivery.signing import check_secret, new_secret
from streams.delivery.subscription import SecretName, Subscription
from streams.delivery.subscription_life import Stamp
from streams.delivery.subscription_store import (
    StoredSubscription,
    SubscriptionChangedError,
    SubscriptionListing,
    SubscriptionStore,
    SubscriptionVersion,
)
from streams.delivery.subscription_terms import (
    SubscriptionTerms,
    changed_terms,
    check_id,
    check_terms,
    terms_of,
)
from streams.people import SYSTEM
from streams.records import AuditEvent, to_milliseconds


@dataclass(frozen=True, slots=True)
class GivenSecrets:
    """Secrets that come along with terms; empty where none is given. They do not print."""

    signing: str = field(default="", repr=False)
    """Where the receiver has one already; else one is made."""
    auth: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Issued:
    """A subscription and its new signing secret, which is told here and never again."""

    subscription: Subscription
    signing_secret: str = field(repr=False)


class SubscriptionRecords(Protocol):
    """Where subscriptions are kept; see `streams.delivery.subscription_store.SubscriptionStore`."""

    async def get(self, subscription_id: str) -> StoredSubscription:
        """One that was not removed."""
        ...

    async def last_of(self, subscription_id: str) -> StoredSubscription | None:
        """The newest under an id."""
        ...

    async def write(self, subscription: Subscription, over: StoredSubscription | None) -> StoredSubscription:
        """Compare and swap."""
        ...

    async def remove(self, last: Subscription, over: StoredSubscription) -> None:
        """Compare, and leave the history alone."""
        ...

    async def all(self) -> SubscriptionListing:
        """All that were not removed."""
        ...

    async def versions(self, subscription_id: str) -> list[SubscriptionVersion]:
        """All that ever were."""
        ...


class SubscriptionService:
    """Takes steps of subscriptions. Used by one event loop.

    Each step raises, before anything is done: SubscriptionRefusedError where it may not be taken, AuditLogError and
    ServiceAwayError where a service does not answer, SealingError where secrets cannot be sealed. Steps that are taken
    on a subscription also raise NoSuchSubscriptionError, and SubscriptionChangedError where somebody was faster.

    Args:
        store: the system of record.
        audit: writes an event, or raises AuditLogError; nothing happens then.
        settings: which endpoints are allowed.
        sealer: seals secrets.
        clock: gives the time.
    """

    def __init__(
        self,
        store: SubscriptionRecords,
        audit: Callable[[AuditEvent], Awaitable[None]],
        *,
        settings: DeliverySettings,
        sealer: Sealer,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._audit = audit
        self._settings = settings
        self._sealer = sealer
        self._clock = clock

    async def create(
        self, subscription_id: str, terms: SubscriptionTerms, secrets: GivenSecrets, mandate: Mandate
    ) -> Issued:
        """Make a subscription; it is served within a second. Whoever takes an id of old goes on with its versions."""
        check_mandate(mandate)
        check_id(subscription_id)
        await self._check_terms(terms, secrets.auth)
        signing = _checked_secret(secrets.signing)
        sealed = self._sealed({SecretName.SIGNING: signing, SecretName.AUTH: secrets.auth})
        before = await self._store.last_of(subscription_id)
        if before is not None and not before.removed:
            msg = f"there is a subscription {subscription_id} already; change it, or take another id"
            raise SubscriptionRefusedError(msg)
        removed = before.subscription if before else None
        made = life.make(subscription_id, terms, sealed, stamp=self._stamp(mandate), removed=removed)
        await self._audit(step_event("created", made, mandate))
        return Issued((await self._store.write(made, before)).subscription, signing)

    async def change(
        self,
        subscription_id: str,
        revise: Callable[[SubscriptionTerms], SubscriptionTerms],
        mandate: Mandate,
        *,
        auth_secret: str = "",
    ) -> Subscription:
        """Set other terms, made of those there are.

        The secret of auth stays where none is given; it is to be given again where its kind changes, or where it would
        go to another host than before.
        """
        check_mandate(mandate)
        stored = await self._store.get(subscription_id)
        before = terms_of(stored.subscription)
        terms = revise(before)
        sealed = self._sealed({SecretName.AUTH: auth_secret})
        changed = life.change(stored.subscription, terms, sealed, self._stamp(mandate))
        await self._check_terms(terms, auth_secret or self._auth_secret(changed))
        names = [*changed_terms(before, terms), *(["the secret of auth"] if auth_secret else [])]
        return await self._take(changed, stored, step_event("changed", changed, mandate, what=", ".join(names)))

    async def enable(self, subscription_id: str, mandate: Mandate) -> Subscription:
        """Serve it again; what was held back while it was disabled goes out."""
        check_mandate(mandate)
        stored = await self._store.get(subscription_id)
        enabled = life.enable(stored.subscription, self._stamp(mandate))
        # The settings may have changed since, and certificates expire.
        await self._check_terms(terms_of(enabled), self._auth_secret(enabled))
        return await self._take(enabled, stored, step_event("enabled", enabled, mandate))

    async def disable(self, subscription_id: str, mandate: Mandate) -> Subscription:
        """Serve it no more until it is enabled; the reason is shown beside it."""
        check_mandate(mandate)
        stored = await self._store.get(subscription_id)
        disabled = life.disable(stored.subscription, mandate.reason.strip(), self._stamp(mandate))
        return await self._take(disabled, stored, step_event("disabled", disabled, mandate))

    async def disable_gone(self, subscription: Subscription, why: str) -> None:
        """Disable one whose endpoint wants no more. One that was changed since, or removed, is left as it is.

        Args:
            subscription: as it was when the endpoint said so.
            why: what it said, for people.
        """
        stored = await self._store.last_of(subscription.id)
        if stored is None or stored.removed or stored.subscription.version != subscription.version:
            return
        mandate = Mandate(SYSTEM, why)
        disabled = life.disable(stored.subscription, why, self._stamp(mandate))
        with suppress(SubscriptionChangedError):
            await self._take(disabled, stored, step_event("disabled", disabled, mandate))

    async def remove(self, subscription_id: str, mandate: Mandate) -> None:
        """Take it off; what still waits for it is not sent. Its versions stay readable, its secrets go."""
        check_mandate(mandate)
        stored = await self._store.get(subscription_id)
        last = life.remove(stored.subscription, self._stamp(mandate))
        await self._audit(step_event("removed", last, mandate))
        await self._store.remove(last, stored)

    async def rotate_secret(self, subscription_id: str, mandate: Mandate, *, given: str = "") -> Issued:
        """Sign with a new secret, and with the one before as well until the rotation is finished."""
        check_mandate(mandate)
        signing = _checked_secret(given)
        stored = await self._store.get(subscription_id)
        rotated = life.rotate(stored.subscription, self._sealer.seal(signing), self._stamp(mandate))
        return Issued(await self._take(rotated, stored, step_event("secret-rotated", rotated, mandate)), signing)

    async def finish_rotation(self, subscription_id: str, mandate: Mandate) -> Subscription:
        """Sign with the new secret alone: the receiver knows it, or the old one must not count any more."""
        check_mandate(mandate)
        stored = await self._store.get(subscription_id)
        finished = life.finish_rotation(stored.subscription, self._stamp(mandate))
        return await self._take(finished, stored, step_event("rotation-finished", finished, mandate))

    async def get(self, subscription_id: str) -> Subscription:
        """One subscription.

        Raises:
            NoSuchSubscriptionError: there is none.
        """
        return (await self._store.get(subscription_id)).subscription

    async def all(self) -> SubscriptionListing:
        """All that were not removed, by id."""
        return await self._store.all()

    async def versions(self, subscription_id: str) -> list[SubscriptionVersion]:
        """Each version that ever was, without secrets, the oldest first.

        Raises:
            NoSuchSubscriptionError: there never was one.
        """
        return await self._store.versions(subscription_id)

    async def _take(self, after: Subscription, over: StoredSubscription, event: AuditEvent) -> Subscription:
        await self._audit(event)
        return (await self._store.write(after, over)).subscription

    async def _check_terms(self, terms: SubscriptionTerms, auth_secret: str) -> None:
        await asyncio.to_thread(check_terms, terms, auth_secret, self._settings, self._clock())

    def _auth_secret(self, subscription: Subscription) -> str:
        sealed = subscription.sealed.get(SecretName.AUTH)
        return self._sealer.unseal(sealed) if sealed else ""

    def _sealed(self, secrets: dict[SecretName, str]) -> dict[SecretName, str]:
        return {name: self._sealer.seal(secret) for name, secret in secrets.items() if secret}

    def _stamp(self, mandate: Mandate) -> Stamp:
        return Stamp(mandate.actor.name.strip(), to_milliseconds(self._clock()))


def _checked_secret(given: str) -> str:
    """The signing secret that was given, or a new one."""
    if not given:
        return new_secret()
    try:
        check_secret(given)
    except DeliveryError as error:
        raise SubscriptionRefusedError(str(error)) from None
    return given


@asynccontextmanager
async def open_subscriptions(settings: Settings) -> AsyncIterator[SubscriptionService]:
    """The service, over clients that are closed at the end."""

    async def audit(event: AuditEvent) -> None:
        await asyncio.to_thread(record, event, settings.kafka)

    client = build_elasticsearch(settings.elasticsearch)
    try:
        yield SubscriptionService(
            SubscriptionStore(client),
            audit,
            settings=settings.delivery,
            sealer=Sealer(settings.delivery),
            clock=partial(datetime.now, UTC),
        )
    finally:
        await client.close()
