"""Topics on a real Kafka: made as declared, and safe to make again."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

from infra.kafka_admin import KafkaAdminError, TopicsMade, create_topics
from infra.local_stack.stack import LocalStack

pytestmark = pytest.mark.real


@dataclass(frozen=True, slots=True)
class Plan:
    """A topic as a test wants it."""

    name: str
    partitions: int = 3
    settings: dict[str, str] = field(default_factory=lambda: {"retention.ms": "60000"})

    def config(self) -> dict[str, str]:
        return self.settings


@pytest.fixture
def config(stack: LocalStack) -> dict[str, str | int | float | bool]:
    return {"bootstrap.servers": stack.addresses().kafka_bootstrap}


@pytest.fixture
def name(config: dict[str, str | int | float | bool]) -> Iterator[str]:
    fresh = f"pw-test-{uuid.uuid4().hex[:10]}"
    yield fresh
    admin = AdminClient(config)
    for future in admin.delete_topics([fresh]).values():
        future.result(10)


def setting_of(config: dict[str, str | int | float | bool], topic: str, name: str) -> str:
    admin = AdminClient(config)
    (future,) = admin.describe_configs([ConfigResource(ResourceType.TOPIC, topic)]).values()
    return str(future.result(10)[name].value)


def test_a_topic_is_created_once_and_kept_after_that(config: dict[str, str | int | float | bool], name: str) -> None:
    assert create_topics(config, [Plan(name)], 1) == TopicsMade(created=(name,), kept=())
    assert create_topics(config, [Plan(name)], 1) == TopicsMade(created=(), kept=(name,))
    topic = AdminClient(config).list_topics(name, timeout=10).topics[name]
    assert len(topic.partitions) == 3
    assert setting_of(config, name, "retention.ms") == "60000"


def test_a_changed_setting_is_brought_up_to_date(config: dict[str, str | int | float | bool], name: str) -> None:
    create_topics(config, [Plan(name)], 1)
    create_topics(config, [Plan(name, settings={"retention.ms": "30000"})], 1)
    # The controller has it at once, the broker that is asked a moment later.
    deadline = time.monotonic() + 10
    while setting_of(config, name, "retention.ms") != "30000":
        assert time.monotonic() < deadline, "the setting did not change"


def test_another_number_of_partitions_is_refused_with_what_to_set(
    config: dict[str, str | int | float | bool], name: str
) -> None:
    create_topics(config, [Plan(name, 3)], 1)
    with pytest.raises(KafkaAdminError, match=rf"{name} has 3 partitions, kafka.partitions says 4; set it to 3"):
        create_topics(config, [Plan(name, 4)], 1)


def test_two_that_create_at_once_both_succeed(config: dict[str, str | int | float | bool], name: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: create_topics(config, [Plan(name)], 1), range(4)))
    assert sorted(one.created for one in made) == [(), (), (), (name,)]


def test_what_kafka_does_not_accept_is_told_in_its_words(
    config: dict[str, str | int | float | bool], name: str
) -> None:
    with pytest.raises(KafkaAdminError, match="Kafka refuses"):
        create_topics(config, [Plan(name, settings={"retention.ms": "soon"})], 1)
    create_topics(config, [Plan(name)], 1)
