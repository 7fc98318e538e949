"""One connection to an MQTT broker, over which messages are published and acknowledged.

Paho's client, driven by the event loop: it says which socket to watch, and is called when there is something to read
or write. Only connecting blocks, on a thread. (aiomqtt, which wraps it likewise, keeps neither a broker's refusal of a
message nor the loss of the connection from those who wait for an acknowledgement.)
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any, Protocol

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from streams.delivery.faults import ExchangeError

# Seconds of silence after which the broker is asked whether it is still there; after as many again it is not.
_KEEP_ALIVE_S = 30
_HOUSEKEEPING_S = 1.0
"""How often Paho is asked to see to that."""
_UNSUPPORTED_VERSION = "Unsupported protocol version"


class SocketLike(Protocol):
    """What Paho reads from and writes to."""

    def fileno(self) -> int:
        """The descriptor."""
        ...


class VersionRefusedError(ExchangeError):
    """The broker does not speak this version of MQTT."""


class NoWelcomeError(ExchangeError):
    """The broker neither takes nor refuses us; there are some that answer so to a version that they do not know."""


@dataclass(frozen=True, slots=True)
class BrokerLogin:
    """What a broker is told of us when we connect."""

    username: str = ""
    password: str = field(default="", repr=False)
    tls: ssl.SSLContext | None = None


class BrokerConnection:
    """Publishes over one connection until that is lost; then another one is to be made. Used by one event loop."""

    def __init__(self, place: str, login: BrokerLogin, version: MQTTProtocolVersion) -> None:
        self._place = place
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._taken: asyncio.Future[ReasonCode] = self._loop.create_future()
        self._lost: asyncio.Future[str] = self._loop.create_future()
        self._unacknowledged: dict[int, asyncio.Future[ReasonCode | None]] = {}
        self._housekeeping: asyncio.Task[None] | None = None
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2, f"platewatch-{token_hex(6)}", protocol=version, reconnect_on_failure=False
        )
        if login.username:
            self._client.username_pw_set(login.username, login.password)
        if login.tls is not None:
            self._client.tls_set_context(login.tls)
        self._listen()

    @property
    def is_lost(self) -> bool:
        """Whether nothing can be published any more."""
        return self._lost.done()

    async def connect(self, address: str, port: int, timeout_s: float) -> None:
        """Connect to an address and wait until the broker takes us. It is to be closed whatever comes of that.

        Raises:
            OSError: there is no connection with the address.
            VersionRefusedError: the broker does not speak this version of MQTT.
            NoWelcomeError: it says nothing, or closes the connection.
            ExchangeError: it does not take us.
        """
        self._client.connect_timeout = timeout_s
        connecting = self._loop.run_in_executor(None, self._client.connect, address, port, _KEEP_ALIVE_S)
        try:
            await asyncio.shield(connecting)
        except asyncio.CancelledError:
            connecting.add_done_callback(self._close_late)
            raise
        self._housekeeping = self._loop.create_task(self._keep_house())
        awaited: set[asyncio.Future[Any]] = {self._taken, self._lost}
        await asyncio.wait(awaited, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        if not self._taken.done():
            why = "closed the connection before it took us" if self.is_lost else "did not take us in time"
            msg = f"{self._place} {why}"
            raise NoWelcomeError(msg)
        reason = self._taken.result()
        if reason.is_failure:
            kind = VersionRefusedError if str(reason) == _UNSUPPORTED_VERSION else ExchangeError
            msg = f"{self._place} does not take us: {str(reason).lower()}"
            raise kind(msg)

    async def publish(self, topic: str, payload: bytes, properties: Properties | None) -> None:
        """Publish once and wait for the acknowledgement (QoS 1).

        Raises:
            ExchangeError: the connection was lost before, or the broker does not take the message.
        """
        info = self._client.publish(topic, payload, qos=1, properties=properties)
        acknowledged: asyncio.Future[ReasonCode | None] = self._loop.create_future()
        self._unacknowledged[info.mid] = acknowledged
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS or self.is_lost:
            acknowledged.set_result(None)
        try:
            reason = await acknowledged
        finally:
            self._unacknowledged.pop(info.mid, None)
        if reason is None:
            why = self._lost.result() if self.is_lost else ""
            msg = f"{self._place} closed the connection before it acknowledged the message{why}"
            raise ExchangeError(msg)
        if reason.is_failure:
            msg = f"{self._place} did not take the message: {str(reason).lower()}"
            raise ExchangeError(msg)

    def close(self) -> None:
        """Take leave of the broker, if there still is a connection, and close it."""
        if self._housekeeping is not None:
            self._housekeeping.cancel()
        self._client.disconnect()
        # The farewell goes out at once or not at all: it is not worth waiting for a broker that hangs.
        self._client.loop_write()
        left = self._client.socket()
        if left is not None:
            self._stop_watching(left.fileno())
            left.close()
        self._lose("")

    def _close_late(self, connecting: asyncio.Future[MQTTErrorCode]) -> None:
        if not connecting.cancelled() and connecting.exception() is None:
            self.close()

    async def _keep_house(self) -> None:
        while self._client.loop_misc() == MQTTErrorCode.MQTT_ERR_SUCCESS:  # noqa: ASYNC110 - Paho wants to be asked
            await asyncio.sleep(_HOUSEKEEPING_S)
        self._lose("")

    def _listen(self) -> None:
        client = self._client
        client.on_connect = lambda *said: None if self._taken.done() else self._taken.set_result(said[3])
        client.on_disconnect = lambda *said: self._lose(f": {str(said[3]).lower()}" if said[2][0] else "")
        client.on_publish = lambda *said: self._acknowledge(said[2], said[3])
        # These are called on the thread that connects, too.
        client.on_socket_open = lambda _, __, sock: self._on_loop(self._watch, sock)
        client.on_socket_close = lambda _, __, sock: self._stop_watching(sock.fileno())
        client.on_socket_register_write = lambda _, __, sock: self._on_loop(self._watch_writes, sock)
        # In the order of registering, which waits for the loop: else the writes would be watched, and spin, for ever.
        client.on_socket_unregister_write = lambda _, __, sock: self._on_loop(self._stop_watching_writes, sock)

    def _acknowledge(self, mid: int, reason: ReasonCode) -> None:
        waiting = self._unacknowledged.get(mid)
        if waiting is not None and not waiting.done():
            waiting.set_result(reason)

    def _lose(self, why: str) -> None:
        if not self._lost.done():
            self._lost.set_result(why)
        for waiting in self._unacknowledged.values():
            if not waiting.done():
                waiting.set_result(None)

    def _on_loop(self, act: Callable[[SocketLike], None], sock: SocketLike) -> None:
        if threading.get_ident() == self._thread:
            act(sock)
        else:
            self._loop.call_soon_threadsafe(act, sock)

    def _watch(self, sock: SocketLike) -> None:
        if sock.fileno() < 0:
            return
        self._loop.add_reader(sock.fileno(), self._drive, self._read)

    def _watch_writes(self, sock: SocketLike) -> None:
        if sock.fileno() < 0:
            return
        self._loop.add_writer(sock.fileno(), self._drive, self._client.loop_write)

    def _stop_watching_writes(self, sock: SocketLike) -> None:
        if sock.fileno() >= 0:  # it may have been closed while this waited for the loop
            self._loop.remove_writer(sock.fileno())

    def _stop_watching(self, descriptor: int) -> None:
        if descriptor >= 0:
            self._loop.remove_reader(descriptor)
            self._loop.remove_writer(descriptor)

    def _read(self) -> None:
        while self._client.loop_read() == MQTTErrorCode.MQTT_ERR_SUCCESS:
            # What TLS has unpacked already wakes nobody.
            sock = self._client.socket()
            if not isinstance(sock, ssl.SSLSocket) or not sock.pending():
                return

    def _drive(self, step: Callable[[], object]) -> None:
        try:
            step()
        except Exception:  # noqa: BLE001 - what Paho meets in a broker's nonsense: structs, indices, its own errors
            self._lose(" or sent what is not MQTT")
            self.close()
