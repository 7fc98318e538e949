"""Messages to subscribers, whatever their endpoint speaks: one open endpoint for each, made by its URL's scheme."""

from __future__ import annotations

import asyncio
import dataclasses
import time
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Protocol

import structlog
from aiohttp.abc import AbstractResolver

from infra.settings.alerts import DeliverySettings
from streams.delivery.address_guard import AddressGuard, NameLookup
from streams.delivery.endpoint_url import MQTT_SCHEMES, EndpointAddress, parse_endpoint_url
from streams.delivery.faults import DeliveryError, EndpointRefusedError
from streams.delivery.http_endpoint import HttpEndpoints
from streams.delivery.message import Answer, OutgoingMessage
from streams.delivery.mqtt_endpoint import MqttEndpoints
from streams.delivery.sealing import OpenedSecrets, Sealer
from streams.delivery.subscription import Subscription

log = structlog.get_logger(__name__)


class OpenEndpoint(Protocol):
    """Where one version of a subscription leads, with its connections. Used by one event loop."""

    @property
    def address(self) -> EndpointAddress:
        """Where that is."""
        ...

    async def deliver(self, message: OutgoingMessage, now: Callable[[], datetime]) -> Answer:
        """Try once. The caller sets the time-out, by cancelling.

        Raises:
            DeliveryError: it could not be sent, or there was no whole answer.
        """
        ...

    async def close(self) -> None:
        """Close its connections."""
        ...


Opener = Callable[[Subscription, EndpointAddress, OpenedSecrets], Awaitable[OpenEndpoint]]
"""Makes an endpoint, not yet connected; raises DeliveryError."""


class EndpointTransport:
    """Sends to all subscribers; connections are kept, and made anew when a subscription changes. See `open_transport`.

    Args:
        settings: time-outs, limits, and what may be connected to.
        open_endpoint: makes endpoints.
        clock: monotonic seconds.
        now: the time that is signed.
    """

    def __init__(
        self,
        settings: DeliverySettings,
        open_endpoint: Opener,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._settings = settings
        self._open_endpoint = open_endpoint
        self._sealer = Sealer(settings)
        self._clock = clock
        self._now = now
        self._held: dict[str, _Held] = {}
        self._opening = asyncio.Lock()

    async def send(self, message: OutgoingMessage, subscription: Subscription) -> Answer:
        """Try once; every fault is an answer.

        Raises:
            asyncio.CancelledError: the caller stops; nothing else gets out.
        """
        began = self._clock()
        answer = await self._try(message, subscription)
        return dataclasses.replace(answer, seconds=self._clock() - began)

    async def forget(self, subscription_id: str) -> None:
        """Close the connections to a subscriber that is no more, once what is under way has its answer."""
        async with self._opening:
            held = self._held.pop(subscription_id, None)
        if held is not None:
            await held.retire()

    async def close(self) -> None:
        """Close all connections, once what is under way has its answer."""
        for subscription_id in list(self._held):
            await self.forget(subscription_id)

    async def _try(self, message: OutgoingMessage, subscription: Subscription) -> Answer:
        try:
            held = await self._of(subscription)
            return await held.deliver(message, self._now, self._settings.timeout_s)
        except EndpointRefusedError as error:
            return Answer(fault=str(error), refused_by_us=True)
        except DeliveryError as error:
            return Answer(fault=str(error))
        except Exception as error:  # noqa: BLE001 - what nobody foresaw of one endpoint must not end the worker of all
            # Its text may hold a secret.
            where = "".join(traceback.format_tb(error.__traceback__))
            log.error("fault at an endpoint", subscription=subscription.id, error=type(error).__name__, stack=where)
            return Answer(fault=f"it could not be sent: {type(error).__name__}")

    async def _of(self, subscription: Subscription) -> _Held:
        """The subscriber's endpoint: a new one for each change; who comes late with an old version gets that too."""
        present = self._held.get(subscription.id)
        if present is not None and present.age >= _age(subscription):
            return present
        async with self._opening:
            present = self._held.get(subscription.id)
            if present is not None and present.age >= _age(subscription):
                return present
            address = parse_endpoint_url(subscription.url, self._settings)
            secrets = self._sealer.open(subscription)
            opened = _Held(await self._open_endpoint(subscription, address, secrets), _age(subscription))
            self._held[subscription.id] = opened
        if present is not None:
            await present.retire()
        return opened


class _Held:
    """An open endpoint that is closed once it is retired and nothing is under way any more."""

    def __init__(self, endpoint: OpenEndpoint, age: tuple[datetime, int]) -> None:
        self.age = age
        self._endpoint = endpoint
        self._under_way = 0
        self._is_retired = False

    async def deliver(self, message: OutgoingMessage, now: Callable[[], datetime], timeout_s: float) -> Answer:
        self._under_way += 1
        try:
            async with asyncio.timeout(timeout_s):
                return await self._endpoint.deliver(message, now)
        except TimeoutError:
            return Answer(fault=f"{self._endpoint.address.place} gave no answer within {timeout_s:g} s")
        finally:
            self._under_way -= 1
            await self._close_if_over()

    async def retire(self) -> None:
        self._is_retired = True
        await self._close_if_over()

    async def _close_if_over(self) -> None:
        if self._is_retired and not self._under_way:
            await self._endpoint.close()


def _age(subscription: Subscription) -> tuple[datetime, int]:
    # One that is made again under the same name begins with version 1.
    return subscription.created_at, subscription.version


@asynccontextmanager
async def open_transport(
    settings: DeliverySettings, lookup: AbstractResolver | None = None
) -> AsyncIterator[EndpointTransport]:
    """A transport whose connections are closed at the end.

    Args:
        settings: of all deliveries.
        lookup: where addresses of names come from, closed with it; without one, the operating system is asked.
    """
    names = lookup or NameLookup()
    guard = AddressGuard(settings, names)
    http, mqtt = HttpEndpoints(settings, guard), MqttEndpoints(settings, guard)

    async def open_endpoint(
        subscription: Subscription, address: EndpointAddress, secrets: OpenedSecrets
    ) -> OpenEndpoint:
        opener = mqtt.open if address.scheme in MQTT_SCHEMES else http.open
        return await opener(subscription, address, secrets)

    transport = EndpointTransport(settings, open_endpoint)
    try:
        yield transport
    finally:
        await transport.close()
        await names.close()
