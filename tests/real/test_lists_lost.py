"""Redis emptied and stopped while plates pass, on the real services: matching waits, and no wanted plate is missed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import msgspec
import pytest
from confluent_kafka import Producer
from redis.asyncio import Redis

from dashboards.local_entry_service import LocalEntryService, open_local_entries
from infra.initialise import initialise
from infra.local_stack.launch import Service
from infra.local_stack.stack import LocalStack
from infra.settings import Settings
from infra.settings.workers import WorkerName
from recognizers.fold import fold
from streams.clients import build_redis
from streams.codec import decode, encode
from streams.faults import ServiceAwayError
from streams.hotlist_store import HotlistStore
from streams.local_entries import LocalEntry
from streams.records import Detection, Match, TopicName, to_milliseconds
from tests.builders import build_detection
from tests.local_entry_builders import CHIEF, MEMBER, build_terms
from tests.topic_reading import values_of
from tests.worker_process import eventually, running_worker, settings_beside

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]


@dataclass(frozen=True, slots=True)
class Installation:
    """The services, with a worker that keeps the lists and one that matches."""

    stack: LocalStack
    settings: Settings


@pytest.fixture(scope="module")
def installation(stack: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    file, settings = settings_beside(stack, tmp_path_factory.mktemp("lost"), 27090)
    initialise(settings)
    with (
        running_worker(WorkerName.HOTLISTS, file, settings),
        running_worker(WorkerName.MATCHING, file, settings),
    ):
        yield Installation(stack, settings)


@pytest.fixture
async def redis(installation: Installation) -> AsyncIterator[Redis]:
    client = build_redis(installation.settings.redis)
    yield client
    await client.aclose()


@pytest.fixture
async def service(installation: Installation) -> AsyncIterator[LocalEntryService]:
    async with open_local_entries(installation.settings) as opened:
        yield opened


def fresh_plate() -> str:
    """Which no other test has, nor a look-alike of it."""
    return "".join("ACEFHJKMNP"[int(digit)] for digit in str(uuid4().int)[:7])


async def active(service: LocalEntryService, redis: Redis) -> LocalEntry:
    """An entry that is in Redis."""
    now = datetime.now(UTC)
    terms = build_terms(fresh_plate(), valid_from=now - timedelta(hours=1), valid_until=now + timedelta(days=1))
    entry = await service.approve((await service.propose(terms, MEMBER)).id, CHIEF)

    async def is_listed() -> bool:
        try:
            return bool(await HotlistStore(redis).lookup(entry.terms.plate))
        except ServiceAwayError:
            return False

    await eventually(is_listed, "the entry is listed")
    return entry


class Road:
    """Plates that pass, by the detections topic."""

    def __init__(self, settings: Settings) -> None:
        self.sent: list[str] = []
        self._producer = Producer(settings.kafka.confluent_config() | {"acks": "all"})

    def pass_by(self, plate: str) -> None:
        """One sure read, just now."""
        at = to_milliseconds(datetime.now(UTC))
        facts = {"captured_at": at, "received_at": at, "first_seen_at": at, "last_seen_at": at, "confidence": 0.97}
        read: Detection = msgspec.structs.replace(
            build_detection(plate), id=uuid4().hex[:26], plate_folded=fold(plate), **facts
        )
        self._producer.produce(TopicName.DETECTIONS, encode(read), read.plate_folded)
        self._producer.poll(0)
        self.sent.append(read.id)

    def end(self) -> None:
        """Wait until Kafka has all."""
        assert self._producer.flush(20) == 0


def matched(settings: Settings, entry: LocalEntry) -> set[str]:
    """Ids of the live passes that were matched with the entry."""
    found = [decode(Match, value or b"").record for value in values_of(settings.kafka, TopicName.MATCHES, entry.id)]
    return {one.detection.id for one in found if not one.historical}


async def test_a_redis_that_is_emptied_again_and_again_costs_no_match(
    service: LocalEntryService, redis: Redis, installation: Installation
) -> None:
    entry, road = await active(service, redis), Road(installation.settings)
    for second in range(10):
        for _ in range(20):
            road.pass_by(entry.terms.plate)
            road.pass_by(fresh_plate())
            await asyncio.sleep(0.05)
        if second in {2, 5, 7}:
            await redis.flushdb()
    road.end()
    wanted = set(road.sent[::2])

    async def all_matched() -> bool:
        return matched(installation.settings, entry) == wanted

    await eventually(all_matched, "every pass of the wanted plate is matched", within_s=60)


async def test_a_redis_that_was_stopped_gets_what_changed_meanwhile_before_matching_goes_on(
    service: LocalEntryService, redis: Redis, installation: Installation
) -> None:
    before, road = await active(service, redis), Road(installation.settings)
    now = datetime.now(UTC)
    terms = build_terms(fresh_plate(), valid_from=now - timedelta(hours=1), valid_until=now + timedelta(days=1))
    installation.stack.stop_service(Service.REDIS)
    try:
        meanwhile = await service.approve((await service.propose(terms, MEMBER)).id, CHIEF)
        for _ in range(20):
            road.pass_by(before.terms.plate)
            road.pass_by(meanwhile.terms.plate)
        road.end()
    finally:
        installation.stack.start_service(Service.REDIS)

    async def all_matched() -> bool:
        known = matched(installation.settings, before) | matched(installation.settings, meanwhile)
        return known == set(road.sent)

    await eventually(all_matched, "the passes of both plates are matched", within_s=60)
