"""`platewatch init`: topics, templates and policies; safe to repeat."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from infra.elastic_templates import Lifecycle, set_up
from infra.kafka_admin import TopicsMade, create_topics
from infra.settings import Settings
from streams.clients import build_elasticsearch
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
        ElasticSetupError: Elasticsearch does not answer or refuses.
    """
    topics = create_topics(settings.kafka.confluent_config(), all_topics(settings), settings.kafka.replication)
    return Initialised(topics, asyncio.run(_set_up_elasticsearch(settings)))


async def _set_up_elasticsearch(settings: Settings) -> Lifecycle:
    client = build_elasticsearch(settings.elasticsearch)
    try:
        return await set_up(client, settings.elasticsearch, settings.retention)
    finally:
        await client.close()
