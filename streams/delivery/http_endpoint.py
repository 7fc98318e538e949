"""One subscriber's end of HTTP: its pool of connections, its proof and its signatures, made for one version of it."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime
from http import HTTPStatus
from importlib.metadata import version

from infra.settings.alerts import DeliverySettings
from streams.delivery.address_guard import AddressGuard
from streams.delivery.authentication import Authentication, FixedHeaders, fixed_headers
from streams.delivery.client_credentials import ClientCredentials
from streams.delivery.endpoint_url import HTTP_SCHEMES, parse_endpoint_url
from streams.delivery.faults import EndpointRefusedError
from streams.delivery.http_exchange import HttpClient, Reply
from streams.delivery.message import OutgoingMessage
from streams.delivery.sealing import OpenedSecrets
from streams.delivery.signing import Signer
from streams.delivery.subscription import AuthKind, Subscription
from streams.delivery.tls import show_certificate, trust_also, verifying_context

USER_AGENT = f"platewatch/{version('platewatch')}"
_TOKEN_CONNECTIONS = 1
"""To the token's server: one request at a time is made of it."""


class HttpEndpoint:
    """Posts to one subscriber. Its connections are closed once it is retired and nothing is under way any more."""

    def __init__(
        self,
        client: HttpClient,
        authentication: Authentication,
        signer: Signer,
        *,
        subscription: Subscription,
        resources: AsyncExitStack,
    ) -> None:
        self._made_for = _age(subscription)
        self.place = client.address.place
        self._client = client
        self._authentication = authentication
        self._signer = signer
        self._resources = resources
        self._under_way = 0
        self._is_retired = False

    async def deliver(self, message: OutgoingMessage, now: Callable[[], datetime]) -> Reply:
        """Post the message; once more where the endpoint takes our token for expired. The caller sets the time-out.

        Raises:
            DeliveryError: there was no answer, or it could not be sent.
        """
        self._under_way += 1
        try:
            proof = await self._authentication.headers()
            reply = await self._post(message, now(), proof)
            if reply.status == HTTPStatus.UNAUTHORIZED and self._authentication.refused(proof):
                reply = await self._post(message, now(), await self._authentication.headers())
            return reply
        finally:
            self._under_way -= 1
            await self._close_if_over()

    def is_older_than(self, subscription: Subscription) -> bool:
        """Whether the subscription has been changed, or removed and made again, since this was made for it."""
        return self._made_for < _age(subscription)

    async def retire(self) -> None:
        """Close the connections as soon as nothing is under way."""
        self._is_retired = True
        await self._close_if_over()

    async def _close_if_over(self) -> None:
        if self._is_retired and not self._under_way:
            await self._resources.aclose()

    async def _post(self, message: OutgoingMessage, now: datetime, proof: dict[str, str]) -> Reply:
        headers = {"content-type": message.payload.content_type, "user-agent": USER_AGENT}
        return await self._client.post(message.payload.body, headers | self._signer.headers(message, now) | proof)


class HttpEndpoints:
    """Makes endpoints of subscriptions.

    Args:
        settings: of all deliveries.
        guard: what may be connected to.
        clock: monotonic seconds.
    """

    def __init__(
        self, settings: DeliverySettings, guard: AddressGuard, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings
        self._guard = guard
        self._clock = clock
        self._public_tls: ssl.SSLContext | None = None

    async def open(self, subscription: Subscription, secrets: OpenedSecrets) -> HttpEndpoint:
        """An endpoint, not yet connected.

        Raises:
            EndpointRefusedError: we do not speak to its URL.
            EndpointSetupError: its certificates or secrets cannot be used.
        """
        address = parse_endpoint_url(subscription.url, self._settings)
        tls = await self._tls(subscription, secrets.auth)
        signer = Signer(secrets.signing)
        async with AsyncExitStack() as resources:
            authentication = await self._authentication(subscription, secrets.auth, resources)
            connector = self._guard.connector(limit=subscription.concurrency, tls=tls)
            client = HttpClient(subscription.url, address, connector, self._settings)
            resources.push_async_callback(client.close)
            return HttpEndpoint(
                client, authentication, signer, subscription=subscription, resources=resources.pop_all()
            )

    async def _authentication(
        self, subscription: Subscription, secret: str, resources: AsyncExitStack
    ) -> Authentication:
        auth = subscription.auth
        if auth.kind is not AuthKind.OAUTH2:
            return FixedHeaders(fixed_headers(auth, secret))
        address = parse_endpoint_url(auth.token_url, self._settings, name="the token URL")
        if address.scheme not in HTTP_SCHEMES:
            msg = "the token URL is not one of HTTP; write it as https://host/path"
            raise EndpointRefusedError(msg)
        tls = await asyncio.to_thread(_token_tls, subscription)
        connector = self._guard.connector(limit=_TOKEN_CONNECTIONS, tls=tls)
        client = HttpClient(auth.token_url, address, connector, self._settings)
        resources.push_async_callback(client.close)
        return ClientCredentials(
            client, client_id=auth.username, client_secret=secret, scope=auth.scope, clock=self._clock
        )

    async def _tls(self, subscription: Subscription, secret: str) -> ssl.SSLContext:
        if subscription.ca_pem or subscription.auth.kind is AuthKind.MUTUAL_TLS:
            return await asyncio.to_thread(_own_tls, subscription, secret)
        if self._public_tls is None:
            self._public_tls = await asyncio.to_thread(verifying_context)
        return self._public_tls


def _age(subscription: Subscription) -> tuple[datetime, int]:
    # One that is made again under the same name begins with version 1.
    return subscription.created_at, subscription.version


def _own_tls(subscription: Subscription, secret: str) -> ssl.SSLContext:
    context = verifying_context(subscription.ca_pem)
    if subscription.auth.kind is AuthKind.MUTUAL_TLS:
        show_certificate(context, subscription.auth.certificate_pem, secret)
    return context


def _token_tls(subscription: Subscription) -> ssl.SSLContext:
    """Who issues tokens may have a public certificate where the endpoint has one of its own authority."""
    context = verifying_context()
    if subscription.ca_pem:
        trust_also(context, subscription.ca_pem)
    return context
