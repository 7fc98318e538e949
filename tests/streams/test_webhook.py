from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from aiohttp import web
from pydantic import SecretStr
from standardwebhooks import Webhook, WebhookVerificationError

from infra.settings.pipeline import WebhookSettings
from streams.faults import ServiceAwayError, UnhandledError
from streams.records import Alert
from streams.webhook import NOTICE, WebhookTarget, open_target, sign
from tests.builders import build_alert, build_entry, build_hit, build_match

SECRET = "whsec_" + "c2VjcmV0LW9mLWV4YWN0bHktMzItYnl0ZXMtaGVyZSE="
OTHER_SECRET = "whsec_" + "YW5vdGhlci1zZWNyZXQtb2YtZW5vdWdoLWJ5dGVzIQ=="


@dataclass(slots=True)
class Posted:
    """One request as the receiver got it."""

    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Receiver:
    """Answers with `status`, or hangs for ever where that is None."""

    status: int | None = 204
    url: str = ""
    posted: list[Posted] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        self.posted.append(Posted(dict(request.headers), await request.read()))
        if self.status is None:
            await asyncio.Event().wait()
        return web.Response(status=self.status or 0, headers={"Location": "/elsewhere"})


@asynccontextmanager
async def receiver(status: int | None = 204) -> AsyncIterator[Receiver]:
    taker = Receiver(status)
    app = web.Application()
    app.router.add_post("/hook", taker.take)
    app.router.add_post("/elsewhere", taker.take)
    runner = web.AppRunner(app, shutdown_timeout=0.01)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    taker.url = "http://{}:{}/hook".format(*runner.addresses[0][:2])
    try:
        yield taker
    finally:
        await runner.cleanup()


def settings_for(url: str, timeout_s: float = 5.0) -> WebhookSettings:
    return WebhookSettings(url=url, secret=SecretStr(SECRET), timeout_s=timeout_s)


def fresh_alert() -> Alert:
    return build_alert(raised_at=datetime.now(UTC))


async def post(taker: Receiver, *alerts: Alert, timeout_s: float = 5.0) -> None:
    async with open_target(settings_for(taker.url, timeout_s)) as target:
        for alert in alerts:
            await target.deliver(alert)


async def test_the_receiver_can_verify_the_signature_over_the_bytes_it_got() -> None:
    async with receiver() as taker:
        alert = build_alert(
            raised_at=datetime.now(UTC), hit=build_hit(match=build_match(entry=build_entry(reason="é")))
        )
        await post(taker, alert)
    (posted,) = taker.posted
    event = Webhook(SECRET).verify(posted.body, {name.lower(): value for name, value in posted.headers.items()})
    assert event["id"] == alert.id
    assert event["type"] == "platewatch.alert.received"
    assert event["specversion"] == "1.0"
    assert event["data"]["alert"]["hit"]["match"]["entry"]["reason"] == "é"
    assert abs(int(posted.headers["webhook-timestamp"]) - time.time()) < 60


@pytest.mark.parametrize("change", ["secret", "body", "id"])
def test_a_signature_verifies_for_nothing_else(change: str) -> None:
    request = sign(build_alert(), SECRET, datetime.now(UTC))
    secret = OTHER_SECRET if change == "secret" else SECRET
    body = request.body.replace(b"ABC123", b"ABC124") if change == "body" else request.body
    headers = request.headers | ({"webhook-id": "another"} if change == "id" else {})
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body, headers)


async def test_the_same_alert_posted_again_has_the_same_webhook_id_and_another_has_another() -> None:
    async with receiver() as taker:
        alert = fresh_alert()
        await post(taker, alert, alert, build_alert("XYZ987", raised_at=datetime.now(UTC)))
    ids = [posted.headers["webhook-id"] for posted in taker.posted]
    assert ids[0] == ids[1] == alert.id
    assert ids[2] != ids[0]


@pytest.mark.policy("KY-H.2")
def test_an_alert_that_nobody_verified_says_that_it_is_no_ground_for_a_stop() -> None:
    body = json.loads(sign(build_alert(), SECRET, datetime.now(UTC)).body)
    assert body["data"]["notice"] == NOTICE
    assert "no ground for a stop" in NOTICE


@pytest.mark.policy("KY-J.4")
def test_an_entry_s_instructions_travel_with_the_alert() -> None:
    entry = build_entry(instructions="stop only with probable cause and ID occupants")
    alert = build_alert(hit=build_hit(match=build_match(entry=entry)))
    body = json.loads(sign(alert, SECRET, datetime.now(UTC)).body)
    assert body["data"]["alert"]["hit"]["match"]["entry"]["instructions"] == entry.instructions


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        pytest.param(200, None, id="200"),
        pytest.param(204, None, id="204"),
        pytest.param(301, UnhandledError, id="301-is-not-followed"),
        pytest.param(400, UnhandledError, id="400"),
        pytest.param(401, UnhandledError, id="401"),
        pytest.param(404, UnhandledError, id="404"),
        pytest.param(408, ServiceAwayError, id="408"),
        pytest.param(410, UnhandledError, id="410"),
        pytest.param(425, ServiceAwayError, id="425"),
        pytest.param(429, ServiceAwayError, id="429"),
        pytest.param(500, ServiceAwayError, id="500"),
        pytest.param(503, ServiceAwayError, id="503"),
        pytest.param(None, ServiceAwayError, id="hangs"),
    ],
)
async def test_the_answer_decides_whether_it_is_worth_another_try(
    status: int | None, fault: type[Exception] | None
) -> None:
    async with receiver(status) as taker:
        if fault is None:
            await post(taker, fresh_alert())
        else:
            with pytest.raises(fault) as raised:
                await post(taker, fresh_alert(), timeout_s=0.1 if status is None else 5.0)
            assert_no_secret(raised.value)
        assert len(taker.posted) == 1


async def test_a_receiver_that_is_not_there_is_away_and_its_address_s_credentials_are_not_told() -> None:
    async with receiver() as taker:
        url = taker.url.replace("http://", "http://user:hunter2@") + "?token=hunter2"
    async with open_target(settings_for(url)) as target:
        with pytest.raises(ServiceAwayError) as raised:
            await target.deliver(fresh_alert())
    assert_no_secret(raised.value)


@pytest.mark.parametrize("url", ["http://", "http:///hook", "https://user:hunter2@:443/hook"])
async def test_an_address_that_names_no_host_is_not_waited_for(url: str) -> None:
    with pytest.raises((UnhandledError, ValueError)) as raised:
        async with open_target(settings_for(url)) as target:
            await target.deliver(fresh_alert())
    assert_no_secret(raised.value)


async def test_an_alert_that_could_not_be_delivered_for_too_long_is_given_up() -> None:
    clock = iter((0.0, 0.0, 3600.0, 3600.1))
    async with receiver(503) as taker, aiohttp.ClientSession() as session:
        target = WebhookTarget(session, settings_for(taker.url), lambda: next(clock))
        alert = build_alert()
        for _ in range(2):
            with pytest.raises(ServiceAwayError):
                await target.deliver(alert)
        with pytest.raises(UnhandledError, match=re.escape(f"{alert.id} could not be delivered within 3600 s")):
            await target.deliver(alert)


async def test_an_alert_that_had_to_wait_for_us_is_posted_all_the_same() -> None:
    async with receiver() as taker, open_target(settings_for(taker.url)) as target:
        await target.deliver(build_alert(raised_at=datetime.now(UTC) - timedelta(hours=2)))
        assert len(taker.posted) == 1


def assert_no_secret(error: BaseException) -> None:
    seen = f"{error!r} {error} {error.__cause__!r} {error.__cause__}"
    assert SECRET.removeprefix("whsec_") not in seen
    assert "hunter2" not in seen
