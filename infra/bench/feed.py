"""The live feed under load: the real console and real Kafka, a thousand clients, and one that stops reading."""

from __future__ import annotations

import asyncio
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import msgspec
import psutil
import yaml
from confluent_kafka import Producer

from dashboards.console_tokens import new_token
from infra.bench.errors import BenchError
from infra.bench.feed_audience import AudiencePlan, Findings, mark
from infra.bench.feed_straggler import Straggler
from infra.bench.rows import Better, Goal, Row, figure, share
from infra.settings import load_settings
from streams.codec import encode
from streams.delivery.formats.specimen import specimen_alert
from streams.people import Role
from streams.records import Alert, AlertPurpose, TopicName

_WITHIN_S = 60.0
_SETTLE_S = 3.0
"""What the last alerts are given to arrive before clients are asked what they got."""

_MIB = 2**20
_LOWER = Goal(None, None, Better.LOWER)
_NONE_AT_ALL = Goal(0, 0, Better.LOWER)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLoad:
    """How much is asked of the feed."""

    clients: int = 1000
    alerts_per_s: float = 50.0
    seconds: float = 60.0

    @property
    def alerts(self) -> int:
        """All of them."""
        return round(self.alerts_per_s * self.seconds)


@dataclass(frozen=True, slots=True)
class Console:
    """The console's process, and what it takes to speak to it."""

    process: psutil.Process
    port: int
    token: str
    kafka: dict[str, str | int | float | bool]

    def resident_mib(self) -> float:
        """Its memory."""
        return float(self.process.memory_info().rss) / _MIB

    def cpu_s(self) -> float:
        """Processor time so far."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    async def metric(self, name: str) -> float:
        """The value of a metric, by its name with labels; 0 where it is not there yet."""
        headers = {"Authorization": f"Bearer {self.token}"}
        address = f"http://127.0.0.1:{self.port}/metrics"
        async with aiohttp.ClientSession(headers=headers) as session, session.get(address) as answer:
            lines = (await answer.text()).splitlines()
        return next((float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(f"{name} ")), 0.0)


@dataclass(slots=True)
class Course:
    """What was seen of the console while the load was on."""

    resident_mib: list[float]
    cores: float = 0.0
    dropped_after_s: float = 0.0


async def measure_feed(settings_file: Path, folder: Path, load: FeedLoad, told: Callable[[str], None]) -> list[Row]:
    """Rows of the live feed.

    Args:
        settings_file: of an installation whose Kafka runs and has its topics; its pw.alerts gets the load's alerts.
        folder: for the console's token and log.
        load: how much.
        told: is told what happens.

    Raises:
        BenchError: console or clients do not start.
    """
    async with _console(settings_file, folder) as console, _audience(console, load) as audience:
        straggler = Straggler(console.port, console.token)
        course = Course([console.resident_mib()])
        told(f"{load.alerts:,} alerts to {load.clients:,} clients of the live feed")
        begin = asyncio.Event()
        straggling = asyncio.create_task(_straggle(console, straggler, load, begin))
        await begin.wait()
        await _produce(console, load, course)
        course.dropped_after_s = await asyncio.wait_for(straggling, _WITHIN_S)
        await asyncio.sleep(_SETTLE_S)
        assert audience.stdin is not None and audience.stdout is not None  # noqa: S101, PT018 - both are pipes
        audience.stdin.close()
        findings = msgspec.json.decode(await audience.stdout.readline(), type=Findings)
    return _rows(load, findings, straggler, course)


def bench_alert(number: int) -> Alert:
    """An alert of usual size whose case number says which one it is, and when it was made."""
    alert = specimen_alert(datetime.now(UTC), AlertPurpose.TEST)
    match = alert.hit.match
    entry = msgspec.structs.replace(match.entry, case_number=mark(number, time.monotonic_ns()))
    hit = msgspec.structs.replace(alert.hit, match=msgspec.structs.replace(match, entry=entry))
    return msgspec.structs.replace(alert, id=f"feed-{number}", hit=hit)


@asynccontextmanager
async def _console(settings_file: Path, folder: Path) -> AsyncIterator[Console]:
    """The console as a process of its own, ready."""
    port, made = _free_port(), new_token("Feed Bench", Role.ADMINISTRATOR)
    tokens, overlay = folder / "console-tokens.yaml", folder / "console.yaml"
    tokens.write_text(f"{made.line}\n", encoding="utf-8")
    overlay.write_text(yaml.safe_dump({"console": {"port": port, "tokens_file": str(tokens)}}), encoding="utf-8")
    files = ["--settings", str(settings_file), "--settings", str(overlay)]
    log_file = folder / "console.log"
    with log_file.open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "infra.cli.main", "console", *files, stdout=log, stderr=log
        )
    try:
        await _until_ready(process, port, log_file)
        kafka = load_settings(settings_file).kafka.confluent_config()
        yield Console(psutil.Process(process.pid), port, made.token, kafka)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _until_ready(process: asyncio.subprocess.Process, port: int, log_file: Path) -> None:
    deadline = time.monotonic() + _WITHIN_S
    async with aiohttp.ClientSession() as session:
        while time.monotonic() < deadline and process.returncode is None:
            try:
                async with session.get(f"http://127.0.0.1:{port}/readyz") as answer:
                    if answer.ok:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.1)
    msg = f"the console does not start; see {log_file}"
    raise BenchError(msg)


@asynccontextmanager
async def _audience(console: Console, load: FeedLoad) -> AsyncIterator[asyncio.subprocess.Process]:
    """All clients, connected, in a process of their own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "infra.bench.feed_audience",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=_MIB,
    )  # fmt: skip
    try:
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 - both are pipes
        plan = AudiencePlan(port=console.port, token=console.token, clients=load.clients, alerts=load.alerts)
        process.stdin.write(msgspec.json.encode(plan) + b"\n")
        if await asyncio.wait_for(process.stdout.readline(), _WITHIN_S) != b"ready\n":
            msg = "the clients of the feed do not start; what went wrong stands above"
            raise BenchError(msg)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _produce(console: Console, load: FeedLoad, course: Course) -> None:
    """All alerts at their pace; the console's memory is looked at in the middle and at the end."""
    producer = Producer(console.kafka | {"acks": "all", "linger.ms": 0})
    began_s, cpu_s = time.monotonic(), console.cpu_s()
    for number in range(load.alerts):
        await asyncio.sleep(max(0.0, began_s + number / load.alerts_per_s - time.monotonic()))
        alert = bench_alert(number)
        producer.produce(TopicName.ALERTS, encode(alert), alert.id)
        producer.poll(0)
        if number == load.alerts // 2:
            course.resident_mib.append(console.resident_mib())
    if await asyncio.to_thread(producer.flush, _WITHIN_S):
        msg = "Kafka does not take the alerts"
        raise BenchError(msg)
    course.cores = (console.cpu_s() - cpu_s) / (time.monotonic() - began_s)
    course.resident_mib.append(console.resident_mib())


async def _straggle(console: Console, straggler: Straggler, load: FeedLoad, begin: asyncio.Event) -> float:
    """Read a while, stop, be cut off, and come back for the rest; gives the seconds after which it was cut off."""
    reader, writer = await straggler.connect()
    await straggler.read_until(reader, lambda: bool(straggler.last_id))
    begin.set()
    await straggler.read_until(reader, lambda: straggler.counts.total() >= load.alerts // 10)
    stopped_s = time.monotonic()
    while not await console.metric('platewatch_feed_clients_dropped_total{reason="stalled"}'):
        if time.monotonic() - stopped_s > _WITHIN_S:
            msg = f"a client that reads nothing is still served after {_WITHIN_S:g} s"
            raise BenchError(msg)
        await asyncio.sleep(0.5)
    dropped_after_s = time.monotonic() - stopped_s
    # What is still under way to it arrives, and then the end.
    await straggler.read_until(reader, lambda: False)
    writer.close()
    reader, writer = await straggler.connect()
    await straggler.read_until(reader, lambda: len(straggler.counts) == load.alerts)
    writer.close()
    return dropped_after_s


def _rows(load: FeedLoad, findings: Findings, straggler: Straggler, course: Course) -> list[Row]:
    how = (
        f"{load.clients:,} clients in one process, {load.alerts_per_s:g} alerts/s for {load.seconds:g} s through real "
        "Kafka and the real console, all on this machine"
    )
    start, middle, end = course.resident_mib
    late = Goal(500, 250, Better.LOWER)
    wrong = sum(straggler.counts[number] != 1 for number in range(load.alerts)) + straggler.gaps
    return [
        share("clients that got each alert once", findings.complete, load.clients, goal=Goal(100, 100), how=how),
        figure("alerts missed, over all clients", findings.missed, "", goal=_NONE_AT_ALL, how=how),
        figure("alerts repeated, over all clients", findings.repeated, "", goal=_NONE_AT_ALL, how=how),
        figure("producer to client, median", quantile(findings.latencies_ms, 0.5), "ms", goal=late, how=how),
        figure("producer to client, p99", quantile(findings.latencies_ms, 0.99), "ms", goal=late, how=how),
        figure("console's processor", course.cores, "cores", goal=Goal(None, 1.0, Better.LOWER), how=how),
        figure("console's memory, clients connected", start, "MiB", goal=_LOWER, how=how),
        figure("console's memory, half way", middle, "MiB", goal=_LOWER, how=how),
        figure("console's memory, at the end", end, "MiB", goal=Goal(512, 256, Better.LOWER), how=how),
        figure("a client that stops reading is cut off after", course.dropped_after_s, "s", goal=_LOWER, how=how),
        figure("alerts it missed or got twice, once back", wrong, "", goal=_NONE_AT_ALL, how=how),
    ]  # fmt: skip


def quantile(histogram: Mapping[int, int], share_below: float) -> float:
    """The smallest value that so many are not above."""
    left = share_below * sum(histogram.values())
    for value, count in sorted(histogram.items()):
        left -= count
        if left <= 0:
            return float(value)
    return 0.0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
