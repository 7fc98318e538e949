from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from streams.delivery.message import Verdict, judge
from streams.delivery.transports import open_transport
from tests.builders import build_subscription
from tests.certificates import Authority
from tests.endpoint_servers import MESSAGE, ScriptedLookup, delivery_settings, raw_server, receiver
from tests.mqtt_brokers import CONNACK, acknowledge, bytes_broker

AUTHORITY = Authority()
SERVER = AUTHORITY.issue("broker.example")


def open_by_name(**settings: Any) -> Any:
    lookup = ScriptedLookup(broker_example=[["127.0.0.1"]])
    return open_transport(delivery_settings(**settings), lookup)


def saying(*parts: bytes, then: str = "close") -> Callable[..., Awaitable[None]]:
    """After the client's first words, the parts; then the connection is closed, or kept in silence."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            await reader.read(1000)
            writer.write(part)
        if then == "silence":
            while await reader.read(1000):
                pass

    return serve


@pytest.mark.parametrize(
    ("serve", "fault"),
    [
        pytest.param(saying(), "closed the connection before it took us", id="closes-at-once"),
        pytest.param(saying(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "closed the connection", id="another-protocol"),
        pytest.param(saying(CONNACK), "closed the connection before it acknowledged", id="closes-then"),
        pytest.param(saying(CONNACK, b"\x40\x00"), "closed the connection", id="broken-acknowledgement"),
        pytest.param(saying(CONNACK, b"\xff" * 50), "closed the connection", id="nonsense"),
        pytest.param(saying(CONNACK, b"\xe0\x02\x95\x00"), ": packet too large", id="says-why-it-closes"),
        pytest.param(saying(bytes([0x20, 3, 0, 0x88, 0])), "does not take us: server unavailable", id="unavailable"),
    ],
)
async def test_what_is_no_acknowledgement_is_told_apart(serve: Callable[..., Awaitable[None]], fault: str) -> None:
    async with bytes_broker(serve) as subscription, open_by_name() as transport:
        given = await transport.send(MESSAGE, subscription)
    assert fault in given.fault
    assert judge(given) is Verdict.AGAIN


@pytest.mark.parametrize(
    ("serve", "limits", "fault"),
    [
        pytest.param(saying(then="silence"), {"connect_timeout_s": 0.3}, "did not take us in time", id="takes-nobody"),
        pytest.param(
            saying(CONNACK, then="silence"),
            {"timeout_s": 0.5},
            "gave no answer within 0.5 s",
            id="acknowledges-nothing",
        ),
    ],
)
async def test_a_silent_broker_is_not_waited_for(
    serve: Callable[..., Awaitable[None]], limits: dict[str, float], fault: str
) -> None:
    async with bytes_broker(serve) as subscription, open_by_name(**limits) as transport:
        given = await transport.send(MESSAGE, subscription)
    assert fault in given.fault
    assert judge(given) is Verdict.AGAIN


async def test_a_broker_that_stopped_acknowledging_gets_a_new_connection() -> None:
    connections = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await reader.read(1000)
        writer.write(CONNACK)
        if connections == 1:
            while await reader.read(1000):
                pass
        else:
            await acknowledge(reader, writer)

    async with bytes_broker(serve) as subscription, open_by_name(timeout_s=0.5) as transport:
        assert "gave no answer" in (await transport.send(MESSAGE, subscription)).fault
        assert (await transport.send(MESSAGE, subscription)).status == 200
    assert connections == 2


async def test_a_handshake_that_hangs_is_given_up_and_leaves_no_connection() -> None:
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(1000):
            pass
        ended.set()

    async with raw_server(serve) as url, open_by_name(connect_timeout_s=0.3) as transport:
        given = await transport.send(MESSAGE, build_subscription(url=url.replace("http:", "mqtts:")))
        async with asyncio.timeout(10):
            await ended.wait()
    assert "no connection with 127.0.0.1:" in given.fault
    assert "within 0.3 s" in given.fault


async def test_a_connection_that_comes_about_after_it_was_given_up_is_closed() -> None:
    """The whole time-out is over while a thread is still at the handshake."""
    given_up = threading.Event()

    def serve() -> bytes:
        with listener, listener.accept()[0] as taken:
            taken.settimeout(10)
            given_up.wait(10)
            with SERVER.server_context().wrap_socket(taken, server_side=True) as wrapped:
                try:
                    while wrapped.recv(1000):
                        pass
                except ConnectionError:
                    pass
                return b"closed"

    listener = socket.create_server(("127.0.0.1", 0))
    serving = asyncio.create_task(asyncio.to_thread(serve))
    async with open_by_name(connect_timeout_s=10.0, timeout_s=0.3) as transport:
        url = f"mqtts://broker.example:{listener.getsockname()[1]}/metro"
        given = await transport.send(MESSAGE, build_subscription(url=url, ca_pem=AUTHORITY.pem))
        given_up.set()
        assert await serving == b"closed"
    assert "gave no answer within 0.3 s" in given.fault


async def test_a_server_of_tls_that_is_no_broker_is_told_as_such() -> None:
    async with receiver(tls=SERVER.server_context()) as taker:
        url = taker.url.replace("https://127.0.0.1", "mqtts://broker.example")
        async with open_by_name() as transport:
            given = await transport.send(MESSAGE, build_subscription(url=url, ca_pem=AUTHORITY.pem))
    assert "closed the connection before it took us" in given.fault
