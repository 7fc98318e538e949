"""The console as a process on the real Kafka: restarted under its clients, and with one that stops reading."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import aiohttp
import msgspec
import pytest
from confluent_kafka import Producer

from dashboards.console_tokens import new_token
from infra.bench.feed_audience import mark
from infra.bench.feed_straggler import Straggler
from infra.initialise import initialise
from infra.local_stack.stack import LocalStack
from infra.settings import Settings
from streams.codec import encode
from streams.people import Role
from streams.records import TopicName
from tests.builders import build_alert, build_entry, build_hit, build_match
from tests.worker_process import eventually, settings_beside

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]

_WITHIN_S = 60.0


@dataclass(slots=True)
class ConsoleProcess:
    """A console that can be ended and started again on the same port."""

    settings: Settings
    settings_file: Path
    token: str
    process: subprocess.Popen[bytes] | None = None
    numbers: Iterator[int] = field(default_factory=lambda: iter(range(10**6)))

    @property
    def port(self) -> int:
        return self.settings.console.port

    def start(self) -> None:
        log_file = self.settings_file.parent / "console.log"
        with log_file.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "infra.cli.main", "console", "--settings", str(self.settings_file)],
                stdout=output, stderr=subprocess.STDOUT, env={**os.environ, "PLATEWATCH_SETTINGS": ""},
            )  # fmt: skip
        deadline = time.monotonic() + _WITHIN_S
        while not self._is_ready():
            assert self.process.poll() is None, log_file.read_text()
            assert time.monotonic() < deadline, log_file.read_text()
            time.sleep(0.1)

    def end(self, how: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(how)
        code = self.process.wait(timeout=30)
        assert code == (0 if how is signal.SIGTERM else -how)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            return False

    def produce(self, count: int, text: str = "") -> list[str]:
        """So many alerts onto pw.alerts, over all partitions; gives their ids."""
        producer = Producer(self.settings.kafka.confluent_config() | {"acks": "all"})
        ids = []
        for _ in range(count):
            entry = build_entry(case_number=mark(next(self.numbers), time.monotonic_ns()), reason=text)
            alert = build_alert(id=f"feed-{uuid4().hex}", hit=build_hit(match=build_match(entry=entry)))
            producer.produce(TopicName.ALERTS, encode(alert), alert.id)
            ids.append(alert.id)
        assert producer.flush(20) == 0
        return ids

    async def metric(self, line: str) -> float:
        headers = {"Authorization": f"Bearer {self.token}"}
        address = f"http://127.0.0.1:{self.port}/metrics"
        async with aiohttp.ClientSession(headers=headers) as session, session.get(address) as answer:
            lines = (await answer.text()).splitlines()
        return next((float(one.rsplit(" ", 1)[1]) for one in lines if one.startswith(f"{line} ")), 0.0)


@dataclass(slots=True)
class Screen:
    """A client that remembers the last id, as a browser does."""

    console: ConsoleProcess
    alerts: list[str] = field(default_factory=list)
    gaps: int = 0
    last_id: str = ""

    @asynccontextmanager
    async def watching(self, **parameters: str) -> AsyncIterator[aiohttp.ClientResponse]:
        headers = {"Authorization": f"Bearer {self.console.token}"}
        if self.last_id:
            headers["Last-Event-ID"] = self.last_id
        address = f"http://127.0.0.1:{self.console.port}/alerts/feed"
        async with (
            aiohttp.ClientSession() as session,
            session.get(address, headers=headers, params=parameters) as answer,
        ):
            assert answer.status == 200, await answer.text()
            yield answer

    async def read(self, answer: aiohttp.ClientResponse, count: int) -> None:
        """Read until so many alerts are there, or the connection ends."""
        block: dict[str, str] = {}
        while len(self.alerts) < count:
            async with asyncio.timeout(_WITHIN_S):
                line = (await answer.content.readline()).decode().rstrip("\n")
            if answer.content.at_eof() and not line:
                return
            if line:
                name, _, value = line.partition(": ")
                block[name] = value
                continue
            self.last_id = block.get("id", self.last_id)
            if block.get("event") == "alert":
                self.alerts.append(msgspec.json.decode(block["data"])["subject"])
            self.gaps += block.get("event") == "gap"
            block = {}

    async def read_hello(self, answer: aiohttp.ClientResponse) -> None:
        await answer.content.readuntil(b"id: ")
        self.last_id = (await answer.content.readline()).decode().strip()
        await answer.content.readuntil(b"\n\n")


@pytest.fixture(scope="module")
def console(stack: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleProcess]:
    folder = tmp_path_factory.mktemp("console")
    made = new_token("D. Reed", Role.DISPATCHER)
    tokens = folder / "tokens.yaml"
    tokens.write_text(f"{made.line}\n", encoding="utf-8")
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # A short ring, so that what was missed is read from Kafka too; a short patience, so that a test need not have more.
    feed = {"ring_events": 100, "stall_s": 1.0, "socket_bytes": 8192}
    areas = {"port": port, "tokens_file": str(tokens), "feed": feed}
    file, settings = settings_beside(stack, folder, 27870, console=areas)
    initialise(settings)
    running = ConsoleProcess(settings, file, made.token)
    running.start()
    yield running
    running.stop()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("missed", [pytest.param(20, id="in-the-ring"), pytest.param(400, id="beyond-the-ring")])
async def test_a_client_goes_on_without_gap_or_repeat_when_the_console_is_started_again(
    console: ConsoleProcess, how: signal.Signals, missed: int
) -> None:
    screen = Screen(console)
    async with screen.watching() as answer:
        await screen.read_hello(answer)
        told = console.produce(10)
        await screen.read(answer, 10)
        await asyncio.to_thread(console.end, how)
        with suppress(aiohttp.ClientError):
            await screen.read(answer, 11)
    told += console.produce(missed)
    await asyncio.to_thread(console.start)
    async with screen.watching() as answer:
        await screen.read(answer, 10 + missed)
        told += console.produce(10)
        await screen.read(answer, 20 + missed)
    assert sorted(screen.alerts) == sorted(told)
    assert screen.gaps == 0


async def test_a_client_that_stops_reading_is_cut_off_and_goes_on_without_a_gap(console: ConsoleProcess) -> None:
    stalled = 'platewatch_feed_clients_dropped_total{reason="stalled"}'
    before = await console.metric(stalled)
    straggler = Straggler(console.port, console.token)
    reader, writer = await straggler.connect()
    await straggler.read_until(reader, lambda: bool(straggler.last_id))
    first = next(console.numbers) + 1
    sent = 0

    async def is_cut_off() -> bool:
        nonlocal sent
        # Enough to fill both sockets, and less than the ring holds: it would be cut off for being behind that.
        if sent < 80:
            await asyncio.to_thread(console.produce, 20, "x" * 20_000)
            sent += 20
        return await console.metric(stalled) > before

    await eventually(is_cut_off, "the client is cut off", within_s=60)
    await straggler.read_until(reader, lambda: False)
    writer.close()
    assert len(straggler.counts) < sent
    reader, writer = await straggler.connect()
    async with asyncio.timeout(_WITHIN_S):
        await straggler.read_until(reader, lambda: len(straggler.counts) == sent)
    writer.close()
    assert straggler.counts == dict.fromkeys(range(first, first + sent), 1)
    assert straggler.gaps == 0


async def test_alerts_since_a_time_are_told_first(console: ConsoleProcess) -> None:
    console.produce(5)
    # Kafka's times are whole milliseconds, and so is what is asked for: of the one in which these came, all are told.
    await asyncio.sleep(0.01)
    since = datetime.now(UTC)
    told = console.produce(5)
    screen = Screen(console)
    async with screen.watching(since=since.isoformat().replace("+00:00", "Z")) as answer:
        await screen.read(answer, 5)
    assert sorted(screen.alerts) == sorted(told)


async def test_the_console_refuses_whoever_has_no_token(console: ConsoleProcess) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.get(f"http://127.0.0.1:{console.port}/alerts/feed") as answer:
            assert answer.status == 401
        async with session.get(f"http://127.0.0.1:{console.port}/livez") as answer:
            assert answer.status == 200
