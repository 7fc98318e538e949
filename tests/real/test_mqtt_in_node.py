"""What we publish with MQTT 5, as another implementation of the protocol reads it (npm's mqtt-packet)."""

from __future__ import annotations

from pathlib import Path

import pytest
from standardwebhooks import Webhook

from streams.delivery.message import Verdict, judge
from streams.delivery.signing import new_secret
from streams.delivery.subscription import AuthKind, EndpointAuth
from streams.delivery.transports import open_transport
from tests.builders import build_subscription
from tests.endpoint_servers import MESSAGE, delivery_settings, sealed
from tests.node_programs import node_program

pytestmark = pytest.mark.real


async def test_a_message_carries_its_type_id_time_and_signatures(node_folder: Path) -> None:
    secrets = {"signing": new_secret(), "signing_before": new_secret()}
    async with (
        node_program(node_folder, "broker.mjs") as broker,
        open_transport(delivery_settings()) as transport,
    ):
        url = f"mqtt://127.0.0.1:{broker.port}/metro/alerts"
        auth = EndpointAuth(kind=AuthKind.BASIC, username="metro")
        subscription = build_subscription(url=url, auth=auth, sealed=sealed(auth="hunter2", **secrets))
        assert (await transport.send(MESSAGE, subscription)).status == 200
        assert await broker.next() == {"connected": 5, "username": "metro"}
        published = await broker.next()
    assert (published["topic"], published["qos"], published["retain"]) == ("metro/alerts", 1, False)
    assert published["payload"] == MESSAGE.payload.body.decode()
    assert published["properties"]["contentType"] == MESSAGE.payload.content_type
    headers = published["properties"]["userProperties"]
    assert headers["webhook-id"] == MESSAGE.id
    for secret in secrets.values():
        Webhook(secret).verify(published["payload"], headers)


async def test_a_message_that_the_broker_acknowledges_with_a_failure_was_not_taken(node_folder: Path) -> None:
    async with (
        node_program(node_folder, "broker.mjs") as broker,
        open_transport(delivery_settings()) as transport,
    ):
        url = f"mqtt://127.0.0.1:{broker.port}/metro/135"
        given = await transport.send(MESSAGE, build_subscription(url=url))
    assert given.fault == f"127.0.0.1:{broker.port} did not take the message: not authorized"
    assert judge(given) is Verdict.AGAIN


async def test_we_take_leave_when_the_subscription_goes(node_folder: Path) -> None:
    async with (
        node_program(node_folder, "broker.mjs") as broker,
        open_transport(delivery_settings()) as transport,
    ):
        url = f"mqtt://127.0.0.1:{broker.port}/metro/alerts"
        await transport.send(MESSAGE, build_subscription(url=url))
        await transport.forget("metro-cad")
        lines = [await broker.next() for _ in range(3)]
    assert lines[-1] == {"disconnected": 0}
