"""One matching worker on real Kafka and Redis: detections a second, what the join adds, what windows remember."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
import psutil
from confluent_kafka import Producer

from infra.bench.errors import BenchError
from infra.bench.hotlists import LIST, PARTIALS, partial_entries, typical_entries
from infra.bench.rows import Better, Goal, Row, figure
from infra.bench.servers import own_servers
from infra.demo.installation import install, worker_plan
from infra.initialise import initialise
from infra.kafka_admin import KafkaAdminError, LagMeter
from infra.settings import Settings
from infra.settings.workers import WorkerName
from infra.supervisor import Supervisor
from recognizers.fold import FOLD_VERSION, fold
from streams.app import app_id
from streams.codec import encode
from streams.entry_windows import EntryWindows, Saved, key_of
from streams.hotlist_store import open_hotlists
from streams.matching import lookup_of, match
from streams.records import (
    Box,
    Category,
    Detection,
    FrameReference,
    GeoPoint,
    HotlistEntry,
    ImageQuality,
    Match,
    Outcome,
    PlateCandidate,
    TopicName,
    event_id,
)

DETECTIONS = 120_000
_JOINED = 20_000
_WINDOWED = 5_000_000
_MATCHED_SHARE = 0.02
"""Of the detections, those that are a weak match at least: measured by the simulation with a million entries."""

_AT_ONCE = 1000  # entries let go in one go
_SEED = 20_260_404
_START = datetime(2026, 11, 22, 12, tzinfo=UTC)
_DRAIN_WITHIN_S = 400.0


def measure_matching_worker(told: Callable[[str], None], entries: int = 1_000_000, partials: int = 10_000) -> list[Row]:
    """Rows of the worker, of the join alone, and of the windows' memory."""
    with _installation() as (settings, run_worker):
        told(f"loading {entries:,} entries and {partials:,} partial plates")
        listed = list(typical_entries(entries))
        asyncio.run(_load(settings, listed, list(partial_entries(partials))))
        detections = list(_detections(DETECTIONS, listed))
        told(f"joining {_JOINED:,} detections")
        joined = asyncio.run(_join(settings, detections[:_JOINED]))
        told(f"{DETECTIONS:,} detections through one worker")
        per_second, resident = _drain(settings, run_worker, detections)
    told(f"{_WINDOWED:,} detections through the windows")
    return [
        figure(
            "detections through one worker",
            per_second,
            "per second",
            goal=Goal(1500, 1800),
            how=_how(entries, partials),
        ),
        figure("worker's memory", resident, "MiB", goal=Goal(None, None, Better.LOWER), how=_how(entries, partials)),
        *joined,
        *_windows_rows(),
    ]


def _how(entries: int, partials: int) -> str:
    return f"{DETECTIONS:,} detections; {entries:,} entries, {partials:,} partial; Kafka and Redis on this machine"


@contextmanager
def _installation() -> Iterator[tuple[Settings, Callable[[], Supervisor]]]:
    """Servers of the bench's own, topics, and a way to start the worker."""
    with own_servers() as (folder, stack):
        supervisors: list[Supervisor] = []
        try:
            installation = install(folder / "demo", stack.addresses().settings_file)
            initialise(installation.settings)

            def run_worker() -> Supervisor:
                supervisor = Supervisor(folder / "children")
                supervisors.append(supervisor)
                supervisor.start(worker_plan(installation, WorkerName.MATCHING))
                return supervisor

            yield installation.settings, run_worker
        finally:
            for supervisor in supervisors:
                supervisor.stop()


async def _load(settings: Settings, listed: Sequence[HotlistEntry], partial: Sequence[HotlistEntry]) -> None:
    async with open_hotlists(settings.redis) as store:
        await store.replace(LIST, listed, datetime.now(UTC))
        await store.replace(PARTIALS, partial, datetime.now(UTC))


def _detections(count: int, listed: Sequence[HotlistEntry]) -> Iterator[Detection]:
    """Passes with two or three readings of a plate each; two of a thousand are of listed vehicles."""
    rng = np.random.default_rng(_SEED)
    confused = {"B": "8", "8": "B", "0": "D", "D": "0", "1": "7", "7": "1", "5": "6", "6": "5", "M": "N", "N": "M"}
    alphabet = np.array(list("ABCDEFGHJKLMNPRSTUVWXYZ0123456789"))
    for number in range(count):
        if rng.random() < 0.002:  # noqa: PLR2004 - as many as pass
            plate = listed[int(rng.integers(len(listed)))].plate
        else:
            plate = "".join(rng.choice(alphabet[:23], 3)) + "".join(rng.choice(alphabet[23:], 4))
        sure = float(rng.choice([0.999, 0.97, 0.8]))
        lattice = tuple({c: sure, confused[c]: 1 - sure} if c in confused else {c: 0.999} for c in plate)
        at = _START + timedelta(milliseconds=10 * number)
        yield Detection(
            id=event_id("bench", number), revision=1, final=True, camera=f"bench-{number % 40}", captured_at=at,
            received_at=at, first_seen_at=at, last_seen_at=at, decided_by=FrameReference(number, at), plate=plate,
            plate_folded=fold(plate), fold_version=FOLD_VERSION, confidence=sure, lattice=lattice,
            candidates=(PlateCandidate(plate, sure),), looks=5, box=Box(0, 0, 120, 40),
            quality=ImageQuality(120, 1.0), location=GeoPoint(38.2, -85.7),
        )  # fmt: skip


async def _join(settings: Settings, detections: Sequence[Detection]) -> list[Row]:
    """Batches of the size that the worker takes: what the look-up and the posterior add to each detection."""
    size = settings.matching.batch
    times, matches = [], 0
    async with open_hotlists(settings.redis) as store:
        for start in range(0, len(detections), size):
            batch = detections[start : start + size]
            began = time.perf_counter()
            found = await store.candidates([lookup_of(one, settings.matching) for one in batch])
            for detection, listed in zip(batch, found, strict=True):
                matches += len(match(detection, listed, settings.matching, _START))
            times.append(time.perf_counter() - began)
    milliseconds = 1000 * np.array(times[5:])
    how = f"batches of {size}, one core; {matches} matches of {len(detections):,} detections"
    p99 = float(np.quantile(milliseconds, 0.99))
    return [
        figure(
            "join of a batch, p50", float(np.median(milliseconds)), "ms", goal=Goal(None, None, Better.LOWER), how=how
        ),
        figure("join of a batch, p99", p99, "ms", goal=Goal(10.0, None, Better.LOWER), how=how),
    ]


def _drain(
    settings: Settings, run_worker: Callable[[], Supervisor], detections: Sequence[Detection]
) -> tuple[float, float]:
    """Detections a second, from the first commit seen to the last; and the worker's memory in MiB at the end."""
    producer = Producer(settings.kafka.confluent_config() | {"queue.buffering.max.messages": 500_000})
    for detection in detections:
        producer.produce(TopicName.DETECTIONS, encode(detection), detection.plate_folded.encode())
        producer.poll(0)
    producer.flush(60)
    supervisor = run_worker()
    meter = LagMeter(settings.kafka.confluent_config(), app_id(WorkerName.MATCHING), TopicName.DETECTIONS)
    deadline = time.monotonic() + _DRAIN_WITHIN_S
    seen: list[tuple[float, int]] = []
    with closing(meter):
        while time.monotonic() < deadline:
            time.sleep(0.25)
            try:
                seen.append((time.monotonic(), meter.lag()))
            except KafkaAdminError:
                continue  # the group's coordinator is still being found
            if seen[-1][1] == 0:
                break
    resident = psutil.Process(supervisor.pid(WorkerName.MATCHING)).memory_info().rss / 2**20
    moving = [place for place in range(1, len(seen)) if seen[place][1] < seen[place - 1][1]]
    if not moving or seen[-1][1]:
        left = seen[-1][1] if seen else len(detections)
        msg = f"the worker left {left} of {len(detections)} detections within {_DRAIN_WITHIN_S:.0f} s"
        raise BenchError(msg)
    first = moving[0] - 1
    return (seen[first][1] - seen[-1][1]) / (seen[-1][0] - seen[first][0]), resident


def _windows_rows() -> list[Row]:
    """Memory of the windows while millions of detections, of which some match weakly, go by at 150 a second."""
    settings = Settings()
    windows = EntryWindows(settings.windows, settings.matching)
    table: dict[bytes, bytes] = {}
    rng = np.random.default_rng(_SEED)
    (detection,) = _detections(1, [])
    process, resident, kept = psutil.Process(), [], []
    matches = int(_WINDOWED * _MATCHED_SHARE)
    for number in range(matches):
        at = _START + timedelta(seconds=number / (150 * _MATCHED_SHARE))
        plate = f"P{int(rng.integers(1_000_000)):06d}"
        entry = HotlistEntry(id=plate, hotlist=LIST, plate=plate, category=Category.STOLEN_VEHICLE)
        seen = msgspec.structs.replace(detection, id=event_id("window", number), captured_at=at)
        one = Match(
            id=seen.id, detection=seen, entry=entry, hotlist_version="1", probability=0.02,
            outcome=Outcome.POSSIBLE, matched_at=at,
        )  # fmt: skip
        key = key_of(entry)
        known = msgspec.msgpack.decode(table[key], type=Saved) if key in table else None
        observed = windows.observe(number % 4, known, one, at)
        if observed.saved is not None:
            table[key] = msgspec.msgpack.encode(observed.saved)
        if number % 100 == 0:
            for gone in windows.let_go(at, _AT_ONCE):
                del table[gone.key]
        if number % (matches // 50) == 0:
            resident.append(process.memory_info().rss / 2**20)
            kept.append(windows.sightings)
    half = len(resident) // 2
    growth = float(np.mean(resident[-5:]) - np.mean(resident[half - 5 : half]))
    how = (
        f"{_WINDOWED:,} detections at 150/s, {_MATCHED_SHARE:.0%} of them weak matches; at most {max(kept):,} sightings"
    )
    return [
        figure(
            "windows' memory, growth over the second half", growth, "MiB", goal=Goal(10.0, None, Better.LOWER), how=how
        )
    ]
