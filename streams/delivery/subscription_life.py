"""The steps of a subscription: made, changed, disabled, enabled, its secret rotated, removed. Pure; secrets are sealed.

Each gives the next version, or says why it cannot be taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec

from streams.delivery.choice_rules import SubscriptionRefusedError
from streams.delivery.subscription import SecretName, Subscription
from streams.delivery.subscription_terms import SubscriptionTerms, terms_of, with_terms, would_disclose_secret

Sealed = Mapping[SecretName, str]
"""Sealed secrets, by name."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who takes a step, and when."""

    by: str
    at: datetime


def make(
    subscription_id: str, terms: SubscriptionTerms, sealed: Sealed, *, stamp: Stamp, removed: Subscription | None
) -> Subscription:
    """A new subscription.

    Args:
        subscription_id: chosen by whoever makes it.
        terms: checked already.
        sealed: its secrets.
        stamp: who and when.
        removed: what had the id before; its versions go on.
    """
    first = Subscription(
        id=subscription_id,
        version=removed.version + 1 if removed else 1,
        agency=terms.agency,
        url=terms.url,
        sealed=dict(sealed),
        created_at=stamp.at,
        created_by=stamp.by,
        changed_at=stamp.at,
        changed_by=stamp.by,
    )
    return with_terms(first, terms)


def change(subscription: Subscription, terms: SubscriptionTerms, sealed: Sealed, stamp: Stamp) -> Subscription:
    """The subscription on other terms, checked already, with the secrets that came along with them.

    Raises:
        SubscriptionRefusedError: nothing changes, or the secret of auth would go where it was not given for.
    """
    before = terms_of(subscription)
    kept = dict(subscription.sealed)
    if terms.auth.kind is not before.auth.kind:
        kept.pop(SecretName.AUTH, None)
    elif SecretName.AUTH not in sealed and would_disclose_secret(before, terms):
        msg = "the secret of auth would go to another host than it was given for; give it again, with the new URL"
        raise SubscriptionRefusedError(msg)
    if terms == before and not sealed:
        msg = f"subscription {subscription.id} says this already; nothing is changed"
        raise SubscriptionRefusedError(msg)
    return _next(msgspec.structs.replace(with_terms(subscription, terms), sealed=kept | dict(sealed)), stamp)


def disable(subscription: Subscription, why: str, stamp: Stamp) -> Subscription:
    """The subscription, not served until it is enabled.

    Raises:
        SubscriptionRefusedError: it is disabled already.
    """
    if subscription.disabled_because:
        msg = f"subscription {subscription.id} is disabled already: {subscription.disabled_because}"
        raise SubscriptionRefusedError(msg)
    return _next(msgspec.structs.replace(subscription, disabled_because=why), stamp)


def enable(subscription: Subscription, stamp: Stamp) -> Subscription:
    """The subscription, served again.

    Raises:
        SubscriptionRefusedError: it is not disabled.
    """
    if not subscription.disabled_because:
        msg = f"subscription {subscription.id} is not disabled"
        raise SubscriptionRefusedError(msg)
    return _next(msgspec.structs.replace(subscription, disabled_because=""), stamp)


def rotate(subscription: Subscription, sealed_signing: str, stamp: Stamp) -> Subscription:
    """The subscription with a new signing secret beside the one it had: both sign.

    Raises:
        SubscriptionRefusedError: two sign already; a third would end one that a receiver may still rely on.
    """
    sealed = dict(subscription.sealed)
    if SecretName.SIGNING_BEFORE in sealed:
        msg = f"the secret of {subscription.id} is being changed over already; finish that rotation first"
        raise SubscriptionRefusedError(msg)
    if SecretName.SIGNING in sealed:
        sealed[SecretName.SIGNING_BEFORE] = sealed[SecretName.SIGNING]
    sealed[SecretName.SIGNING] = sealed_signing
    return _next(msgspec.structs.replace(subscription, sealed=sealed), stamp)


def finish_rotation(subscription: Subscription, stamp: Stamp) -> Subscription:
    """The subscription with its newest signing secret alone.

    Raises:
        SubscriptionRefusedError: it has no other.
    """
    sealed = dict(subscription.sealed)
    if sealed.pop(SecretName.SIGNING_BEFORE, None) is None:
        msg = f"the secret of {subscription.id} is not being changed over; rotate it first"
        raise SubscriptionRefusedError(msg)
    return _next(msgspec.structs.replace(subscription, sealed=sealed), stamp)


def remove(subscription: Subscription, stamp: Stamp) -> Subscription:
    """The last version of a subscription, which has no secrets."""
    return _next(msgspec.structs.replace(subscription, sealed={}), stamp)


def _next(subscription: Subscription, stamp: Stamp) -> Subscription:
    return msgspec.structs.replace(
        subscription, version=subscription.version + 1, changed_at=stamp.at, changed_by=stamp.by
    )
