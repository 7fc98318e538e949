"""Subscriptions over HTTP: what is asked becomes a step of the service, and no answer holds a secret but a new one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from dashboards.console_access import ACTOR
from dashboards.console_errors import errors_as_json
from dashboards.subscription_api import SUBSCRIPTIONS, subscription_routes
from dashboards.subscription_service import SubscriptionService
from streams.delivery.sealing import Sealer
from streams.people import Actor, Role
from streams.records import AuditEvent
from tests.builders import moment
from tests.subscription_builders import DELIVERY, MemoryRecords

NEW = {"id": "metro-cad", "reason": "agreed", "agency": "Metro Police", "url": "https://cad.example/alerts"}
PATH = "/api/subscriptions/metro-cad"
CREATE, CHANGE = "POST /api/subscriptions", f"PATCH {PATH}"
PASSWORD = "hunter2 hunter2"

Client = TestClient[web.Request, web.Application]


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async def audit(_: AuditEvent) -> None:
        return

    @web.middleware
    async def logged_in(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        request[ACTOR] = Actor("A. Admin", Role(request.headers.get("role", "administrator")))
        return await handler(request)

    app = web.Application(middlewares=[errors_as_json, logged_in])
    app[SUBSCRIPTIONS] = SubscriptionService(
        MemoryRecords(), audit, settings=DELIVERY, sealer=Sealer(DELIVERY), clock=moment
    )
    app.add_routes(subscription_routes())
    async with TestClient(TestServer(app)) as opened:
        yield opened


async def asked(client: Client, method: str, path: str, **given: Any) -> tuple[int, dict[str, Any]]:
    async with client.request(method, path, **given) as answer:
        return answer.status, await answer.json() if answer.status != 204 else {}


async def test_a_subscription_is_made_changed_and_removed(client: Client) -> None:
    auth = {"kind": "basic", "username": "pw"}
    status, made = await asked(
        client, "POST", "/api/subscriptions", json={**NEW, "auth": auth, "auth_secret": PASSWORD}
    )
    assert status == 201
    assert made["signing_secret"].startswith("whsec_")
    assert made["subscription"]["secrets"] == ["auth", "signing"]
    change = {"reason": "moved", "choice": {"cameras": ["north-*"]}, "system": "CAD"}
    status, changed = await asked(client, "PATCH", PATH, json=change)
    assert (status, changed["version"], changed["system"]) == (200, 2, "CAD")
    assert changed["choice"]["cameras"] == ["north-*"]
    assert changed["choice"]["outcomes"] == ["exact", "likely"]
    status, shown = await asked(client, "GET", PATH)
    assert shown == changed
    assert PASSWORD not in str(made) + str(shown)
    assert made["signing_secret"] not in str(shown)
    status, _ = await asked(client, "DELETE", PATH, params={"reason": "over"})
    assert status == 204
    assert (await asked(client, "GET", PATH))[0] == 404
    _, history = await asked(client, "GET", f"{PATH}/versions")
    assert [(one["version"], one["removed"]) for one in history["versions"]] == [(1, False), (2, False), (3, True)]


@pytest.mark.parametrize(
    ("asking", "body", "said"),
    [
        pytest.param(CREATE, {**NEW, "choice": {"camera": ["x"]}}, "no choice.camera", id="typo"),
        pytest.param(CREATE, {**NEW, "sealed": {}}, "there is no sealed", id="sealed"),
        pytest.param(CREATE, {**NEW, "reason": ""}, "say why", id="no-reason"),
        pytest.param(CREATE, {**NEW, "id": 7}, "id is no text", id="id"),
        pytest.param(CREATE, {**NEW, "url": "http://10.0.0.1/"}, "endpoint's URL", id="url"),
        pytest.param(CHANGE, {"reason": "x", "agncy": "y"}, "there is no agncy", id="typo-in-a-change"),
        pytest.param(CHANGE, {"reason": "x"}, "nothing is changed", id="no-change"),
        pytest.param(f"POST {PATH}/explode", {"reason": "x"}, "there is no step 'explode'", id="step"),
    ],
)
async def test_what_is_wrong_is_told_in_one_sentence(
    client: Client, asking: str, body: dict[str, Any], said: str
) -> None:
    if asking != CREATE:
        await asked(client, "POST", "/api/subscriptions", json=NEW)
    status, answer = await asked(client, *asking.split(), json=body)
    assert status == 400
    assert said in answer["error"]


@pytest.mark.parametrize("data", [b"{", b"[1]", b"\xff", b"[" * 100_000])
async def test_what_is_no_object_of_json_is_refused(client: Client, data: bytes) -> None:
    status, answer = await asked(client, "POST", "/api/subscriptions", data=data)
    assert (status, "not as it should be" in answer["error"]) == (400, True)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
async def test_only_administrators_change_and_auditors_look(client: Client, role: Role) -> None:
    await asked(client, "POST", "/api/subscriptions", json=NEW)
    asking = {"headers": {"role": role}}
    assert (await asked(client, "PATCH", PATH, json={"reason": "x", "system": "y"}, **asking))[0] == 403
    assert (await asked(client, "DELETE", PATH, params={"reason": "x"}, **asking))[0] == 403
    assert (await asked(client, "GET", PATH, **asking))[0] == (200 if role is Role.AUDITOR else 403)


async def test_the_path_of_a_chats_webhook_is_not_told(client: Client) -> None:
    slack = {**NEW, "format": "slack", "url": "https://hooks.slack.com/services/T0/B0/secret-part"}
    _, made = await asked(client, "POST", "/api/subscriptions", json=slack)
    _, listed = await asked(client, "GET", "/api/subscriptions")
    assert "secret-part" not in str(made) + str(listed)


async def test_a_secret_is_rotated_and_the_rotation_finished(client: Client) -> None:
    _, made = await asked(client, "POST", "/api/subscriptions", json=NEW)
    _, rotated = await asked(client, "POST", f"{PATH}/rotate-secret", json={"reason": "yearly"})
    assert rotated["subscription"]["rotating"]
    assert rotated["signing_secret"] != made["signing_secret"]
    _, finished = await asked(client, "POST", f"{PATH}/finish-rotation", json={"reason": "done"})
    assert (finished["rotating"], finished["secrets"]) == (False, ["signing"])
