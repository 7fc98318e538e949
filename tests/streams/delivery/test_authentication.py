from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from streams.delivery.address_guard import AddressGuard
from streams.delivery.authentication import fixed_headers
from streams.delivery.faults import EndpointSetupError
from streams.delivery.http_endpoint import HttpEndpoints
from streams.delivery.message import Answer, Verdict, judge
from streams.delivery.subscription import AuthKind, EndpointAuth, Subscription
from streams.delivery.transports import EndpointTransport, open_transport
from tests.builders import build_subscription
from tests.endpoint_servers import MESSAGE, Receiver, Respond, ScriptedLookup, delivery_settings, receiver, sealed

BASIC = EndpointAuth(kind=AuthKind.BASIC, username="metro")
HEADER = EndpointAuth(kind=AuthKind.HEADER, header="X-Api-Key")


async def send(auth: EndpointAuth, secret: str) -> tuple[Answer, Receiver]:
    async with receiver() as taker, open_transport(delivery_settings()) as transport:
        subscription = build_subscription(url=taker.url, auth=auth, sealed=sealed(auth=secret))
        return await transport.send(MESSAGE, subscription), taker


async def test_basic_is_user_name_and_password_in_utf8() -> None:
    _, taker = await send(BASIC, "pass:wörd")
    scheme, _, value = taker.taken[0].headers["authorization"].partition(" ")
    assert (scheme, base64.b64decode(value).decode()) == ("Basic", "metro:pass:wörd")


async def test_a_key_goes_into_the_header_that_the_endpoint_chose() -> None:
    _, taker = await send(HEADER, "k3y")
    assert taker.taken[0].headers["x-api-key"] == "k3y"
    assert "authorization" not in taker.taken[0].headers


@pytest.mark.parametrize(
    ("auth", "secret", "words"),
    [
        pytest.param(EndpointAuth(kind=AuthKind.BASIC), "hunter2", "give both", id="no-user"),
        pytest.param(BASIC, "", "give both", id="no-password"),
        pytest.param(EndpointAuth(kind=AuthKind.BASIC, username="a:b"), "hunter2", "without colon", id="colon"),
        pytest.param(BASIC, "hunter2\r\nX: y", "no control characters", id="line-break-in-password"),
        pytest.param(EndpointAuth(kind=AuthKind.HEADER), "hunter2", "name of a header", id="no-header"),
        pytest.param(EndpointAuth(kind=AuthKind.HEADER, header="X Key"), "hunter2", "name of a header", id="blank"),
        pytest.param(EndpointAuth(kind=AuthKind.HEADER, header="Host"), "hunter2", "cannot use Host", id="host"),
        pytest.param(
            EndpointAuth(kind=AuthKind.HEADER, header="Webhook-Id"), "hunter2", "cannot use Webhook-Id", id="ours"
        ),
        pytest.param(HEADER, "", "give one", id="no-key"),
        pytest.param(HEADER, "hunter2\nX-Other: 1", "give one", id="line-break-in-key"),
        pytest.param(HEADER, "hünter2", "give one", id="key-not-ascii"),
    ],
)
async def test_what_cannot_be_a_header_is_refused_without_repeating_the_secret(
    auth: EndpointAuth, secret: str, words: str
) -> None:
    with pytest.raises(EndpointSetupError, match=words) as refused:
        fixed_headers(auth, secret)
    assert "nter2" not in str(refused.value)
    if secret:
        given, taker = await send(auth, secret)
        assert given.fault == str(refused.value)
        assert not taker.taken


@dataclass(slots=True)
class TokenServer:
    """Gives tokens t1, t2 …; the endpoint takes those of `good`."""

    life: float | None = 3600
    given: int = 0
    good: set[str] = field(default_factory=set)
    forms: list[dict[str, str]] = field(default_factory=list)

    async def give(self, request: web.Request) -> web.StreamResponse:
        """A new token."""
        self.forms.append({str(key): str(value) for key, value in (await request.post()).items()})
        self.given += 1
        self.good.add(f"t{self.given}")
        life = {} if self.life is None else {"expires_in": self.life}
        return web.json_response({"access_token": f"t{self.given}", "token_type": "Bearer"} | life)

    async def take(self, request: web.Request) -> web.StreamResponse:
        """Whoever shows a good token."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return web.Response(status=204 if token in self.good else 401)


@dataclass(slots=True)
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True, slots=True)
class Guarded:
    """An endpoint behind a token server."""

    tokens: Receiver
    endpoint: Receiver
    transport: EndpointTransport
    subscription: Subscription
    clock: Clock

    async def send(self) -> Answer:
        return await self.transport.send(MESSAGE, self.subscription)


@asynccontextmanager
async def guarded(give: Respond, take: Respond, secret: str = "hunter2", **changes: Any) -> AsyncIterator[Guarded]:
    clock = Clock()
    settings = delivery_settings()
    endpoints = HttpEndpoints(settings, AddressGuard(settings, ScriptedLookup()), clock)
    transport = EndpointTransport(settings, endpoints.open)
    async with receiver(give) as tokens, receiver(take) as endpoint:
        facts = {"username": "plate watch", "token_url": tokens.url, "scope": "alerts.write"}
        auth = EndpointAuth(kind=AuthKind.OAUTH2, **(facts | changes))
        subscription = build_subscription(url=endpoint.url, auth=auth, sealed=sealed(auth=secret))
        try:
            yield Guarded(tokens, endpoint, transport, subscription, clock)
        finally:
            await transport.close()


async def test_a_token_is_fetched_with_our_credentials_and_kept() -> None:
    server = TokenServer()
    async with guarded(server.give, server.take, secret="hünter&2") as case:
        for _ in range(3):
            assert (await case.send()).status == 204
        (asked,) = case.tokens.taken
    assert server.forms == [{"grant_type": "client_credentials", "scope": "alerts.write"}]
    credentials = base64.b64decode(asked.headers["authorization"].removeprefix("Basic ")).decode()
    assert credentials == "plate+watch:h%C3%BCnter%262"


async def test_many_messages_at_once_fetch_one_token() -> None:
    server = TokenServer()
    async with guarded(server.give, server.take) as case:
        given = await asyncio.gather(*(case.send() for _ in range(20)))
    assert {answer.status for answer in given} == {204}
    assert server.given == 1


@pytest.mark.parametrize(
    ("life", "seconds", "fetched"),
    [
        pytest.param(3600, 3539, 1, id="within-its-life"),
        pytest.param(3600, 3540, 2, id="a-minute-before-its-end"),
        pytest.param(10, 8.9, 1, id="short-life"),
        pytest.param(10, 9, 2, id="a-tenth-before-the-end-of-a-short-life"),
        pytest.param(0, 0, 2, id="no-life"),
        pytest.param(-5, 0, 2, id="negative-life"),
        pytest.param(None, 3539, 1, id="unsaid-life"),
        pytest.param(None, 3540, 2, id="unsaid-life-ends-too"),
    ],
)
async def test_a_token_is_renewed_shortly_before_it_expires(life: float | None, seconds: float, fetched: int) -> None:
    server = TokenServer(life)
    async with guarded(server.give, server.take) as case:
        await case.send()
        case.clock.now += seconds
        assert (await case.send()).status == 204
    assert server.given == fetched


async def test_a_token_that_the_endpoint_no_longer_takes_is_renewed_once_and_the_message_sent_again() -> None:
    server = TokenServer()
    async with guarded(server.give, server.take) as case:
        await case.send()
        server.good.clear()
        assert (await case.send()).status == 204
        assert [taken.headers["webhook-id"] for taken in case.endpoint.taken] == [MESSAGE.id] * 3
    assert server.given == 2


async def test_an_endpoint_that_takes_no_token_is_not_asked_for_ever() -> None:
    server = TokenServer()

    async def never(_: web.Request) -> web.StreamResponse:
        return web.Response(status=401)

    async with guarded(server.give, never) as case:
        given = await case.send()
        assert len(case.endpoint.taken) == 2
    assert given.status == 401
    assert server.given == 2


def body(text: str, status: int = 200) -> Callable[[web.Request], Any]:
    async def respond(_: web.Request) -> web.StreamResponse:
        return web.Response(text=text, status=status, content_type="application/json")

    return respond


@pytest.mark.parametrize(
    ("give", "words"),
    [
        pytest.param(body('{"error":"invalid_client"}', 401), "it answered 401 (invalid_client)", id="refused"),
        pytest.param(body('{"error":"hunter2"}', 400), "it answered 400", id="refused-in-other-words"),
        pytest.param(body("<html>hunter2", 503), "it answered 503", id="away"),
        pytest.param(body("hunter2"), "not what RFC 6749 says", id="no-json"),
        pytest.param(body('{"access_token":7,"token_type":"Bearer"}'), "not what RFC 6749 says", id="token-is-number"),
        pytest.param(body('{"token_type":"Bearer"}'), "not what RFC 6749 says", id="no-token"),
        pytest.param(body('{"access_token":"a","token_type":"mac"}'), "no bearer token", id="another-kind"),
        pytest.param(
            body(json.dumps({"access_token": "a\r\nX: hunter2", "token_type": "Bearer"})),
            "no bearer token",
            id="line-break",
        ),
        pytest.param(body("[" * 200_000), "not what RFC 6749 says", id="too-long"),
    ],
)
async def test_without_a_token_nothing_is_sent_and_the_answer_says_why(give: Respond, words: str) -> None:
    async with guarded(give, TokenServer().take) as case:
        given = await case.send()
        assert not case.endpoint.taken
    assert "the token server 127.0.0.1:" in given.fault
    assert words in given.fault
    assert "hunter2" not in given.fault
    assert judge(given) is Verdict.AGAIN


async def test_the_token_server_s_redirects_are_not_followed() -> None:
    async def elsewhere(_: web.Request) -> web.StreamResponse:
        return web.Response(status=307, headers={"Location": "http://169.254.169.254/token"})

    async with guarded(elsewhere, TokenServer().take) as case:
        assert "it answered 307" in (await case.send()).fault


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"token_url": "file:///etc/passwd"}, "the token URL is of a kind", id="file"),
        pytest.param({"token_url": "http://10.0.0.1/"}, "the token URL leads to 10.0.0.1", id="private"),
        pytest.param({"token_url": "mqtts://idp.example/x"}, "is not one of HTTP", id="mqtt"),
        pytest.param({"token_url": ""}, "begins with no scheme", id="none"),
        pytest.param({"username": ""}, "give both", id="no-client-id"),
    ],
)
async def test_a_token_url_or_client_that_cannot_be_is_told_as_such(changes: dict[str, str], words: str) -> None:
    server = TokenServer()
    async with guarded(server.give, server.take, **changes) as case:
        given = await case.send()
        assert not case.endpoint.taken
    assert words in given.fault
