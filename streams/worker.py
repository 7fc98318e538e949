"""One worker as a process: wait for Kafka, serve health, run the Faust app until told to stop or until it breaks."""

from __future__ import annotations

import asyncio
import importlib
import signal
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from types import ModuleType

import faust
import structlog
import uvloop
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from infra import metrics
from infra.health import CommitWatch, HealthChecks, serve_health
from infra.settings import Settings
from infra.settings.workers import WorkerName
from streams.app import build_app
from streams.faults import StreamError
from streams.guard import Guard
from streams.topics import all_topics

_OBSERVE_EVERY_S = 1.0
_ASK_KAFKA_EVERY_S = 5.0
_STOP_WITHIN_S = 10.0

log = structlog.get_logger(__name__)


class WorkerBrokenError(StreamError):
    """Faust gave up; whoever supervises the process starts it again."""


class TopicsMissingError(StreamError):
    """Topics were not created; the message says which and what to run."""


Attach = Callable[[faust.App, Settings], Guard]
"""Makes an app do a worker's work."""


def agent(worker: WorkerName) -> ModuleType:
    """The module of a worker's agent.

    Only this one is imported: recognition brings the models' runtime, which the others need not carry.
    """
    return importlib.import_module(f"streams.agents.{worker}")


def run_worker(settings: Settings, worker: WorkerName, attach: Attach | None = None) -> None:
    """Run the worker until SIGTERM or SIGINT.

    Args:
        settings: of the installation.
        worker: which one.
        attach: of its agent, with what it needs from packages that are unknown here; None where it needs nothing.

    Raises:
        TopicsMissingError: `platewatch init` has not run.
        PortTakenError: the port of the health endpoints is in use.
        WorkerBrokenError: Faust crashed.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(settings, worker, attach or agent(worker).attach))


async def _run(settings: Settings, worker: WorkerName, attach: Attach) -> None:
    structlog.contextvars.bind_contextvars(worker=str(worker))
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    app = build_app(settings, worker)
    guard = attach(app, settings)
    watch = WorkerWatch(app, guard, CommitWatch(settings.workers.stuck_after_s))
    async with AsyncExitStack() as resources:
        port = settings.workers.port(worker)
        await serve_health(HealthChecks(watch.live, watch.ready), settings.workers.host, port, resources)
        admin = AdminClient(settings.kafka.confluent_config())
        if not await _kafka_is_ready(admin, settings, stopping):
            return
        app.finalize()
        await app.start()
        resources.push_async_callback(_stop, app)
        watch.started = True
        log.info("worker started")
        for watching in (asyncio.create_task(watch.observe()), asyncio.create_task(watch.ask_kafka(admin))):
            resources.callback(watching.cancel)
        if (await app.wait(stopping.wait())).stopped:
            msg = f"worker {worker} broke: {app.crash_reason!r}"
            raise WorkerBrokenError(msg)
        log.info("worker stopping")


async def _stop(app: faust.App) -> None:
    """Stop Faust, but not for ever: with Kafka away it cannot leave its group, and need not."""
    try:
        async with asyncio.timeout(_STOP_WITHIN_S):
            await app.stop()
    except TimeoutError:
        log.warning("worker did not stop in time; what is unfinished comes again", seconds=_STOP_WITHIN_S)


async def _kafka_is_ready(admin: AdminClient, settings: Settings, stopping: asyncio.Event) -> bool:
    """Wait until Kafka answers and has our topics; False when told to stop meanwhile."""
    waiting = False
    while not stopping.is_set():
        try:
            known = await asyncio.to_thread(lambda: admin.list_topics(timeout=3).topics)
        except KafkaException as error:
            if not waiting:
                log.warning("waiting for service", service="kafka", reason=str(error.args[0].str()))
                waiting = True
            continue
        missing = sorted(topic.name for topic in all_topics(settings) if topic.name not in known)
        if missing:
            msg = f"Kafka has no topic {missing[0]}; run `platewatch init` first"
            raise TopicsMissingError(msg)
        return True
    return False


class WorkerWatch:
    """What a running worker says of itself. Used by one event loop."""

    def __init__(self, app: faust.App, guard: Guard, commits: CommitWatch) -> None:
        self.started = False
        self._app = app
        self._guard = guard
        self._commits = commits
        self._stuck: str | None = None
        self._committed: dict[tuple[str, int], int] = {}
        self._kafka_away: str | None = None

    def live(self) -> str | None:
        """What a restart would mend, if anything. Waiting for a service that is away is not such a thing."""
        return None if self._kafka_away or self._guard.waiting_for else self._stuck

    def ready(self) -> str | None:
        """What keeps it from working at this moment, if anything."""
        if not self.started:
            return "starting: waiting for Kafka"
        if away := self._kafka_away or self._guard.waiting_for:
            return f"waiting for {away}"
        return "rebalancing" if self._app.rebalancing else None

    async def ask_kafka(self, admin: AdminClient) -> None:
        """Now and then: whether Kafka answers. Faust waits for it without a word that a probe could hear."""
        while True:
            await asyncio.sleep(_ASK_KAFKA_EVERY_S)
            try:
                await asyncio.to_thread(admin.list_topics, timeout=3)
            except KafkaException as error:
                if self._kafka_away is None:
                    log.warning("waiting for service", service="kafka", reason=str(error.args[0].str()))
                self._kafka_away = "kafka"
            else:
                if self._kafka_away:
                    log.info("service is back", service="kafka")
                    # What stood still meanwhile did so for a reason; it is watched anew.
                    self._commits = CommitWatch(self._commits.stuck_after_s)
                    self._stuck = None
                self._kafka_away = None

    async def observe(self) -> None:
        """Once a second: how far commits are behind."""
        while True:
            await asyncio.sleep(_OBSERVE_EVERY_S)
            monitor = self._app.monitor
            committed = {(tp.topic, tp.partition): offset for tp, offset in monitor.tp_committed_offsets.items()}
            assigned = self._app.consumer.assignment()
            ends = {
                (tp.topic, tp.partition): offset
                for tp, offset in monitor.tp_end_offsets.items()
                if tp in assigned and (tp.topic, tp.partition) in committed
            }
            self._stuck = self._commits.stuck(committed, ends, time.monotonic())
            for partition, end in ends.items():
                metrics.LAG.labels(partition[0], str(partition[1])).set(max(0, end - committed[partition]))
            if committed != self._committed:
                self._committed = committed
                metrics.LAST_COMMIT.set_to_current_time()
