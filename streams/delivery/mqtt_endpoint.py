"""Messages to one subscriber over MQTT: published with QoS 1, delivered when the broker acknowledged it.

With MQTT 5 a message carries its content type and, as user properties, what the headers of a webhook carry: id, time,
signatures. MQTT 3.1.1, which is spoken to brokers that know no other, has no place for these: there the body is all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus

from paho.mqtt.enums import MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from infra.settings.alerts import DeliverySettings, Scheme
from streams.delivery.address_guard import AddressGuard
from streams.delivery.authentication import check_basic
from streams.delivery.connection_faults import connection_fault
from streams.delivery.endpoint_url import EndpointAddress
from streams.delivery.faults import EndpointSetupError, ExchangeError
from streams.delivery.message import Answer, OutgoingMessage
from streams.delivery.mqtt_connection import BrokerConnection, BrokerLogin, NoWelcomeError, VersionRefusedError
from streams.delivery.sealing import OpenedSecrets
from streams.delivery.signing import Signer
from streams.delivery.subscription import AuthKind, Subscription
from streams.delivery.tls import NamedContext, named_context, show_certificate

_OTHER_VERSION = {
    MQTTProtocolVersion.MQTTv5: MQTTProtocolVersion.MQTTv311,
    MQTTProtocolVersion.MQTTv311: MQTTProtocolVersion.MQTTv5,
}
"""Tried next, where a broker does not say whether it knows one."""


class MqttEndpoint:
    """Publishes for one subscriber over one connection, made anew when it is lost. Used by one event loop."""

    def __init__(
        self,
        address: EndpointAddress,
        login: BrokerLogin,
        signer: Signer,
        *,
        guard: AddressGuard,
        settings: DeliverySettings,
    ) -> None:
        self._address = address
        self._login = login
        self._signer = signer
        self._guard = guard
        self._settings = settings
        self._version = MQTTProtocolVersion.MQTTv5
        self._is_version_known = False
        self._connection: BrokerConnection | None = None
        self._connecting = asyncio.Lock()

    @property
    def address(self) -> EndpointAddress:
        """Where it is."""
        return self._address

    async def deliver(self, message: OutgoingMessage, now: Callable[[], datetime]) -> Answer:
        """Publish the message and wait until the broker has taken it. The caller sets the time-out.

        Raises:
            DeliveryError: there is no connection, or the broker did not take it.
        """
        connection = await self._connected()
        try:
            await connection.publish(self._address.topic, message.payload.body, self._properties(message, now()))
        except asyncio.CancelledError:
            # A broker that takes a connection and acknowledges nothing: the next message tries another connection.
            connection.close()
            raise
        return Answer(int(HTTPStatus.OK))

    async def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()

    def _properties(self, message: OutgoingMessage, now: datetime) -> Properties | None:
        if self._version is not MQTTProtocolVersion.MQTTv5:
            return None
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.ContentType = message.payload.content_type
        properties.UserProperty = list(self._signer.headers(message, now).items())
        return properties

    async def _connected(self) -> BrokerConnection:
        async with self._connecting:
            if self._connection is None or self._connection.is_lost:
                self._connection = await self._connect()
            return self._connection

    async def _connect(self) -> BrokerConnection:
        try:
            connection = await self._connect_with(self._version)
        except VersionRefusedError:
            self._version = MQTTProtocolVersion.MQTTv311
            connection = await self._connect_with(self._version)
        except NoWelcomeError:
            if not self._is_version_known:
                self._version = _OTHER_VERSION[self._version]
            raise
        self._is_version_known = True
        return connection

    async def _connect_with(self, version: MQTTProtocolVersion) -> BrokerConnection:
        """A connection with the first of the host's addresses that answers."""
        place = self._address.place
        fault = OSError()
        try:
            addresses = await self._guard.addresses(self._address.host, self._address.port)
        except OSError as error:
            raise ExchangeError(connection_fault(error, place, self._settings)) from None
        for address in addresses:
            connection = BrokerConnection(place, self._login, version)
            try:
                await connection.connect(address, self._address.port, self._settings.connect_timeout_s)
            except OSError as error:
                fault = error
            except BaseException:
                connection.close()
                raise
            else:
                return connection
        raise ExchangeError(connection_fault(fault, place, self._settings))


class MqttEndpoints:
    """Makes endpoints of subscriptions.

    Args:
        settings: of all deliveries.
        guard: what may be connected to.
    """

    def __init__(self, settings: DeliverySettings, guard: AddressGuard) -> None:
        self._settings = settings
        self._guard = guard

    async def open(self, subscription: Subscription, address: EndpointAddress, secrets: OpenedSecrets) -> MqttEndpoint:
        """An endpoint, not yet connected.

        Raises:
            EndpointSetupError: its certificates or secrets cannot be used, or are of a kind that MQTT does not know.
        """
        login = await self._login(subscription, address, secrets.auth)
        return MqttEndpoint(address, login, Signer(secrets.signing), guard=self._guard, settings=self._settings)

    async def _login(self, subscription: Subscription, address: EndpointAddress, secret: str) -> BrokerLogin:
        auth = subscription.auth
        if auth.kind in (AuthKind.HEADER, AuthKind.OAUTH2):
            msg = f"MQTT knows no auth {auth.kind}; use basic or mutual-tls"
            raise EndpointSetupError(msg)
        if auth.kind is AuthKind.MUTUAL_TLS and address.scheme is not Scheme.MQTTS:
            msg = "auth mutual-tls needs an endpoint that begins with mqtts://"
            raise EndpointSetupError(msg)
        tls = None
        if address.scheme is Scheme.MQTTS:
            tls = await asyncio.to_thread(_tls, subscription, address, secret)
        if auth.kind is not AuthKind.BASIC:
            return BrokerLogin(tls=tls)
        check_basic(auth.username, secret)
        return BrokerLogin(auth.username, secret, tls)


def _tls(subscription: Subscription, address: EndpointAddress, secret: str) -> NamedContext:
    context = named_context(address.host.removesuffix("."), subscription.ca_pem)
    if subscription.auth.kind is AuthKind.MUTUAL_TLS:
        show_certificate(context, subscription.auth.certificate_pem, secret)
    return context
