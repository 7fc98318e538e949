"""A new entry against what is in the index already, on the real services: found once, told as of the past."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import msgspec
import pytest
from elasticsearch import AsyncElasticsearch

from dashboards.local_entry_service import LocalEntryService, open_local_entries
from infra.initialise import initialise
from infra.local_stack.stack import LocalStack
from infra.settings import Settings
from infra.settings.workers import WorkerName
from recognizers.fold import fold
from streams.clients import build_elasticsearch
from streams.codec import decode
from streams.documents import document
from streams.elastic_sink import ElasticSink
from streams.local_entries import LocalEntry
from streams.records import Detection, Match, TopicName, to_milliseconds
from tests.builders import build_detection
from tests.local_entry_builders import CHIEF, DEPUTY, MEMBER, build_terms
from tests.topic_reading import values_of
from tests.worker_process import WorkerProcess, eventually, running_worker, settings_beside

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]

NOW = datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Installation:
    """The services, and the worker that looks back."""

    settings: Settings
    worker: WorkerProcess


@pytest.fixture(scope="module")
def installation(stack: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    lookback = {"page": 2, "requests_per_s": 20, "settle_s": 5}
    file, settings = settings_beside(stack, tmp_path_factory.mktemp("lookback"), 27080, lookback=lookback)
    initialise(settings)
    with running_worker(WorkerName.HOTLISTS, file, settings) as worker:
        yield Installation(settings, worker)


@pytest.fixture
async def service(installation: Installation) -> AsyncIterator[LocalEntryService]:
    async with open_local_entries(installation.settings) as opened:
        yield opened


@pytest.fixture
async def client(installation: Installation) -> AsyncIterator[AsyncElasticsearch]:
    client = build_elasticsearch(installation.settings.elasticsearch)
    yield client
    await client.close()


def fresh_plate() -> str:
    """Which no other test has, nor a look-alike of it."""
    return "".join("ACEFHJKMNP"[int(digit)] for digit in str(uuid4().int)[:7])


def seen(plate: str, hours_ago: float, **changes: object) -> Detection:
    """A sure pass so many hours ago, indexed long since."""
    at = to_milliseconds(NOW - timedelta(hours=hours_ago))
    facts = {
        "id": uuid4().hex[:26], "plate": plate, "plate_folded": fold(plate), "captured_at": at, "received_at": at,
        "first_seen_at": at, "last_seen_at": at, "confidence": 0.97,
    }  # fmt: skip
    return msgspec.structs.replace(build_detection(plate), **(facts | changes))


async def indexed(client: AsyncElasticsearch, *detections: Detection) -> tuple[Detection, ...]:
    """The detections, once a search finds them."""
    await ElasticSink(client).write([document(one) for one in detections])
    await client.indices.refresh(index="detections-*")
    return detections


async def approved(service: LocalEntryService, plate: str) -> LocalEntry:
    now = datetime.now(UTC)
    terms = build_terms(plate, valid_from=now, valid_until=now + timedelta(days=1))
    return await service.approve((await service.propose(terms, MEMBER)).id, CHIEF)


def matches_of(settings: Settings, entry_id: str) -> list[Match]:
    """All matches of the entry that were ever sent, repeats included, by the time of the pass."""
    values = values_of(settings.kafka, TopicName.MATCHES, entry_id)
    found = [decode(Match, value or b"").record for value in values]
    return sorted(found, key=lambda one: one.detection.captured_at)


async def test_an_earlier_pass_becomes_one_historical_match(
    service: LocalEntryService, client: AsyncElasticsearch, installation: Installation
) -> None:
    plate = fresh_plate()
    earlier, _ = await indexed(client, seen(plate, 50), seen(fresh_plate(), 50))
    entry = await approved(service, plate)

    async def found() -> bool:
        return len(matches_of(installation.settings, entry.id)) > 0

    await eventually(found, "the pass is matched", within_s=60)
    (match,) = matches_of(installation.settings, entry.id)
    assert (match.detection.id, match.entry.id, match.historical) == (earlier.id, entry.id, True)
    assert match.detection.captured_at == earlier.captured_at
    assert match.probability > 0.9


async def test_all_passes_of_30_days_are_found_over_many_pages_and_a_second_run_changes_nothing(
    service: LocalEntryService, client: AsyncElasticsearch, installation: Installation
) -> None:
    plate = fresh_plate()
    passes = await indexed(client, *(seen(plate, hours) for hours in (1, 2, 30, 100, 400, 700)))
    too_old = await indexed(client, seen(plate, 730))
    entry = await approved(service, plate)

    async def all_found() -> bool:
        return {one.detection.id for one in matches_of(installation.settings, entry.id)} == {one.id for one in passes}

    await eventually(all_found, "all passes are matched", within_s=60)
    first = matches_of(installation.settings, entry.id)
    assert too_old[0].id not in {one.detection.id for one in first}
    # It means other vehicles than before, so all is looked at once more.
    await service.change(entry.id, lambda terms: msgspec.structs.replace(terms, state="US-KY"), DEPUTY)
    await service.approve(entry.id, CHIEF)

    async def found_again() -> bool:
        return len(matches_of(installation.settings, entry.id)) >= 2 * len(passes)

    await eventually(found_again, "all passes are matched again", within_s=60)
    assert {one.id for one in matches_of(installation.settings, entry.id)} == {one.id for one in first}


async def test_a_pass_that_the_index_shows_only_later_is_found_by_the_second_look(
    service: LocalEntryService, client: AsyncElasticsearch, installation: Installation
) -> None:
    plate = fresh_plate()
    entry = await approved(service, plate)
    now = to_milliseconds(datetime.now(UTC))
    (late,) = await indexed(client, seen(plate, 3, received_at=now))

    async def found() -> bool:
        return [one.detection.id for one in matches_of(installation.settings, entry.id)] == [late.id]

    await eventually(found, "the late pass is matched", within_s=60)


async def test_a_worker_that_is_killed_in_the_middle_goes_on(
    service: LocalEntryService, client: AsyncElasticsearch, installation: Installation
) -> None:
    plate = fresh_plate()
    passes = await indexed(client, *(seen(plate, 1 + hours) for hours in range(60)))
    entry = await approved(service, plate)

    async def begun() -> bool:
        return len(matches_of(installation.settings, entry.id)) > 0

    await eventually(begun, "the look back has begun", within_s=60)
    installation.worker.kill()
    before = len({one.id for one in matches_of(installation.settings, entry.id)})
    installation.worker.start()

    async def all_found() -> bool:
        return {one.detection.id for one in matches_of(installation.settings, entry.id)} == {one.id for one in passes}

    await eventually(all_found, "all passes are matched", within_s=90)
    sent = matches_of(installation.settings, entry.id)
    # At most the page under way at the kill is sent twice.
    assert len(sent) - len(passes) <= installation.settings.lookback.page
    assert before < len(passes)
