"""Several workers of each kind beside each other, as processes of their own, over lists of their own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from infra.initialise import initialise
from infra.local_stack.stack import LocalStack
from infra.settings import Settings
from infra.settings.services import KafkaSettings
from infra.settings.workers import WorkerName
from streams.clients import build_redis
from streams.hotlist_store import HotlistStore, open_hotlists
from streams.records import HotlistEntry, TopicName
from tests.topic_reading import has_handled_all, shares_of
from tests.worker_process import WorkerProcess, eventually, free_ports, settings_beside

HOTLIST = "join"

_SOURCES = {WorkerName.MATCHING: TopicName.DETECTIONS, WorkerName.WINDOWS: TopicName.MATCHES}
_SHARED_WITHIN_S = 60.0
_PORTS_EACH = len(WorkerName)
_MOST = 6
"""Workers of a kind that a test may add up to."""


@dataclass(slots=True)
class JoinWorkers:
    """Workers of the join, by kind in the order in which they were added."""

    stack: LocalStack
    folder: Path
    first_port: int
    settings: Settings
    running: dict[WorkerName, list[WorkerProcess]] = field(default_factory=dict)

    def add(self, name: WorkerName) -> WorkerProcess:
        """One worker more, that is ready."""
        worker = self.prepare(name)
        worker.start()
        return worker

    def prepare(self, name: WorkerName) -> WorkerProcess:
        """One worker more, to be started, with settings, files and a port of its own."""
        others = self.running.setdefault(name, [])
        file, settings = _settings(
            self.stack, self.folder / f"{name}-{len(others)}", self.first_port + _PORTS_EACH * len(others)
        )
        worker = WorkerProcess(name, file, file.parent / f"{name}.log", settings.workers.port(name))
        others.append(worker)
        return worker

    def wait_until_shared(self, name: WorkerName, count: int) -> None:
        """Wait until so many workers of a kind have a part of the partitions each."""
        deadline = time.monotonic() + _SHARED_WITHIN_S
        topic = _SOURCES[name]
        while not is_shared(shares := shares_of(self.settings.kafka, name, topic), count, self.settings.kafka):
            assert time.monotonic() < deadline, f"{topic} is not shared by {count} workers: {shares}"
            time.sleep(0.2)

    async def wait_until_handled(self) -> None:
        """Wait until all detections are matched and all matches are through the windows."""
        for name, topic in _SOURCES.items():

            async def is_handled(name: WorkerName = name, topic: TopicName = topic) -> bool:
                return await asyncio.to_thread(has_handled_all, self.settings.kafka, name, topic)

            await eventually(is_handled, f"worker {name} has handled all of {topic}", within_s=60)


def is_shared(shares: Sequence[frozenset[int]], count: int, kafka: KafkaSettings) -> bool:
    """Whether so many workers have all partitions among them, and each has some."""
    return len(shares) == count and all(shares) and sum(map(len, shares)) == kafka.partitions


async def list_entries(settings: Settings, entries: Sequence[HotlistEntry]) -> None:
    """Swap the list for these entries."""
    async with open_hotlists(settings.redis) as store:
        await store.replace(HOTLIST, entries, datetime.now(UTC))


@contextmanager
def join_workers(stack: LocalStack, folder: Path, *, of_each: int) -> Iterator[JoinWorkers]:
    """So many workers of matching and windows each, which share the partitions, over empty lists."""
    first_port = free_ports(_PORTS_EACH * _MOST)
    _, settings = _settings(stack, folder, first_port)
    initialise(settings)
    asyncio.run(_empty(settings))
    workers = JoinWorkers(stack, folder, first_port, settings)
    with ExitStack() as ending, ThreadPoolExecutor() as pool:
        ending.callback(_stop_all, workers)
        list(pool.map(WorkerProcess.start, [workers.prepare(name) for name in _SOURCES for _ in range(of_each)]))
        for name in _SOURCES:
            workers.wait_until_shared(name, of_each)
        yield workers


def _settings(stack: LocalStack, folder: Path, first_port: int) -> tuple[Path, Settings]:
    workers = {"first_port": first_port, "data_dir": str(folder / "workers"), "session_timeout_s": 6.0}
    # The lists of other tests are in other databases.
    redis = {"url": stack.addresses().redis_url.removesuffix("/0") + "/5"}
    return settings_beside(stack, folder, first_port, workers=workers, redis=redis)


def _stop_all(workers: JoinWorkers) -> None:
    with ThreadPoolExecutor() as pool:
        list(pool.map(WorkerProcess.stop, [one for some in workers.running.values() for one in some]))


async def _empty(settings: Settings) -> None:
    redis = build_redis(settings.redis)
    try:
        await redis.flushdb()
        await HotlistStore(redis).begin()
    finally:
        await redis.aclose()
