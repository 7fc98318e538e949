"""Five endpoints as dispatch systems are: one in order, and four that fail in ways of their own.

Run as a process, `python -m infra.bench.alert_endpoints PLAN_FILE`, so that they are as far from the workers as real
ones. Each writes down, in a journal of its own, every message that it has fully received and means to keep.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import TextIO

import msgspec
import uvloop
from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError

_SEED = 20_261_125
_BODY = b"x" * 2000
_HELD_S = 30.0


class Manner(StrEnum):
    """How an endpoint behaves."""

    HEALTHY = "healthy"
    FAILS_A_THIRD = "fails-a-third"
    """Answers 500 to a third of all requests, by chance."""
    HANGS = "hangs"
    """Takes requests and says nothing for 30 s, twice: from the start, and from the middle of the run on."""
    CUTS_OFF = "cuts-off"
    """Closes the connection half way through its answer, every second time by chance."""
    REFUSES_FIRST = "refuses-first"
    """Does not listen for the first 60 s."""


class EndpointPlan(msgspec.Struct, frozen=True, kw_only=True):
    """One endpoint: where it listens, and what proves a message to be ours."""

    manner: Manner
    port: int
    secret: str
    journal: str
    """The file's name."""


class EndpointsPlan(msgspec.Struct, frozen=True, kw_only=True):
    """All endpoints of a run."""

    endpoints: tuple[EndpointPlan, ...]
    started_at_s: float
    """When the run begins, seconds since the epoch."""
    hangs_again_after_s: float
    refuses_for_s: float = 60.0


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """One message that an endpoint has and keeps."""

    webhook_id: str
    alert: str
    revision: int
    event: str
    received_at_s: float
    """Seconds since the epoch."""


class _Endpoint:
    """Serves one endpoint. Used by one event loop."""

    def __init__(self, plan: EndpointPlan, run: EndpointsPlan, journal: TextIO) -> None:
        self._plan = plan
        self._run = run
        self._journal = journal
        self._webhook = Webhook(plan.secret)
        self._chance = random.Random(_SEED)  # noqa: S311 - the same faults in every run
        behaviours: dict[Manner, Callable[[web.Request], Awaitable[web.StreamResponse]]] = {
            Manner.FAILS_A_THIRD: self._fail_a_third,
            Manner.HANGS: self._hang,
            Manner.CUTS_OFF: self._cut_off,
        }
        self._answer = behaviours.get(plan.manner, self._take)

    async def serve(self) -> None:
        """Listen, when it is time to."""
        app = web.Application(client_max_size=16 * 2**20)
        app.router.add_post("/alerts", self._answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        if self._plan.manner is Manner.REFUSES_FIRST:
            await asyncio.sleep(max(0.0, self._run.started_at_s + self._run.refuses_for_s - time.time()))
        await web.TCPSite(runner, "127.0.0.1", self._plan.port).start()

    async def _take(self, request: web.Request) -> web.StreamResponse:
        received_at_s = time.time()
        body = await request.text()
        try:
            event = self._webhook.verify(body, {name.lower(): value for name, value in request.headers.items()})
        except WebhookVerificationError as error:
            return web.Response(status=401, text=f"{error}\n")
        data = event["data"]
        receipt = Receipt(
            webhook_id=request.headers["webhook-id"],
            alert=data["alert"],
            revision=data["revision"],
            event=data["event"],
            received_at_s=received_at_s,
        )
        self._journal.write(msgspec.json.encode(receipt).decode() + "\n")
        return web.Response(status=204)

    async def _fail_a_third(self, request: web.Request) -> web.StreamResponse:
        if self._chance.random() < 1 / 3:
            await request.read()
            return web.Response(status=500)
        return await self._take(request)

    async def _hang(self, request: web.Request) -> web.StreamResponse:
        since_s = time.time() - self._run.started_at_s
        if any(begins <= since_s < begins + _HELD_S for begins in (0.0, self._run.hangs_again_after_s)):
            await asyncio.sleep(_HELD_S)
        return await self._take(request)

    async def _cut_off(self, request: web.Request) -> web.StreamResponse:
        answer = await self._take(request)
        if self._chance.random() < 0.5:  # noqa: PLR2004 - every second time
            return answer
        begun = web.StreamResponse(headers={"content-length": str(len(_BODY))})
        await begun.prepare(request)
        await begun.write(_BODY[: len(_BODY) // 2])
        if request.transport is not None:
            request.transport.abort()
        return begun


def read_receipts(journal: Path) -> list[Receipt]:
    """What an endpoint has, in the order in which it came; a line that is being written is left out."""
    if not journal.exists():
        return []
    lines = journal.read_bytes().splitlines(keepends=True)
    return [msgspec.json.decode(line, type=Receipt) for line in lines if line.endswith(b"\n")]


async def _serve(plan: EndpointsPlan, journals: Sequence[TextIO]) -> None:
    endpoints = [_Endpoint(one, plan, journal) for one, journal in zip(plan.endpoints, journals, strict=True)]
    await asyncio.gather(*(endpoint.serve() for endpoint in endpoints))
    await asyncio.Event().wait()


def main() -> None:
    """Serve until ended."""
    plan = msgspec.convert(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), EndpointsPlan)
    with ExitStack() as files:
        journals = [
            files.enter_context(Path(one.journal).open("a", encoding="utf-8", buffering=1)) for one in plan.endpoints
        ]
        uvloop.run(_serve(plan, journals))


if __name__ == "__main__":
    main()
