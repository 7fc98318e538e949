"""What the worker `delivery` is given from packages that the streams do not know: the steps of subscriptions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from dashboards.audit_log import AuditLogError
from dashboards.subscription_service import open_subscriptions
from infra.settings import Settings
from infra.settings.workers import WorkerName
from streams.agents.delivery import Disable
from streams.delivery.subscription import Subscription
from streams.faults import ServiceAwayError
from streams.worker import Attach, agent


def delivery_attach(settings: Settings) -> Attach:
    """How the worker is attached to its app."""

    @asynccontextmanager
    async def open_disable() -> AsyncIterator[Disable]:
        async with open_subscriptions(settings) as subscriptions:

            async def disable(subscription: Subscription, why: str) -> None:
                try:
                    await subscriptions.disable_gone(subscription, why)
                except AuditLogError as error:
                    service = "kafka"
                    raise ServiceAwayError(service, str(error)) from error

            yield disable

    return partial(agent(WorkerName.DELIVERY).attach, open_disable=open_disable)
