"""Receivers of webhooks for tests: real servers on loopback, and how a subscription of theirs looks."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from pydantic import SecretStr

from infra.settings.alerts import DeliverySettings, Scheme
from streams.delivery.message import OutgoingMessage, Payload
from streams.delivery.sealing import Sealer, new_sealing_key
from streams.delivery.subscription import SecretName

KEY = new_sealing_key()
MESSAGE = OutgoingMessage("alert-1_3", Payload("application/cloudevents+json", b'{"plate":"ABC123"}'))

Respond = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Taken:
    """A request as the receiver got it."""

    path: str
    headers: dict[str, str]
    body: bytes
    connection: int
    """The client's port: the same for requests over one connection."""


@dataclass(slots=True)
class Receiver:
    """Takes requests and answers as `respond` says."""

    respond: Respond
    url: str = ""
    taken: list[Taken] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Note the request, then answer."""
        assert request.transport is not None
        port = request.transport.get_extra_info("peername")[1]
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.taken.append(Taken(request.path_qs, headers, await request.read(), port))
        self.came.set()
        return await self.respond(request)


async def accept(_: web.Request) -> web.StreamResponse:
    """204."""
    return web.Response(status=204)


def answer(status: int, **headers: str) -> Respond:
    """Always the same status."""

    async def respond(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, headers={name.replace("_", "-"): value for name, value in headers.items()})

    return respond


@asynccontextmanager
async def receiver(
    respond: Respond = accept, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[Receiver]:
    """A running receiver; its URL ends in /alerts."""
    taker = Receiver(respond)
    app = web.Application(client_max_size=2**24)
    app.router.add_route("*", "/{path:.*}", taker.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.01)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    taker.url = f"{'https' if tls else 'http'}://{host}:{runner.addresses[0][1]}/alerts"
    try:
        yield taker
    finally:
        await runner.cleanup()


@asynccontextmanager
async def raw_server(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[str]:
    """A server of bytes, for what no HTTP server does; gives its URL."""

    async def run(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(run, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/alerts"


class ScriptedLookup(AbstractResolver):
    """Names lead where a test says: to one list of addresses after the other, and to the last one for ever."""

    def __init__(self, **answers: list[list[str]]) -> None:
        self._answers = {name.replace("_", "."): found for name, found in answers.items()}
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The next addresses of the name."""
        self.asked.append(host)
        answers = self._answers.get(host)
        if answers is None:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        """Nothing to close."""


def delivery_settings(**changes: Any) -> DeliverySettings:
    """Settings that let tests speak to loopback, without encryption too."""
    facts: dict[str, Any] = {
        "sealing_key": SecretStr(KEY),
        "schemes": tuple(Scheme),
        "private_networks": ("127.0.0.0/8", "::1/128"),
        "connect_timeout_s": 5.0,
        "timeout_s": 10.0,
    }
    return DeliverySettings(**(facts | changes))


def sealed(**secrets: str) -> dict[SecretName, str]:
    """Secrets by name (`signing`, `signing_before`, `auth`), sealed as a subscription keeps them."""
    sealer = Sealer(delivery_settings())
    return {SecretName(name.replace("_", "-")): sealer.seal(secret) for name, secret in secrets.items()}
