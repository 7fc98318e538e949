"""Frame to webhook and index, on real servers: undisturbed, with workers killed, with servers away, and secured.

Each run plays the same clip, so each must give the same passes and the same alerts: sets are compared, not counts.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
from confluent_kafka import Producer
from rich.console import Console

from infra.demo.demo import Clock, Demo, Outcome
from infra.demo.installation import Installation
from infra.demo.observer import Observer
from infra.demo.scenario import Scenario, rendered
from infra.local_stack.launch import Service
from infra.local_stack.stack import LocalStack
from infra.settings import Settings
from infra.settings.workers import WorkerName
from infra.supervisor import Supervisor
from recognizers.rendering.clip_spec import ClipSpec
from streams.clients import build_elasticsearch
from streams.codec import frame_headers
from streams.document_reading import detection_from_document
from streams.documents import INDEX_PREFIX
from streams.images.key import ImageKey, ImageKind
from streams.images.store import DirectoryImageStore
from streams.records import Detection, Frame, TopicName

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]

CLIP = ClipSpec(name="short", seed=1, seconds=24, fps=10, slowest_kmh=35, fastest_kmh=75, repeats=1)

JPEG = cv2.imencode(".jpg", np.tile(np.arange(200, dtype=np.uint8), (100, 1)))[1].tobytes()
# The header alone says that it is too large, so the rest need not be there.
FIFTY_MEGAPIXELS = JPEG.replace(b"\x00\x64\x00\xc8", b"\x1b\x58\x1b\x58", 1)

Passes = frozenset[tuple[str, float, float]]


@dataclass(frozen=True, slots=True)
class Running:
    """A demo whose workers run."""

    demo: Demo
    installation: Installation
    supervisor: Supervisor

    def play(self, disturb: Callable[[float], None] | None = None) -> Outcome:
        if disturb is None:
            return self.demo.play(self.installation, self.supervisor)
        return self.demo.play(self.installation, self.supervisor, disturb)


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    return rendered(CLIP, tmp_path_factory.mktemp("clip"))


@pytest.fixture(scope="module")
def running(scenario: Scenario, stack: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    demo = _demo(scenario, stack, tmp_path_factory.mktemp("demo"))
    with demo.started() as (installation, supervisor):
        yield Running(demo, installation, supervisor)


@pytest.fixture(scope="module")
def undisturbed(running: Running) -> Outcome:
    return running.play()


def _demo(scenario: Scenario, stack: LocalStack, folder: Path) -> Demo:
    return Demo(folder, stack.addresses().settings_file, scenario, Console(file=io.StringIO()), Clock())


def passes_of(outcome: Outcome) -> Passes:
    """What was read and indexed, by plate and by milliseconds since the clip's start."""
    return frozenset((one.plate, round(one.first_s, 3), round(one.last_s, 3)) for one in outcome.observed.indexed)


def alerts_of(outcome: Outcome) -> frozenset[str]:
    """The plates that dispatch was told of."""
    return frozenset(receipt.plate for receipt in outcome.observed.receipts)


def assert_same(outcome: Outcome, undisturbed: Outcome) -> None:
    assert outcome.faults == ()
    assert passes_of(outcome) == passes_of(undisturbed)
    assert alerts_of(outcome) == alerts_of(undisturbed)
    assert outcome.report.documents == undisturbed.report.documents
    assert outcome.report.alerts_delivered == undisturbed.report.alerts_delivered


def test_a_clip_goes_the_whole_way(undisturbed: Outcome) -> None:
    report = undisturbed.report
    assert undisturbed.faults == ()
    assert report.frames == CLIP.frame_count
    assert report.frames_dropped == 0
    assert report.passes_true is not None
    assert report.passes_exact is not None
    assert report.passes_exact >= 0.95 * report.passes_true - 0.5  # 95 %, to the nearest pass
    assert report.ghost_passes == 0
    assert report.alerts_delivered == report.hits_expected
    assert report.alerts_repeated == 0


async def _documents(ids: list[str], settings: Settings) -> list[Detection]:
    async with build_elasticsearch(settings.elasticsearch) as client:
        answer = await client.search(index=f"{INDEX_PREFIX}*", query={"terms": {"id": ids}}, size=len(ids))
    return [detection_from_document(hit["_source"]) for hit in answer["hits"]["hits"]]


@pytest.mark.policy("KY-III.F/I")
def test_each_pass_in_the_index_has_the_pictures_that_its_document_proves(
    running: Running, undisturbed: Outcome
) -> None:
    ids = [one.id for one in undisturbed.observed.indexed]
    found = asyncio.run(_documents(ids, running.installation.settings))
    store = DirectoryImageStore(running.installation.settings.images.dir)
    assert len(found) == len(ids)
    for detection in found:
        assert detection.image is not None
        assert detection.image.of_best_look
        expected = {ImageKind.PLATE: detection.image.plate_sha256, ImageKind.SCENE: detection.image.scene_sha256}
        for kind, digest in expected.items():
            picture = store.get(ImageKey(detection.image.day, detection.id, kind)) or b""
            assert hashlib.sha256(picture).hexdigest() == digest


@pytest.mark.parametrize(
    ("jpeg", "said"),
    [
        pytest.param(JPEG[: len(JPEG) // 2], "cut off", id="truncated"),
        pytest.param(b"no picture", "no JPEG", id="no-picture"),
        pytest.param(FIFTY_MEGAPIXELS, "the limit is", id="50-megapixels"),
    ],
)
def test_a_frame_that_cannot_be_read_becomes_a_dead_letter(jpeg: bytes, said: str, running: Running) -> None:
    settings = running.installation.settings
    now = datetime.now(UTC)
    frame = Frame(camera=f"bad-{said[:3].strip()}", captured_at=now, received_at=now, sequence=1, jpeg=jpeg)
    with closing(Observer(settings.kafka, frame.camera)) as observer:
        producer = Producer(settings.kafka.confluent_config())
        producer.produce(TopicName.FRAMES, frame.jpeg, frame.camera, headers=frame_headers(frame))
        producer.flush(10)
        deadline = time.monotonic() + 30
        while not observer.seen.dead_letters and time.monotonic() < deadline:
            observer.drain(0.2)
        letters = observer.seen.dead_letters
    assert [(letter.stage, letter.topic, letter.value) for letter in letters] == [("recognition", "pw.frames", jpeg)]
    assert said in letters[0].reason


def test_killed_workers_change_nothing(running: Running, undisturbed: Outcome) -> None:
    kill_at_s = {worker: 4.0 + 3.0 * place for place, worker in enumerate(WorkerName)}

    def kill_when_due(elapsed_s: float) -> None:
        for worker in [worker for worker, at_s in kill_at_s.items() if elapsed_s >= at_s]:
            del kill_at_s[worker]
            running.supervisor.kill(worker)

    outcome = running.play(kill_when_due)
    assert not kill_at_s
    assert_same(outcome, undisturbed)


@pytest.mark.parametrize("service", [Service.REDIS, Service.ELASTICSEARCH, Service.KAFKA])
def test_a_server_that_is_away_for_20_seconds_changes_nothing(
    service: Service, running: Running, undisturbed: Outcome, stack: LocalStack
) -> None:
    due: list[tuple[float, Callable[[Service], object]]] = [(4.0, stack.stop_service), (24.0, stack.start_service)]

    def stop_and_start(elapsed_s: float) -> None:
        if due and elapsed_s >= due[0][0]:
            _, act = due.pop(0)
            act(service)

    try:
        outcome = running.play(stop_and_start)
    finally:
        stack.up()
    assert not due
    assert_same(outcome, undisturbed)


def test_a_secured_stack_carries_the_whole_way(
    scenario: Scenario, secured_stack: LocalStack, undisturbed: Outcome, tmp_path: Path
) -> None:
    demo = _demo(scenario, secured_stack, tmp_path)
    with demo.started() as (installation, supervisor):
        outcome = demo.play(installation, supervisor)
    assert_same(outcome, undisturbed)
