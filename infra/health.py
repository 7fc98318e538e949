"""/livez, /readyz and /metrics of a worker."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from aiohttp import web

from infra import metrics

Check = Callable[[], str | None]
"""None where all is well, else one sentence that says what is not."""


@dataclass(frozen=True, slots=True)
class HealthChecks:
    """What a worker is asked. Live: it should not be restarted. Ready: it does its work at this moment."""

    live: Check
    ready: Check


@dataclass(slots=True)
class CommitWatch:
    """Finds a worker that stands still: messages wait, and nothing has been committed for too long.

    Pure but for what it remembers; times are seconds of any monotonic clock.
    """

    stuck_after_s: float
    _since: dict[tuple[str, int], tuple[int, float]] = field(default_factory=dict)

    def stuck(
        self, committed: Mapping[tuple[str, int], int], ends: Mapping[tuple[str, int], int], now_s: float
    ) -> str | None:
        """A sentence about the first partition that waits for too long, if there is one."""
        # A partition that was handed over starts anew when it comes back: meanwhile it was not ours to commit.
        self._since = {partition: since for partition, since in self._since.items() if partition in ends}
        for partition, end in ends.items():
            at = committed.get(partition, 0)
            before, since = self._since.get(partition, (-1, now_s))
            if at != before or at >= end:
                self._since[partition] = (at, now_s)
            elif now_s - since > self.stuck_after_s:
                name, number = partition
                return f"{name}[{number}] stands at {at} of {end} for {now_s - since:.0f} s"
        return None


def health_routes(checks: HealthChecks) -> list[web.RouteDef]:
    """The endpoints as routes, for an app that has others too."""

    async def answer(check: Check) -> web.Response:
        fault = check()
        return web.Response(status=503 if fault else 200, text=f"{fault or 'ok'}\n")

    async def livez(_: web.Request) -> web.Response:
        return await answer(checks.live)

    async def readyz(_: web.Request) -> web.Response:
        return await answer(checks.ready)

    async def exposition(_: web.Request) -> web.Response:
        return web.Response(body=metrics.exposition(), content_type="text/plain", charset="utf-8")

    return [web.get("/livez", livez), web.get("/readyz", readyz), web.get("/metrics", exposition)]


def build_health_app(checks: HealthChecks) -> web.Application:
    """The endpoints as an app of their own."""
    app = web.Application()
    app.add_routes(health_routes(checks))
    return app


class PortTakenError(Exception):
    """The endpoints' port is in use, or the address is none to listen on; the message names the setting."""


async def serve_health(checks: HealthChecks, host: str, port: int, resources: AsyncExitStack) -> None:
    """Serve the endpoints until the resources are closed.

    Raises:
        PortTakenError: the port is in use, or may not be listened on.
    """
    runner = web.AppRunner(build_health_app(checks), access_log=None)
    await runner.setup()
    resources.push_async_callback(runner.cleanup)
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            msg = f"port {port} on {host} is in use; end what listens there or set workers.first_port to another one"
        else:
            reason = os.strerror(error.errno) if error.errno else str(error)
            msg = f"{host}:{port} cannot be listened on ({reason}); set workers.host and workers.first_port otherwise"
        raise PortTakenError(msg) from error
