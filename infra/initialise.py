"""`platewatch init`: topics, templates and policies; safe to repeat."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from infra.elastic_templates import Lifecycle, set_up
from infra.kafka_admin import TopicsMade, create_topics
from infra.settings import Settings
from streams.clients import build_elasticsearch
from streams.hotlist_store import open_hotlists
from streams.records import TopicName
from streams.topics import all_topics


@dataclass(frozen=True, slots=True)
class Initialised:
    """What was found and made."""

    topics: TopicsMade
    lifecycle: Lifecycle


def initialise(settings: Settings) -> Initialised:
    """Create the topics, then put the index template and policy in place.

    Raises:
        KafkaAdminError: Kafka does not answer or refuses.
        ServiceAwayError: Redis does not answer.
        ElasticSetupError: Elasticsearch does not answer or refuses.
    """
    topics = create_topics(settings.kafka.confluent_config(), all_topics(settings), settings.kafka.replication)
    if TopicName.HOTLIST in topics.created:
        # Only at the very first time: later, a Redis without lists has lost them.
        asyncio.run(_begin_hotlists(settings))
    return Initialised(topics, asyncio.run(_set_up_elasticsearch(settings)))


async def _begin_hotlists(settings: Settings) -> None:
    async with open_hotlists(settings.redis) as store:
        await store.begin()


async def _set_up_elasticsearch(settings: Settings) -> Lifecycle:
    client = build_elasticsearch(settings.elasticsearch)
    try:
        return await set_up(client, settings.elasticsearch, settings.retention)
    finally:
        await client.close()
