"""The demo from start to end: everything up, the clip played, what happened watched, told and checked."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from elasticsearch import AsyncElasticsearch
from rich.console import Console

from infra.demo.installation import (
    RECEIVER,
    DemoError,
    Installation,
    camera_plan,
    install,
    receiver_terms,
    start_workers,
    wait_until_ready,
)
from infra.demo.observer import Observer
from infra.demo.receiver import read_journal
from infra.demo.report import Observed, ReadPass, Report, build_report, faults, latency
from infra.demo.scenario import HOTLIST, Scenario
from infra.demo.subscriber import subscribe
from infra.demo.view import Moment, View, build_view
from infra.initialise import initialise
from infra.kafka_admin import KafkaAdminError, LagMeter
from infra.settings.workers import WorkerName
from infra.supervisor import Supervisor
from streams.app import app_id
from streams.clients import build_elasticsearch
from streams.delivery.choice import asks_for_event, concerns
from streams.delivery.subscription import AlertChoice
from streams.documents import INDEX_PREFIX
from streams.hotlist_store import open_hotlists
from streams.records import HotlistEntry, TopicName

SOURCES = {
    WorkerName.RECOGNITION: TopicName.FRAMES,
    WorkerName.MATCHING: TopicName.DETECTIONS,
    WorkerName.WINDOWS: TopicName.MATCHES,
    WorkerName.ALERTING: TopicName.HITS,
    WorkerName.DELIVERY: TopicName.ALERTS,
    WorkerName.INDEXING: TopicName.DETECTIONS,
    WorkerName.HOTLISTS: TopicName.HOTLIST,
}
"""What each worker reads, in the order of a plate's way."""

_ASKED_FOR = AlertChoice()
"""What the receiver subscribes to: all that is more than possible."""

_DRAIN_WITHIN_S = 60.0
_QUIET_FOR = 3
"""Looks at the lags, a second apart, that must all find nothing waiting before a run counts as drained."""


Disturb = Callable[[float], None]


def _leave_alone(_elapsed_s: float) -> None:
    """What disturbs nothing."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The report of a run, what should have arrived and did not, and what it was made of."""

    report: Report
    faults: tuple[str, ...]
    observed: Observed
    picture: Moment
    """How the page looked when the clip had ended."""


@dataclass(slots=True)
class Clock:
    """Seconds of each part of a run."""

    parts: dict[str, float] = field(default_factory=dict)
    begun_s: float = field(default_factory=time.monotonic)

    def so_far(self) -> dict[str, float]:
        """The parts, and the seconds in all."""
        return {**self.parts, "total": time.monotonic() - self.begun_s}

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Time what runs inside."""
        started = time.monotonic()
        try:
            yield
        finally:
            self.parts[name] = self.parts.get(name, 0.0) + time.monotonic() - started


@dataclass(slots=True)
class Demo:
    """One demo on a running stack. `run` may be called again to play the source once more."""

    folder: Path
    stack_settings: Path
    scenario: Scenario
    console: Console
    clock: Clock

    @contextmanager
    def started(self) -> Iterator[tuple[Installation, Supervisor]]:
        """Topics, workers and receiver, until the end of the block."""
        installation = install(self.folder, self.stack_settings)
        with self.clock.part("init"):
            initialise(installation.settings)
            secret = installation.secret_file.read_text(encoding="utf-8")
            asyncio.run(subscribe(installation.settings, RECEIVER, receiver_terms(installation), secret))
        supervisor = Supervisor(self.folder / "children")
        try:
            with self.clock.part("workers"), self.console.status("starting the workers"):
                start_workers(installation, supervisor)
                wait_until_ready(installation, supervisor)
            yield installation, supervisor
        finally:
            supervisor.stop()

    def play(self, installation: Installation, supervisor: Supervisor, disturb: Disturb = _leave_alone) -> Outcome:
        """Play the source once, wait until all of it went through, and see what came out.

        Args:
            installation: where everything is.
            supervisor: keeps the workers up.
            disturb: called some times a second with the seconds since the camera was started; may break things.

        Raises:
            DemoError: the source cannot be played.
        """
        run = f"{datetime.now(UTC):%Y%m%dT%H%M%S}"
        camera = f"demo-{run}"
        asyncio.run(_list_wanted(installation, self.scenario.entries(run)))
        with ExitStack() as resources:
            observer = resources.enter_context(closing(Observer(installation.settings.kafka, camera)))
            meters = {
                worker: resources.enter_context(
                    closing(LagMeter(installation.settings.kafka.confluent_config(), app_id(worker), topic))
                )
                for worker, topic in SOURCES.items()
            }
            view = resources.enter_context(build_view(self.console))
            playing = _Playing(self, installation, supervisor, observer, meters, view, disturb)
            with self.clock.part("clip"):
                playing.camera(camera)
            with self.clock.part("drain"):
                playing.drain()
            observed = self._observed(installation, playing, camera)
        return Outcome(build_report(observed), tuple(faults(observed)), observed, playing.moment("drained"))

    def _observed(self, installation: Installation, playing: _Playing, camera: str) -> Observed:
        seen = playing.observer.seen
        start = seen.first_captured_at or datetime.now(UTC)
        status = seen.cameras.get(camera)
        return Observed(
            source=self.scenario.source,
            frames=len(seen.acknowledged_s),
            frames_dropped=status.frames_dropped if status else 0,
            told=frozenset(seen.detections),
            raised=frozenset(
                id_
                for id_, alert in seen.revisions.items()
                if concerns(_ASKED_FOR, alert) and asks_for_event(_ASKED_FOR, alert)
            ),
            indexed=asyncio.run(_indexed(installation, camera, start)),
            receipts=[receipt for receipt in read_journal(installation.journal) if receipt.camera == camera],
            acknowledged_s=seen.acknowledged_s,
            dead_letters=len(seen.dead_letters),
            waiting=sum(playing.lags.values()),
            truth=self.scenario.truth,
            wanted=self.scenario.wanted,
            seconds=self.clock.so_far(),
        )


@dataclass(slots=True)
class _Playing:
    """The source on its way through."""

    demo: Demo
    installation: Installation
    supervisor: Supervisor
    observer: Observer
    meters: dict[WorkerName, LagMeter]
    view: View
    disturb: Disturb
    started_s: float = field(default_factory=time.monotonic)
    lags: dict[str, int] = field(default_factory=dict)
    measured_s: float = 0.0

    def camera(self, name: str) -> None:
        """Run the camera until its source is over."""
        plan = camera_plan(self.installation, self.demo.scenario.source, name)
        plan.log_file.unlink(missing_ok=True)
        self.supervisor.start(plan)
        while (status := self.supervisor.exit_status(plan.name)) is None:
            self.look("playing")
        if status != 0:
            said = plan.log_file.read_text(encoding="utf-8").strip().splitlines()
            msg = said[-1].removeprefix("platewatch: ") if said else "the camera ended without a word"
            raise DemoError(msg)

    def drain(self) -> None:
        """Wait until no worker has anything left to do."""
        quiet = 0
        deadline = time.monotonic() + _DRAIN_WITHIN_S
        while quiet < _QUIET_FOR and time.monotonic() < deadline:
            before = self.measured_s
            self.look("draining")
            if self.measured_s != before:
                quiet = quiet + 1 if self.lags and not any(self.lags.values()) else 0

    def look(self, phase: str) -> None:
        """A quarter of a second: take in what came, show it, keep the children up."""
        self.observer.drain(0.25)
        self.disturb(time.monotonic() - self.started_s)
        self.supervisor.tend()
        now = time.monotonic()
        if now - self.measured_s >= 1.0:
            self.measured_s = now
            self.lags = self._lags()
        self.view.show(self.moment(phase))

    def moment(self, phase: str) -> Moment:
        """How things stand."""
        receipts = read_journal(self.installation.journal)
        return Moment(
            phase=phase,
            source=self.demo.scenario.source,
            elapsed_s=time.monotonic() - self.started_s,
            now_s=time.time(),
            seen=self.observer.seen,
            receipts=receipts,
            lags=self.lags,
            latency=latency(receipts, self.observer.seen.acknowledged_s),
            wanted=self.demo.scenario.wanted,
        )

    def _lags(self) -> dict[str, int]:
        try:
            return {worker: meter.lag() for worker, meter in self.meters.items()}
        except KafkaAdminError:
            # Kafka is away for a moment: the last figures stand, and nothing counts as drained.
            return {worker: max(1, lag) for worker, lag in self.lags.items()}


async def _list_wanted(installation: Installation, entries: tuple[HotlistEntry, ...]) -> None:
    async with open_hotlists(installation.settings.redis) as store:
        await store.replace(HOTLIST, entries, datetime.now(UTC))


async def _indexed(installation: Installation, camera: str, start: datetime) -> list[ReadPass]:
    """The run's passes in Elasticsearch."""
    client: AsyncElasticsearch = build_elasticsearch(installation.settings.elasticsearch)
    try:
        await client.indices.refresh(index=f"{INDEX_PREFIX}*", ignore_unavailable=True)
        answer: Any = await client.search(
            index=f"{INDEX_PREFIX}*",
            query={"term": {"camera": camera}},
            size=10_000,
            source_includes=["id", "plate", "first_seen_at", "last_seen_at"],
            ignore_unavailable=True,
        )
    finally:
        await client.close()
    return [_read_pass(hit["_source"], start) for hit in answer["hits"]["hits"]]


def _read_pass(source: dict[str, str], start: datetime) -> ReadPass:
    def seconds(name: str) -> float:
        return (datetime.fromisoformat(source[name]) - start) / timedelta(seconds=1)

    return ReadPass(source["id"], source["plate"], seconds("first_seen_at"), seconds("last_seen_at"))
