"""Messages to one subscriber over HTTP/1.1: signed, with its proof, over a pool of connections of its own."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from datetime import datetime
from http import HTTPStatus
from importlib.metadata import version

from infra.settings.alerts import DeliverySettings
from streams.delivery.address_guard import AddressGuard
from streams.delivery.authentication import Authentication, FixedHeaders, fixed_headers
from streams.delivery.client_credentials import ClientCredentials
from streams.delivery.endpoint_url import HTTP_SCHEMES, EndpointAddress, parse_endpoint_url
from streams.delivery.faults import EndpointRefusedError
from streams.delivery.http_exchange import HttpClient, Reply
from streams.delivery.message import Answer, OutgoingMessage
from streams.delivery.retry_after import seconds_until
from streams.delivery.sealing import OpenedSecrets
from streams.delivery.signing import Signer
from streams.delivery.subscription import AuthKind, Subscription
from streams.delivery.tls import show_certificate, trust, verifying_context

USER_AGENT = f"platewatch/{version('platewatch')}"
_TOKEN_CONNECTIONS = 1
"""To the token's server: one request at a time is made of it."""


class HttpEndpoint:
    """Posts to one subscriber. Used by one event loop."""

    def __init__(
        self, client: HttpClient, authentication: Authentication, signer: Signer, *, resources: AsyncExitStack
    ) -> None:
        self._client = client
        self._authentication = authentication
        self._signer = signer
        self._resources = resources

    @property
    def address(self) -> EndpointAddress:
        """Where it is."""
        return self._client.address

    async def deliver(self, message: OutgoingMessage, now: Callable[[], datetime]) -> Answer:
        """Post the message; once more where the endpoint takes our token for expired. The caller sets the time-out.

        Raises:
            DeliveryError: there was no answer, or it could not be sent.
        """
        proof = await self._authentication.headers()
        reply = await self._post(message, now(), proof)
        if reply.status == HTTPStatus.UNAUTHORIZED and self._authentication.refused(proof):
            reply = await self._post(message, now(), await self._authentication.headers())
        return Answer(reply.status, retry_after_s=seconds_until(reply.retry_after, now()))

    async def close(self) -> None:
        """Close its connections, those to the token's server too."""
        await self._resources.aclose()

    async def _post(self, message: OutgoingMessage, now: datetime, proof: Mapping[str, str]) -> Reply:
        headers = {"content-type": message.payload.content_type, "user-agent": USER_AGENT}
        headers |= self._signer.headers(message, now)
        return await self._client.post(message.payload.body, headers | dict(proof))


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

    async def open(self, subscription: Subscription, address: EndpointAddress, secrets: OpenedSecrets) -> HttpEndpoint:
        """An endpoint, not yet connected.

        Raises:
            EndpointRefusedError: we do not speak to its token's URL.
            EndpointSetupError: its certificates or secrets cannot be used.
        """
        tls = await self._tls(subscription, secrets.auth)
        signer = Signer(secrets.signing)
        async with AsyncExitStack() as resources:
            authentication = await self._authentication(subscription, secrets.auth, resources)
            connector = self._guard.connector(limit=subscription.concurrency, tls=tls)
            client = HttpClient(subscription.url, address, connector, self._settings)
            resources.push_async_callback(client.close)
            return HttpEndpoint(client, authentication, signer, resources=resources.pop_all())

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


def _own_tls(subscription: Subscription, secret: str) -> ssl.SSLContext:
    context = verifying_context(subscription.ca_pem)
    if subscription.auth.kind is AuthKind.MUTUAL_TLS:
        show_certificate(context, subscription.auth.certificate_pem, secret)
    return context


def _token_tls(subscription: Subscription) -> ssl.SSLContext:
    """Who issues tokens may have a public certificate where the endpoint has one of its own authority."""
    context = verifying_context()
    if subscription.ca_pem:
        trust(context, subscription.ca_pem)
    return context
