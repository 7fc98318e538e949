from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from streams.delivery.message import Answer, Verdict, judge
from streams.delivery.subscription import AuthKind, EndpointAuth
from streams.delivery.transports import open_transport
from tests.builders import build_subscription
from tests.certificates import Authority, Issued
from tests.endpoint_servers import MESSAGE, ScriptedLookup, delivery_settings, sealed
from tests.mqtt_brokers import CONNACK, acknowledge, broker, bytes_broker

AUTHORITY = Authority()
SERVER = AUTHORITY.issue("broker.example")
REFUSED_VERSION = bytes([0x20, 2, 0, 1])


def open_to(*addresses: str, **settings: Any) -> Any:
    lookup = ScriptedLookup(broker_example=[list(addresses or ["127.0.0.1"])])
    return open_transport(delivery_settings(**settings), lookup)


async def send(url: str, **changes: Any) -> Answer:
    async with open_to() as transport:
        answer: Answer = await transport.send(MESSAGE, build_subscription(url=url, **changes))
        return answer


async def test_a_message_is_published_to_the_topic_of_the_url_and_delivered_when_the_broker_has_it() -> None:
    async with broker() as running:
        given = await send(running.url("metro/alerts"))
        assert given.status == 200
        assert judge(given) is Verdict.DELIVERED
        assert await running.next() == ("metro/alerts", MESSAGE.payload.body, 1)


async def test_messages_at_once_are_all_taken() -> None:
    async with broker() as running, open_to() as transport:
        subscription = build_subscription(url=running.url())
        given = await asyncio.gather(*(transport.send(MESSAGE, subscription) for _ in range(100)))
        assert {answer.status for answer in given} == {200}
        for _ in range(100):
            await running.next()


async def test_messages_share_a_connection() -> None:
    connections = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await reader.read(1000)
        writer.write(CONNACK)
        await acknowledge(reader, writer)

    async with bytes_broker(serve) as subscription, open_to() as transport:
        for _ in range(3):
            assert (await transport.send(MESSAGE, subscription)).status == 200
    assert connections == 1


async def test_a_connection_that_was_lost_is_made_anew() -> None:
    async with open_to() as transport:
        async with broker() as running:
            subscription = build_subscription(url=running.url())
            assert (await transport.send(MESSAGE, subscription)).status == 200
            port = running.port
        away = await transport.send(MESSAGE, subscription)
        assert judge(away) is Verdict.AGAIN
        async with broker(port=port) as running:
            assert (await transport.send(MESSAGE, subscription)).status == 200
            assert await running.next() == ("metro/alerts", MESSAGE.payload.body, 1)


async def test_a_login_is_given_to_the_broker_and_its_refusal_told_without_it() -> None:
    connects: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connects.append(await reader.read(1000))
        writer.write(bytes([0x20, 3, 0, 0x86, 0]))

    auth = EndpointAuth(kind=AuthKind.BASIC, username="metro")
    async with bytes_broker(serve) as subscription, open_to() as transport:
        with_login = msgspec.structs.replace(subscription, auth=auth, sealed=sealed(auth="hünter2"))
        refused = await transport.send(MESSAGE, with_login)
    assert b"\x05metro\x00\x08h\xc3\xbcnter2" in connects[0]
    assert "does not take us: bad user name or password" in refused.fault
    assert "nter2" not in refused.fault
    assert judge(refused) is Verdict.AGAIN


@pytest.mark.parametrize(
    ("auth", "words"),
    [
        pytest.param(EndpointAuth(kind=AuthKind.HEADER, header="X-Key"), "MQTT knows no auth header", id="header"),
        pytest.param(EndpointAuth(kind=AuthKind.OAUTH2), "MQTT knows no auth oauth2", id="oauth2"),
        pytest.param(EndpointAuth(kind=AuthKind.MUTUAL_TLS), "begins with mqtts://", id="mutual-tls-without-tls"),
        pytest.param(EndpointAuth(kind=AuthKind.BASIC), "give both", id="basic-without-user"),
    ],
)
async def test_proof_that_mqtt_cannot_give_is_told_as_such(auth: EndpointAuth, words: str) -> None:
    given = await send("mqtt://broker.example/metro", auth=auth, sealed=sealed(auth="hunter2"))
    assert words in given.fault


async def test_a_broker_is_verified_by_its_name_although_it_is_connected_to_by_its_address() -> None:
    async with broker(tls=SERVER) as running:
        url = running.url(host="broker.example", scheme="mqtts")
        assert (await send(url, ca_pem=AUTHORITY.pem)).status == 200
        assert await running.next() == ("metro/alerts", MESSAGE.payload.body, 1)


@pytest.mark.parametrize(
    ("server", "host", "ca_pem", "fault"),
    [
        pytest.param(SERVER, "broker.example", "", "unable to get local issuer", id="unknown-authority"),
        pytest.param(SERVER, "127.0.0.1", AUTHORITY.pem, "IP address mismatch", id="another-host"),
        pytest.param(
            AUTHORITY.issue("broker.example", ends_in=-timedelta(days=1)),
            "broker.example",
            AUTHORITY.pem,
            "certificate has expired",
            id="expired",
        ),
    ],
)
async def test_a_broker_s_certificate_that_is_not_valid_is_told_as_such(
    server: Issued, host: str, ca_pem: str, fault: str
) -> None:
    async with broker(tls=server) as running:
        given = await send(running.url(host=host, scheme="mqtts"), ca_pem=ca_pem)
    assert f"the certificate of {host}:" in given.fault
    assert f"is not valid: {fault}" in given.fault


async def test_our_certificate_is_shown_to_a_broker_that_wants_it() -> None:
    clients = Authority("Clients")
    ours = clients.issue("platewatch")
    shown = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert writer.get_extra_info("peercert")
        shown.set()
        await reader.readexactly(10)
        writer.write(CONNACK)
        await acknowledge(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=SERVER.server_context(clients.pem))
    async with server:
        url = f"mqtts://broker.example:{server.sockets[0].getsockname()[1]}/metro"
        auth = EndpointAuth(kind=AuthKind.MUTUAL_TLS, certificate_pem=ours.certificate)
        given = await send(url, ca_pem=AUTHORITY.pem, auth=auth, sealed=sealed(auth=ours.key))
    assert given.status == 200
    assert shown.is_set()


async def test_a_host_that_leads_to_an_address_that_is_not_allowed_is_refused_for_good() -> None:
    async with broker() as running, open_to(private_networks=()) as transport:
        given = await transport.send(MESSAGE, build_subscription(url=running.url(host="broker.example")))
    assert "broker.example leads to 127.0.0.1, which is not a public address" in given.fault
    assert judge(given) is Verdict.REFUSED


async def test_of_several_addresses_the_next_is_tried_where_nobody_is_at_the_first() -> None:
    async with broker() as running, open_to("127.0.0.9", "127.0.0.1") as transport:
        given = await transport.send(MESSAGE, build_subscription(url=running.url(host="broker.example")))
    assert given.status == 200


@pytest.mark.parametrize(
    ("to_version_5", "fault"),
    [
        pytest.param(REFUSED_VERSION, "", id="refuses-it"),
        pytest.param(b"", "closed the connection before it took us", id="says-nothing"),
    ],
)
async def test_a_broker_that_does_not_know_mqtt_5_is_asked_for_no_more_of_it(to_version_5: bytes, fault: str) -> None:
    versions: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connect = await reader.read(1000)
        versions.append(connect[8])
        if connect[8] == 5:
            writer.write(to_version_5)
            return
        writer.write(bytes([0x20, 2, 0, 0]))
        await acknowledge(reader, writer)

    async with bytes_broker(serve) as subscription, open_to() as transport:
        given = [await transport.send(MESSAGE, subscription) for _ in range(3)]
    assert fault in given[0].fault
    assert [answer.status for answer in given] == [None if fault else 200, 200, 200]
    assert versions == [5, 4]
