"""Documents on a real Elasticsearch: the strict mapping takes ours, and no revision goes back."""

from __future__ import annotations

import random
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from elasticsearch import AsyncElasticsearch

from infra.elastic_templates import TEMPLATE, ElasticSetupError, Lifecycle, properties, set_up
from infra.local_stack.stack import LocalStack
from infra.settings.pipeline import RetentionSettings
from infra.settings.services import ElasticsearchSettings
from streams.clients import build_elasticsearch
from streams.documents import document
from streams.elastic_sink import ElasticSink, open_sink
from streams.faults import ServiceAwayError, UnhandledError
from streams.records import Detection, ImageQuality, StateCandidate
from tests.builders import build_detection

pytestmark = pytest.mark.real


@pytest.fixture
async def client(stack: LocalStack) -> AsyncIterator[AsyncElasticsearch]:
    settings = ElasticsearchSettings(url=stack.addresses().elasticsearch_url)
    elastic = build_elasticsearch(settings)
    await set_up(elastic, settings, RetentionSettings())
    yield elastic
    await elastic.close()


@pytest.fixture
def sink(client: AsyncElasticsearch) -> ElasticSink:
    return ElasticSink(client)


@pytest.fixture
async def day(client: AsyncElasticsearch) -> AsyncIterator[datetime]:
    """A day that no other test writes to."""
    noon = datetime(2100, 1, 1, 12, tzinfo=UTC) + timedelta(days=random.randrange(100_000))
    yield noon
    await client.indices.delete(index=document(detection_at(noon)).index, ignore_unavailable=True)


def detection_at(noon: datetime, identity: str = "pass-1", **changes: Any) -> Detection:
    return build_detection(id=identity, captured_at=noon, **changes)


async def stored(client: AsyncElasticsearch, detection: Detection) -> dict[str, Any]:
    index = document(detection).index
    return dict((await client.get(index=index, id=detection.id))["_source"])


async def count(client: AsyncElasticsearch, noon: datetime) -> int:
    index = document(detection_at(noon)).index
    await client.indices.refresh(index=index)
    return int((await client.count(index=index))["count"])


async def test_the_strict_mapping_takes_every_field_of_a_detection(
    sink: ElasticSink, client: AsyncElasticsearch, day: datetime
) -> None:
    full, bare = detection_at(day, "full", state="KY"), detection_at(day, "bare", location=None, candidates=())
    await sink.write([document(full), document(bare)])
    assert await stored(client, full) == document(full).source
    assert await stored(client, bare) == document(bare).source
    await sink.write([])


async def test_the_same_twice_is_one_document(sink: ElasticSink, client: AsyncElasticsearch, day: datetime) -> None:
    one = document(detection_at(day))
    await sink.write([one, one])
    await sink.write([one])
    assert await count(client, day) == 1


@pytest.mark.parametrize("together", [True, False], ids=["in-one-bulk", "one-after-another"])
async def test_an_older_revision_does_not_overwrite_a_newer_one(
    sink: ElasticSink, client: AsyncElasticsearch, day: datetime, together: bool
) -> None:
    newer, older = detection_at(day, revision=2, looks=9), detection_at(day, revision=1, looks=2)
    for batch in [[newer, older]] if together else [[newer], [older]]:
        await sink.write([document(detection) for detection in batch])
    assert (await stored(client, newer))["looks"] == 9


async def test_a_refused_document_is_told_by_its_id_and_the_others_are_written(
    sink: ElasticSink, client: AsyncElasticsearch, day: datetime
) -> None:
    good = [detection_at(day, f"good-{number}") for number in range(3)]
    bad = msgspec.structs.replace(good[0], id="bad")
    documents = [document(detection) for detection in (good[0], bad, *good[1:])]
    documents[1].source["speed"] = 50
    with pytest.raises(UnhandledError, match=r"document bad: .*speed"):
        await sink.write(documents)
    assert await count(client, day) == 3


async def test_without_elasticsearch_writing_says_so() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    async with open_sink(ElasticsearchSettings(url=url)) as sink:
        with pytest.raises(ServiceAwayError, match="elasticsearch is away"):
            await sink.write([document(build_detection())])
    elastic = build_elasticsearch(ElasticsearchSettings(url=url))
    with pytest.raises(ElasticSetupError, match=r"does not answer; start it"):
        await set_up(elastic, ElasticsearchSettings(url=url), RetentionSettings())
    await elastic.close()


async def test_setting_up_twice_is_as_once_and_the_local_build_leaves_deleting_to_enforcement(
    stack: LocalStack, client: AsyncElasticsearch
) -> None:
    settings = ElasticsearchSettings(url=stack.addresses().elasticsearch_url)
    for _ in range(2):
        assert await set_up(client, settings, RetentionSettings()) is Lifecycle.BY_ENFORCEMENT
    found = await client.indices.get_index_template(name=TEMPLATE)
    (one,) = found["index_templates"]
    assert one["index_template"]["template"]["mappings"]["dynamic"] == "strict"


async def test_a_partial_plate_is_found_by_its_grams_and_from_behind(
    sink: ElasticSink, client: AsyncElasticsearch, day: datetime
) -> None:
    await sink.write(
        [document(detection_at(day, "one", plate="ABC123")), document(detection_at(day, "two", plate="XYZ987"))]
    )
    index = document(detection_at(day)).index
    await client.indices.refresh(index=index)
    for query in ({"term": {"plate_grams": "C12"}}, {"prefix": {"plate_reversed": "321"}}):
        hits = (await client.search(index=index, query=query))["hits"]["hits"]
        assert [hit["_id"] for hit in hits] == ["one"]


async def test_the_index_of_today_takes_the_fields_of_a_new_version(
    stack: LocalStack, sink: ElasticSink, client: AsyncElasticsearch, day: datetime
) -> None:
    before = document(detection_at(day)).index
    old = {name: kind for name, kind in properties().items() if name != "state_candidates"}
    await client.indices.delete_index_template(name=TEMPLATE)
    await client.indices.create(index=before, mappings={"dynamic": "strict", "properties": old})
    await set_up(client, ElasticsearchSettings(url=stack.addresses().elasticsearch_url), RetentionSettings())
    seen = detection_at(
        day,
        state="US-KY",
        state_candidates=(StateCandidate("US-KY", 0.9), StateCandidate("US-OH", 0.05)),
        quality=ImageQuality(80.0, 1.2, 0.5, 0.2, 0.01),
    )
    await sink.write([document(seen)])
    assert (await stored(client, seen))["state_candidates"] == ["US-KY", "US-OH"]
