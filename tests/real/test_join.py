"""Two workers of each kind over four partitions: sightings that are read differently meet at their entry."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from infra.local_stack.stack import LocalStack
from infra.settings import Settings
from infra.settings.workers import WorkerName
from streams.codec import decode
from streams.records import Detection, Hit, HotlistEntry, Match, Outcome, TopicName
from tests.join_workers import JoinWorkers, join_workers, list_entries
from tests.topic_reading import TopicTail, shares_of, tail
from tests.wanted_vehicles import Road, build_passes, build_wanted, draw_plates, misread, sure

pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]

WANTED, PARTLY_KNOWN, OTHERS = 30, 10, 200
WEAK = 12


@pytest.fixture(scope="module")
def workers(stack: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[JoinWorkers]:
    with join_workers(stack, tmp_path_factory.mktemp("join"), of_each=2) as running:
        yield running


@dataclass(frozen=True, slots=True)
class Told:
    """What came to the topics of matches and hits while something was watched."""

    matches: TopicTail
    hits: TopicTail

    def matched(self, run: str) -> list[Match]:
        """The matches of this run's entries."""
        found = [decode(Match, value).record for value in self.matches.drain()]
        return [one for one in found if one.entry.id.startswith(f"{run}/")]

    def hit(self, run: str) -> dict[str, list[Hit]]:
        """The hits of this run's entries, by entry, in the order in which they were told."""
        hits: defaultdict[str, list[Hit]] = defaultdict(list)
        for value in self.hits.drain():
            hit = decode(Hit, value).record
            if hit.match.entry.id.startswith(f"{run}/"):
                hits[hit.match.entry.id].append(hit)
        return dict(hits)


@contextmanager
def told(settings: Settings) -> Iterator[Told]:
    with tail(settings.kafka, TopicName.MATCHES) as matches, tail(settings.kafka, TopicName.HITS) as hits:
        yield Told(matches, hits)


def half_known(plate: str) -> str:
    """What a witness remembers of it: not the second character, nor how it ends."""
    return f"{plate[0]}?{plate[2:6]}*"


def pass_by(settings: Settings, detections: Sequence[Detection], rng: random.Random) -> Road:
    """All of them, in any order."""
    road = Road(settings.kafka)
    for detection in rng.sample(detections, k=len(detections)):
        road.send(detection)
    road.end()
    return road


def crossing(road: Road, shares: Sequence[frozenset[int]], passes: Sequence[Detection]) -> bool:
    """Whether the passes were put into partitions of different workers."""
    return len({share for one in passes for share in shares if road.partitions[one.id] in share}) > 1


@pytest.mark.policy("KY-G")
async def test_sightings_that_are_read_differently_make_one_hit_whichever_worker_they_came_to(
    workers: JoinWorkers,
) -> None:
    settings, rng, run = workers.settings, random.Random(5), uuid4().hex[:12]
    begins = datetime.now(UTC) - timedelta(minutes=10)
    plates = draw_plates(WANTED + PARTLY_KNOWN + OTHERS, rng)
    wanted, others = plates[: WANTED + PARTLY_KNOWN], plates[WANTED + PARTLY_KNOWN :]
    passes: dict[str, list[Detection]] = {}
    for plate in wanted:
        once, twice, again = rng.sample(range(2, 6), k=3)
        # Named among the candidates; and in the lattice alone.
        readings = [sure(plate), misread(plate, [once], 0.43, named=2), misread(plate, [twice, again], 0.38, named=3)]
        passes[plate] = build_passes(run, plate, rng.sample(readings, k=3), begins)
    entries: list[HotlistEntry] = [build_wanted(run, plate) for plate in wanted[:WANTED]]
    entries += [build_wanted(run, plate, half_known(plate)) for plate in wanted[WANTED:]]
    entries += [build_wanted(run, plate) for plate in draw_plates(OTHERS, random.Random(6))]
    await list_entries(settings, entries)
    shares = shares_of(settings.kafka, WorkerName.MATCHING, TopicName.DETECTIONS)

    with told(settings) as heard:
        by = [one for some in passes.values() for one in some]
        by += [one for plate in others for one in build_passes(run, plate, [sure(plate)], begins)]
        road = pass_by(settings, by, rng)
        await workers.wait_until_handled()
        hits = heard.hit(run)

    for some in passes.values():
        assert len({one.plate for one in some}) == 3, "each camera reads another text"
        assert len({one.plate_folded for one in some}) == 3, "each text folds to another key"
    assert sum(len({road.partitions[one.id] for one in some}) > 1 for some in passes.values()) > len(wanted) / 2
    assert sum(crossing(road, shares, some) for some in passes.values()) > len(wanted) / 4
    assert set(hits) == {f"{run}/{plate}" for plate in wanted}
    for plate, some in passes.items():
        told_of = hits[f"{run}/{plate}"]
        assert len({hit.id for hit in told_of}) == 1, "one hit, however it grew"
        latest = max(told_of, key=lambda hit: hit.revision)
        assert [one.detection for one in latest.sightings] == [one.id for one in some]
        assert latest.outcome is Outcome.EXACT or "?" in latest.match.entry.plate


async def test_weak_sightings_of_three_cameras_add_up_to_one_corroborated_hit(workers: JoinWorkers) -> None:
    settings, rng, run = workers.settings, random.Random(7), uuid4().hex[:12]
    begins = datetime.now(UTC) - timedelta(minutes=10)
    plates = draw_plates(WEAK, rng)
    passes: dict[str, list[Detection]] = {}
    for plate in plates:
        places = rng.sample(range(len(plate)), k=6)
        # Each camera misreads other characters, so no other plate explains all three.
        readings = [misread(plate, places[first : first + 2], 0.2, named=3) for first in (0, 2, 4)]
        passes[plate] = build_passes(run, plate, readings, begins)
    await list_entries(settings, [build_wanted(run, plate) for plate in plates])
    shares = shares_of(settings.kafka, WorkerName.MATCHING, TopicName.DETECTIONS)

    with told(settings) as heard:
        road = pass_by(settings, [one for some in passes.values() for one in some], rng)
        await workers.wait_until_handled()
        matches, hits = heard.matched(run), heard.hit(run)

    limits = settings.matching.thresholds
    assert all(one.probability < limits.possible for one in matches), "no sighting is told by itself"
    assert {one.detection.id for one in matches} == {one.id for some in passes.values() for one in some}
    assert any(crossing(road, shares, some) for some in passes.values())
    for plate, some in passes.items():
        told_of = hits[f"{run}/{plate}"]
        assert len({hit.id for hit in told_of}) == 1
        assert all(len(hit.sightings) > 1 for hit in told_of)
        latest = max(told_of, key=lambda hit: hit.revision)
        assert (latest.corroborated, latest.outcome) == (True, Outcome.LIKELY)
        assert [one.detection for one in latest.sightings] == [one.id for one in some]
