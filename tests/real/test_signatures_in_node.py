"""Our signatures, judged by the npm package of Standard Webhooks: another implementation than the one that signs."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from streams.delivery.message import OutgoingMessage, Payload
from streams.delivery.signing import new_secret
from streams.delivery.transports import open_transport
from tests.builders import build_subscription
from tests.endpoint_servers import delivery_settings, sealed
from tests.node_programs import node_program, run_node
from tests.signature_vectors import VECTORS

pytestmark = pytest.mark.real

EVENT = {"plate": "ABC123", "notice": "Überprüfen — ŻÓŁW 🚓", "sightings": list(range(200))}


async def deliver(port: int, event: Any = EVENT, **secrets: str) -> int | None:
    body = json.dumps(event, ensure_ascii=False).encode()
    message = OutgoingMessage("alert-1_3", Payload("application/cloudevents+json; charset=utf-8", body))
    subscription = build_subscription(url=f"http://127.0.0.1:{port}/alerts", sealed=sealed(**secrets))
    async with open_transport(delivery_settings()) as transport:
        return (await transport.send(message, subscription)).status


async def test_what_we_post_is_verified(node_folder: Path) -> None:
    secret = new_secret()
    async with node_program(node_folder, "receiver.mjs", secret) as receiver:
        assert await deliver(receiver.port, signing=secret) == 204
        assert await receiver.next() == {"id": "alert-1_3", "verdict": "verified", "event": EVENT}


@pytest.mark.parametrize("known", ["signing", "signing_before"])
async def test_while_secrets_change_over_who_knows_either_verifies(node_folder: Path, known: str) -> None:
    secrets = {"signing": new_secret(), "signing_before": new_secret()}
    async with node_program(node_folder, "receiver.mjs", secrets[known]) as receiver:
        assert await deliver(receiver.port, **secrets) == 204
        assert (await receiver.next())["verdict"] == "verified"


async def test_who_knows_another_secret_does_not_verify(node_folder: Path) -> None:
    async with node_program(node_folder, "receiver.mjs", new_secret()) as receiver:
        assert await deliver(receiver.port, signing=new_secret()) == 400
        assert (await receiver.next())["verdict"] == "No matching signature found"


def test_the_vectors_are_what_it_signs_too(node_folder: Path) -> None:
    signatures = run_node(node_folder, "sign.mjs", [dataclasses.asdict(vector) for vector in VECTORS])
    assert signatures == [vector.signature for vector in VECTORS]
