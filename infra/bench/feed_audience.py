"""A thousand clients of the live feed in one process, cheap enough to leave the other core to the console.

Run as `python -m infra.bench.feed_audience`, with a plan as JSON on standard input; says `ready` once all clients have
had their hello, and gives its findings as JSON when its standard input is closed.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from collections import Counter
from typing import cast

import msgspec
import uvloop

MARK = re.compile(rb'"case_number":"feed (\d+) at (\d+)"')
"""Stands in each alert: its number, and the monotonic clock (nanoseconds) when it was given to Kafka."""

_LONGEST_MARK = 80
_AT_ONCE = 50
"""Clients that connect at the same time."""


class AudiencePlan(msgspec.Struct, frozen=True, kw_only=True):
    """Where to connect, and how many."""

    port: int
    token: str
    clients: int
    alerts: int


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """What all clients together got."""

    missed: int
    """Alerts that a client did not get, over all clients."""
    repeated: int
    complete: int
    """Clients that got each alert exactly once."""
    closed: int
    """Clients whose connection ended."""
    latencies_ms: dict[int, int]
    """How many alerts reached a client after so many milliseconds, from the producer on."""


def mark(number: int, at_ns: int) -> str:
    """The case number of an alert of the bench."""
    return f"feed {number} at {at_ns}"


class Listener(asyncio.Protocol):
    """One client: counts the alerts that come, and asks nothing else of the bytes."""

    def __init__(self, request: bytes, alerts: int, latencies_ms: Counter[int]) -> None:
        self.counts = bytearray(alerts)
        self.greeted = asyncio.get_running_loop().create_future()
        self.is_closed = False
        self._request = request
        self._latencies_ms = latencies_ms
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the feed."""
        # uvloop's transports are of no class that asyncio knows.
        cast(asyncio.WriteTransport, transport).write(self._request)

    def data_received(self, data: bytes) -> None:
        """Count the alerts that are whole."""
        now_ns = time.monotonic_ns()
        data = self._rest + data
        if not self.greeted.done() and b"event: hello" in data:
            self.greeted.set_result(None)
        end = 0
        for found in MARK.finditer(data):
            end = found.end()
            self.counts[int(found[1])] += 1
            self._latencies_ms[(now_ns - int(found[2])) // 1_000_000] += 1
        self._rest = data[max(end, len(data) - _LONGEST_MARK) :]

    def connection_lost(self, _error: Exception | None) -> None:
        """It should not have ended."""
        self.is_closed = True
        if not self.greeted.done():
            self.greeted.set_exception(ConnectionError("the feed refused a client"))


async def listen(plan: AudiencePlan) -> Findings:
    """Connect all, say so, and listen until standard input ends."""
    loop = asyncio.get_running_loop()
    request = f"GET /alerts/feed HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {plan.token}\r\n\r\n".encode()
    latencies_ms: Counter[int] = Counter()
    listeners: list[Listener] = []
    for first in range(0, plan.clients, _AT_ONCE):
        some = [Listener(request, plan.alerts, latencies_ms) for _ in range(min(_AT_ONCE, plan.clients - first))]
        for each in some:
            await loop.create_connection(lambda listener=each: listener, "127.0.0.1", plan.port)  # type: ignore[misc]
        await asyncio.gather(*(each.greeted for each in some))
        listeners += some
    print("ready", flush=True)  # noqa: T201 - how this process speaks
    await loop.run_in_executor(None, sys.stdin.buffer.read)
    return Findings(
        missed=sum(each.counts.count(0) for each in listeners),
        repeated=sum(sum(each.counts) - (plan.alerts - each.counts.count(0)) for each in listeners),
        complete=sum(each.counts.count(1) == plan.alerts for each in listeners),
        closed=sum(each.is_closed for each in listeners),
        latencies_ms=dict(latencies_ms),
    )


def main() -> None:
    """Run the process."""
    plan = msgspec.json.decode(sys.stdin.buffer.readline(), type=AudiencePlan)
    findings = uvloop.run(listen(plan))
    sys.stdout.buffer.write(msgspec.json.encode(findings) + b"\n")


if __name__ == "__main__":
    main()
