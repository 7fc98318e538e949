"""Workers killed and added while the lists are swapped and plates pass: the hits are those of an undisturbed run."""

from __future__ import annotations

import asyncio
import random
import urllib.request
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families

from infra.local_stack.stack import LocalStack
from infra.settings import Settings
from infra.settings.workers import WorkerName
from streams.codec import decode
from streams.entry_windows import Saved
from streams.records import Detection, Hit, Outcome, TopicName
from tests.join_workers import JoinWorkers, join_workers, list_entries
from tests.topic_reading import pairs_of, shares_of, tail
from tests.wanted_vehicles import Road, build_passes, build_wanted, draw_plates, misread, sure
from tests.worker_process import WorkerProcess

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]

WANTED, OTHERS = 60, 240
COME_BACK = 15
"""Wanted vehicles that pass again so much later that it is another hit."""

HARD_TO_READ = 0.5
"""Share of the journeys that only three cameras together tell of."""

BACK_AFTER_S = 1500.0
KINDS = (WorkerName.MATCHING, WorkerName.WINDOWS)
CHANGELOG = "platewatch-windows-sightings-changelog"
FLOW_S = 20.0
SWAP_EVERY_S = 3.0
IN_HAND_S = 0.03
"""After the rush, until a worker is in the middle of it."""

Facts = tuple[str, frozenset[str], Outcome]
"""What a hit says: its plate, its sightings, its outcome."""

_PLATES = draw_plates(WANTED + 2 * OTHERS, random.Random(8))
_WANTED, _OTHERS, _SPARE = _PLATES[:WANTED], _PLATES[WANTED : WANTED + OTHERS], _PLATES[WANTED + OTHERS :]


@pytest.fixture(scope="module")
def workers(stack: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[JoinWorkers]:
    with join_workers(stack, tmp_path_factory.mktemp("disturbed"), of_each=2) as running:
        yield running


class Run:
    """The same vehicles on their way, under ids of this run."""

    def __init__(self, workers: JoinWorkers) -> None:
        self.name = uuid4().hex[:12]
        self.swaps = 0
        self.rush = asyncio.Event()
        """Set when a quarter of the vehicles has passed all at once: the workers have their hands full."""
        self._workers = workers
        self._rng = random.Random(9)
        begins = datetime.now(UTC) - timedelta(minutes=40)
        later = begins + timedelta(seconds=BACK_AFTER_S)
        passes = [one for plate in _WANTED for one in self._journey(plate, begins, 1)]
        passes += [one for plate in _WANTED[:COME_BACK] for one in self._journey(plate, later, 2)]
        passes += [one for plate in _OTHERS for one in build_passes(self.name, plate, [sure(plate)], begins)]
        self._passes = self._rng.sample(passes, k=len(passes))

    def _journey(self, plate: str, begins: datetime, trip: int) -> list[Detection]:
        """Read surely once, or only so that no camera alone would tell of it."""
        places = self._rng.sample(range(len(plate)), k=6)
        weak = [misread(plate, places[first : first + 2], 0.2, named=3) for first in (0, 2, 4)]
        mixed = [sure(plate), misread(plate, places[:1], 0.43, named=2), weak[1]]
        readings = self._rng.sample(weak if self._rng.random() < HARD_TO_READ else mixed, k=3)
        return build_passes(self.name, plate, readings, begins, trip=trip)

    async def take_place(self, beside: Callable[[], Awaitable[None]] | None = None) -> list[Hit]:
        """Let the vehicles pass, and give all that was told of them, repeats included.

        Args:
            beside: what happens to the workers meanwhile; the lists are swapped all the time then.
        """
        await self._swap()
        settings = self._workers.settings
        with tail(settings.kafka, TopicName.HITS) as hits:
            if beside is None:
                await self._flow(0.0)
            else:
                await self._flow_disturbed(beside)
            await self._workers.wait_until_handled()
            told = [decode(Hit, value).record for value in hits.drain()]
        return [hit for hit in told if hit.match.entry.id.startswith(f"{self.name}/")]

    async def _flow_disturbed(self, beside: Callable[[], Awaitable[None]]) -> None:
        swapping = asyncio.create_task(self._swap_again_and_again())
        try:
            await asyncio.gather(self._flow(FLOW_S), beside())
        finally:
            swapping.cancel()
            await asyncio.wait([swapping])

    async def _flow(self, seconds: float) -> None:
        road = Road(self._workers.settings.kafka)
        count = len(self._passes)
        for place, detection in enumerate(self._passes):
            road.send(detection)
            if not count // 4 <= place < count // 2:
                await asyncio.sleep(seconds / count)
            elif place == count // 2 - 1:
                self.rush.set()
        await asyncio.to_thread(road.end)

    async def _swap(self) -> None:
        """A new version of the list: the wanted plates, and each time others."""
        half = len(_SPARE) // 2
        first = self.swaps * 7 % half
        listed = (*_WANTED, *_SPARE[first : first + half])
        await list_entries(self._workers.settings, [build_wanted(self.name, plate) for plate in listed])
        self.swaps += 1

    async def _swap_again_and_again(self) -> None:
        while True:
            await asyncio.sleep(SWAP_EVERY_S)
            await self._swap()


def latest(told: Sequence[Hit]) -> list[Hit]:
    """Of each hit its latest revision."""
    by_id: dict[str, Hit] = {}
    for hit in told:
        known = by_id.get(hit.id)
        if known is None or hit.revision >= known.revision:
            by_id[hit.id] = hit
    return list(by_id.values())


def facts(hit: Hit) -> Facts:
    """What it says, whatever run it is of."""
    passes = frozenset(one.detection.partition("/")[2] for one in hit.sightings)
    return hit.match.entry.plate, passes, hit.outcome


@pytest.fixture(scope="module")
def undisturbed(workers: JoinWorkers) -> frozenset[Facts]:
    hits = latest(asyncio.run(Run(workers).take_place()))
    assert len(hits) == WANTED + COME_BACK
    assert all(len(hit.sightings) == 3 for hit in hits)
    assert sum(hit.corroborated for hit in hits) > WANTED / 4
    return frozenset(map(facts, hits))


def assert_same(told: Sequence[Hit], undisturbed: frozenset[Facts]) -> None:
    counted = Counter(map(facts, latest(told)))
    assert set(counted) == undisturbed
    assert set(counted.values()) == {1}, "no group of sightings has two hits"


async def test_killed_and_added_workers_and_swapped_lists_change_no_hit(
    workers: JoinWorkers, undisturbed: frozenset[Facts]
) -> None:
    async def kill_and_add() -> None:
        await run.rush.wait()
        for name in KINDS:
            await asyncio.sleep(IN_HAND_S)
            await asyncio.to_thread(workers.running[name][0].kill)
            await asyncio.sleep(1.0)
            await asyncio.to_thread(workers.add, name)

    run = Run(workers)
    told = await run.take_place(kill_and_add)
    assert run.swaps >= FLOW_S / SWAP_EVERY_S - 2
    for name in KINDS:
        await asyncio.to_thread(workers.wait_until_shared, name, 2)
    assert_same(told, undisturbed)


async def test_a_worker_that_hung_until_others_had_its_partitions_changes_no_hit_when_it_goes_on(
    workers: JoinWorkers, undisturbed: frozenset[Facts]
) -> None:
    async def hang_and_go_on() -> None:
        hung = [workers.running[name][-1] for name in KINDS]
        await run.rush.wait()
        for worker in hung:
            await asyncio.sleep(IN_HAND_S)
            worker.hang()
        try:
            for name in KINDS:
                await asyncio.to_thread(workers.wait_until_shared, name, 1)
        finally:
            for worker in hung:
                worker.resume()

    run = Run(workers)
    told = await run.take_place(hang_and_go_on)
    for name in KINDS:
        await asyncio.to_thread(workers.wait_until_shared, name, 2)
    assert_same(told, undisturbed)


def remembered(settings: Settings) -> int:
    """Sightings that the windows hold, by what they wrote down."""
    states: dict[bytes | None, bytes | None] = {}
    for key, value in pairs_of(settings.kafka, CHANGELOG):
        states[key] = value
    saved = [msgspec.msgpack.decode(value, type=Saved) for value in states.values() if value]
    return sum(len(one.sightings.matches) for one in saved)


def held(worker: WorkerProcess) -> int:
    """Sightings that a worker says it holds."""
    with urllib.request.urlopen(f"http://127.0.0.1:{worker.port}/metrics", timeout=5) as answer:
        families = text_string_to_metric_families(answer.read().decode())
    return next(round(family.samples[0].value) for family in families if family.name == "platewatch_window_sightings")


async def test_a_worker_forgets_the_windows_of_partitions_that_another_took_over(workers: JoinWorkers) -> None:
    settings = workers.settings
    await Run(workers).take_place()
    before = sum(map(bool, await asyncio.to_thread(shares_of, settings.kafka, WorkerName.WINDOWS, TopicName.MATCHES)))
    await asyncio.to_thread(workers.add, WorkerName.WINDOWS)
    await asyncio.to_thread(workers.wait_until_shared, WorkerName.WINDOWS, before + 1)
    await Run(workers).take_place()
    alive = [one for one in workers.running[WorkerName.WINDOWS] if one.is_alive()]
    assert sum(map(held, alive)) == remembered(settings)
