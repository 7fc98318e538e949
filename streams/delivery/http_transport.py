"""Messages to subscribers over HTTP/1.1, signed, with connections that are kept."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from aiohttp.abc import AbstractResolver

from infra.settings.alerts import DeliverySettings
from streams.delivery.address_guard import AddressGuard, NameLookup
from streams.delivery.faults import DeliveryError, EndpointRefusedError
from streams.delivery.http_endpoint import HttpEndpoint, HttpEndpoints
from streams.delivery.http_faults import explain
from streams.delivery.message import Answer, OutgoingMessage
from streams.delivery.retry_after import seconds_until
from streams.delivery.sealing import Sealer
from streams.delivery.subscription import Subscription


def utc_now() -> datetime:
    """The time, aware."""
    return datetime.now(UTC)


class HttpTransport:
    """Posts messages; a pool of connections for each subscriber. Used by one event loop. See `open_http_transport`.

    Args:
        settings: time-outs, limits, and what may be connected to.
        guard: judges each address.
        clock: monotonic seconds.
        now: the time that is signed.
    """

    def __init__(
        self,
        settings: DeliverySettings,
        guard: AddressGuard,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._settings = settings
        self._sealer = Sealer(settings)
        self._endpoints = HttpEndpoints(settings, guard, clock)
        self._clock = clock
        self._now = now
        self._open: dict[str, HttpEndpoint] = {}
        self._opening = asyncio.Lock()

    async def send(self, message: OutgoingMessage, subscription: Subscription) -> Answer:
        """Post once; every fault is an answer.

        Raises:
            asyncio.CancelledError: the caller stops; nothing else gets out.
        """
        began = self._clock()
        answer = await self._try(message, subscription)
        return dataclasses.replace(answer, seconds=self._clock() - began)

    async def forget(self, subscription_id: str) -> None:
        """Close the connections to a subscriber that is no more, once what is under way has its answer."""
        async with self._opening:
            endpoint = self._open.pop(subscription_id, None)
        if endpoint is not None:
            await endpoint.retire()

    async def close(self) -> None:
        """Close all connections, once what is under way has its answer."""
        for subscription_id in list(self._open):
            await self.forget(subscription_id)

    async def _try(self, message: OutgoingMessage, subscription: Subscription) -> Answer:
        try:
            endpoint = await self._endpoint(subscription)
            try:
                async with asyncio.timeout(self._settings.timeout_s):
                    reply = await endpoint.deliver(message, self._now)
            except TimeoutError as error:
                raise explain(error, endpoint.place, self._settings) from None
        except EndpointRefusedError as error:
            return Answer(fault=str(error), refused_by_us=True)
        except DeliveryError as error:
            return Answer(fault=str(error))
        return Answer(reply.status, retry_after_s=seconds_until(reply.retry_after, self._now()))

    async def _endpoint(self, subscription: Subscription) -> HttpEndpoint:
        """The subscriber's pool: a new one for each change of it; who comes late with an old version gets that too."""
        present = self._open.get(subscription.id)
        if present is not None and not present.is_older_than(subscription):
            return present
        async with self._opening:
            present = self._open.get(subscription.id)
            if present is not None and not present.is_older_than(subscription):
                return present
            opened = await self._endpoints.open(subscription, self._sealer.open(subscription))
            self._open[subscription.id] = opened
        if present is not None:
            await present.retire()
        return opened


@asynccontextmanager
async def open_http_transport(
    settings: DeliverySettings, lookup: AbstractResolver | None = None
) -> AsyncIterator[HttpTransport]:
    """A transport whose connections are closed at the end.

    Args:
        settings: of all deliveries.
        lookup: where addresses of names come from, closed with it; without one, the operating system is asked.
    """
    names = lookup or NameLookup()
    transport = HttpTransport(settings, AddressGuard(settings, names))
    try:
        yield transport
    finally:
        await transport.close()
        await names.close()
