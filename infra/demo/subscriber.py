"""Makes a receiver known to the delivery: a subscription like any other, made by the one who may."""

from __future__ import annotations

from contextlib import suppress

from dashboards.subscription_service import GivenSecrets, open_subscriptions
from dashboards.subscription_steps import Mandate
from infra.settings import Settings
from streams.delivery.subscription_store import NoSuchSubscriptionError
from streams.delivery.subscription_terms import SubscriptionTerms
from streams.people import Actor, Role

_MANDATE = Mandate(Actor("Demo", Role.ADMINISTRATOR), "receiver of a demo")


async def subscribe(settings: Settings, subscription_id: str, terms: SubscriptionTerms, signing_secret: str) -> None:
    """Let the receiver have alerts from now on; one of that id from an earlier run goes.

    Raises:
        StreamError: it may not be made, or a service does not answer.
    """
    async with open_subscriptions(settings) as subscriptions:
        with suppress(NoSuchSubscriptionError):
            await subscriptions.remove(subscription_id, _MANDATE)
        await subscriptions.create(subscription_id, terms, GivenSecrets(signing=signing_secret), _MANDATE)
