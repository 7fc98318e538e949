"""Local entries on the real services: from proposal to withdrawal through to Redis; and Redis emptied meanwhile."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import msgspec
import pytest
from redis.asyncio import Redis

from dashboards.local_entry_index import EntryChangedError
from dashboards.local_entry_service import LocalEntryService, open_local_entries
from infra.initialise import initialise
from infra.local_stack.stack import LocalStack
from infra.settings import Settings
from infra.settings.workers import WorkerName
from streams.clients import build_redis
from streams.entry_terms import EntryTerms
from streams.faults import ServiceAwayError
from streams.hotlist_store import HotlistStore
from streams.hotlist_topic import read_contents
from streams.local_entries import EntryStatus, LocalEntry
from streams.records import HotlistEntry, TopicName
from tests.local_entry_builders import CHIEF, DEPUTY, MEMBER, build_terms
from tests.topic_reading import values_of
from tests.worker_process import WorkerProcess, eventually, running_worker, settings_beside

pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]


@dataclass(frozen=True, slots=True)
class Installation:
    """The services, and the worker that keeps the lists."""

    settings: Settings
    worker: WorkerProcess
    stolen: str
    """A plate of a list that comes as a file, by schedule."""


@pytest.fixture(scope="module")
def installation(stack: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder, stolen = tmp_path_factory.mktemp("hotlists"), fresh_plate()
    delivered = folder / "stolen.csv"
    delivered.write_text(f"plate,category\n{stolen},stolen-vehicle\n", encoding="utf-8")
    settled = time.time() - 600  # a file that was just written may not be whole yet
    os.utime(delivered, (settled, settled))
    lists = {"data_dir": str(folder / "lists"), "lists": [{"name": "stolen-test", "file": str(delivered)}]}
    file, settings = settings_beside(stack, folder, 27070, hotlists=lists)
    initialise(settings)
    with running_worker(WorkerName.HOTLISTS, file, settings) as worker:
        yield Installation(settings, worker, stolen)


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
    """One that no other test has."""
    return f"T{uuid4().hex[:7]}".upper()


def fresh_terms() -> EntryTerms:
    """Of an entry that no other test has."""
    now = datetime.now(UTC)
    return build_terms(fresh_plate(), valid_from=now, valid_until=now + timedelta(days=1))


async def listed(redis: Redis, plate: str) -> list[HotlistEntry]:
    return [one.entry for one in await HotlistStore(redis).lookup(plate)]


async def is_listed(redis: Redis, plate: str) -> bool:
    try:
        return bool(await listed(redis, plate))
    except ServiceAwayError:
        return False


async def approved(service: LocalEntryService, terms: EntryTerms) -> LocalEntry:
    return await service.approve((await service.propose(terms, MEMBER)).id, CHIEF)


@pytest.mark.policy("KY-I.5")
async def test_an_entry_is_matched_against_from_its_approval_to_its_withdrawal(
    service: LocalEntryService, redis: Redis, installation: Installation
) -> None:
    terms = fresh_terms()
    await eventually(lambda: _is_ready(redis), "the lists are ready")
    proposed = await service.propose(terms, MEMBER)
    other = await approved(service, fresh_terms())
    await eventually(lambda: is_listed(redis, other.terms.plate), "a later entry that was approved is listed")
    assert await listed(redis, terms.plate) == []
    await service.approve(proposed.id, CHIEF)
    await eventually(lambda: is_listed(redis, terms.plate), "the approved entry is listed")
    (entry,) = await listed(redis, terms.plate)
    assert (entry.id, entry.instructions, entry.requested_by) == (proposed.id, "do not stop alone", "Det. Ruiz")
    await service.withdraw(proposed.id, MEMBER, "recovered")

    async def gone() -> bool:
        return await listed(redis, terms.plate) == []

    await eventually(gone, "the withdrawn entry is off the list")
    assert await is_listed(redis, other.terms.plate)

    async def forgotten() -> bool:
        return values_of(installation.settings.kafka, TopicName.HOTLIST, proposed.id)[-1] is None

    await eventually(forgotten, "the topic may forget the entry")


async def test_a_change_reaches_redis_only_when_it_is_approved(service: LocalEntryService, redis: Redis) -> None:
    entry = await approved(service, fresh_terms())
    await eventually(lambda: is_listed(redis, entry.terms.plate), "the entry is listed")
    await service.change(entry.id, lambda terms: msgspec.structs.replace(terms, instructions="new"), DEPUTY)
    (before,) = await listed(redis, entry.terms.plate)
    await service.approve(entry.id, CHIEF)

    async def is_new() -> bool:
        return [one.instructions for one in await listed(redis, entry.terms.plate)] == ["new"]

    await eventually(is_new, "the change is in Redis")
    assert before.instructions == "do not stop alone"


async def test_of_two_administrators_who_approve_at_once_one_does(service: LocalEntryService) -> None:
    proposed = await service.propose(fresh_terms(), MEMBER)
    outcomes = await asyncio.gather(
        service.approve(proposed.id, CHIEF), service.approve(proposed.id, DEPUTY), return_exceptions=True
    )
    assert [type(one) for one in outcomes if isinstance(one, Exception)] == [EntryChangedError]
    assert (await service.get(proposed.id)).status is EntryStatus.ACTIVE


@pytest.mark.policy("KY-I.4")
async def test_a_list_whose_time_has_come_is_loaded_by_itself(installation: Installation, redis: Redis) -> None:
    await eventually(lambda: is_listed(redis, installation.stolen), "the file's plate is listed", within_s=40)
    (summary,) = [one for one in await HotlistStore(redis).summaries() if one.name == "stolen-test"]
    assert (summary.entries, summary.late) == (1, False)


async def test_redis_that_lost_everything_makes_matching_wait_until_all_is_there_again(
    service: LocalEntryService, redis: Redis, installation: Installation
) -> None:
    entry = await approved(service, fresh_terms())
    await eventually(lambda: is_listed(redis, entry.terms.plate), "the entry is listed")
    installation.worker.kill()
    await redis.flushdb()
    with pytest.raises(ServiceAwayError, match="lost the hot lists"):
        await listed(redis, entry.terms.plate)
    # Entries that change while nobody keeps the lists are not lost either.
    later = await approved(service, fresh_terms())
    installation.worker.start()
    # The first look-up that is answered at all knows all entries: the lists come back together, not one by one.
    await eventually(lambda: _is_ready(redis), "the lists are ready again")
    assert await is_listed(redis, entry.terms.plate)
    assert await is_listed(redis, later.terms.plate)
    assert await is_listed(redis, installation.stolen)


async def test_redis_emptied_under_a_running_worker_is_filled_again(
    service: LocalEntryService, redis: Redis, installation: Installation
) -> None:
    entry = await approved(service, fresh_terms())
    await eventually(lambda: is_listed(redis, entry.terms.plate), "the entry is listed")
    await redis.flushdb()
    await eventually(lambda: _is_ready(redis), "the lists are ready again")
    assert await is_listed(redis, entry.terms.plate)
    assert await is_listed(redis, installation.stolen)
    told = read_contents(installation.settings.kafka)
    assert entry.id in {one.id for one in told.active}
    assert told.unreadable == ()


async def _is_ready(redis: Redis) -> bool:
    try:
        await HotlistStore(redis).lookup("ANY1")
    except ServiceAwayError:
        return False
    return True
