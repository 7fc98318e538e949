"""A console over systems of record in memory, with people who have tokens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from dashboards.alert_api import ALERTS, TELLER, alert_routes
from dashboards.alert_service import AlertService
from dashboards.alert_telling import AlertTeller
from dashboards.console_access import DOORKEEPER, known_people_only
from dashboards.console_errors import errors_as_json
from dashboards.console_tokens import Doorkeeper, new_token
from dashboards.subscription_api import SUBSCRIPTIONS, subscription_routes
from dashboards.subscription_service import SubscriptionService
from infra.health import HealthChecks, health_routes
from infra.settings.alerts import DeliverySettings
from streams.delivery.contexts import MessageContexts
from streams.delivery.sealing import Sealer
from streams.images.alert_images import AlertImages
from streams.images.store import DirectoryImageStore
from streams.people import Role
from streams.records import Alert, AuditEvent
from tests.alert_builders import MemoryStore
from tests.builders import moment
from tests.subscription_builders import DELIVERY, MemoryRecords

Client = TestClient[web.Request, web.Application]


@dataclass(slots=True)
class Room:
    """The console, what it wrote, and a token for each role."""

    client: Client
    alerts: MemoryStore
    subscriptions: MemoryRecords
    audited: list[AuditEvent]
    tokens: dict[Role, str]

    async def ask(self, role: Role, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Status and JSON of an answer to somebody in that role."""
        headers = {"Authorization": f"Bearer {self.tokens[role]}"}
        async with self.client.request(method, path, json=body, headers=headers) as answer:
            return answer.status, (await answer.json()) if answer.content_type == "application/json" else None


@asynccontextmanager
async def console_room(folder: Path) -> AsyncIterator[Room]:
    """The routes of the console, without its feed."""
    made = {role: new_token(f"{role} person", role) for role in Role if role is not Role.SYSTEM}
    file = folder / "tokens.yaml"
    file.write_text("".join(f"{token.line}\n" for token in made.values()), encoding="utf-8")
    alerts, records, audited = MemoryStore(moment), MemoryRecords(), list[AuditEvent]()

    async def audit(event: AuditEvent) -> None:
        audited.append(event)

    async def publish(_alert: Alert) -> None:
        """Nobody listens."""

    app = web.Application(middlewares=[errors_as_json, known_people_only])
    app[DOORKEEPER] = Doorkeeper(file)
    app[TELLER] = AlertTeller(
        MessageContexts(AlertImages(DirectoryImageStore(folder), None), DeliverySettings()), moment
    )
    app[ALERTS] = AlertService(alerts, audit, publish, clock=moment)
    app[SUBSCRIPTIONS] = SubscriptionService(records, audit, settings=DELIVERY, sealer=Sealer(DELIVERY), clock=moment)
    app.add_routes(health_routes(HealthChecks(lambda: None, lambda: None)))
    app.add_routes([*alert_routes(), *subscription_routes()])
    async with TestClient(TestServer(app)) as client:
        yield Room(client, alerts, records, audited, {role: token.token for role, token in made.items()})
