"""Topics made as they are declared, and differences told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic, ResourceType

_ANSWER_WITHIN_S = 5.0


class KafkaAdminError(Exception):
    """Kafka does not answer, or a topic is not as it must be; the message says what to do."""


class TopicPlan(Protocol):
    """A topic as it is declared."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def partitions(self) -> int:
        """How many partitions."""
        ...

    def config(self) -> Mapping[str, str]:
        """Its configuration in Kafka's words."""
        ...


@dataclass(frozen=True, slots=True)
class TopicsMade:
    """What `create_topics` did."""

    created: tuple[str, ...]
    kept: tuple[str, ...]


def create_topics(
    client_config: dict[str, str | int | float | bool], plans: Iterable[TopicPlan], replication: int
) -> TopicsMade:
    """Create what is missing and bring the configuration of what is there up to date; safe to repeat.

    Raises:
        KafkaAdminError: Kafka does not answer, refuses, or a topic has another number of partitions.
    """
    admin = AdminClient(client_config)
    plans = list(plans)
    try:
        known = admin.list_topics(timeout=_ANSWER_WITHIN_S).topics
    except KafkaException as error:
        msg = f"Kafka at {client_config['bootstrap.servers']} does not answer; start it (`platewatch stack up`)"
        raise KafkaAdminError(msg) from error
    for plan in plans:
        if plan.name in known and len(known[plan.name].partitions) != plan.partitions:
            has = len(known[plan.name].partitions)
            msg = f"topic {plan.name} has {has} partitions, kafka.partitions says {plan.partitions}; set it to {has}"
            raise KafkaAdminError(msg)
    missing = [plan for plan in plans if plan.name not in known]
    present = [plan for plan in plans if plan.name in known]
    try:
        if missing:
            new = [NewTopic(p.name, p.partitions, replication, config=dict(p.config())) for p in missing]
            futures = admin.create_topics(new)
            # Where another `init` was quicker, only its configuration is left to compare.
            created = [plan for plan in missing if _was_created(futures[plan.name])]
            present += [plan for plan in missing if plan not in created]
            missing = created
        if present:
            for future in admin.incremental_alter_configs([_wanted(plan) for plan in present]).values():
                future.result(timeout=30)
    except KafkaException as error:
        msg = f"Kafka refuses to set up a topic: {error.args[0].str()}; check the user's rights"
        raise KafkaAdminError(msg) from error
    return TopicsMade(tuple(p.name for p in missing), tuple(p.name for p in present))


def _was_created(future: Future[None]) -> bool:
    """False where the topic was there already, though the broker's list did not name it yet."""
    try:
        future.result(timeout=30)
    except KafkaException as error:
        if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
            raise
        return False
    return True


def _wanted(plan: TopicPlan) -> ConfigResource:
    entries = [
        ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET) for name, value in plan.config().items()
    ]
    return ConfigResource(ResourceType.TOPIC, str(plan.name), incremental_configs=entries)


class LagMeter:
    """How far consumer groups are behind. Owns a client; used by one thread, closed at the end."""

    def __init__(self, client_config: dict[str, str | int | float | bool], group: str, topic: str) -> None:
        self._group = group
        self._topic = topic
        self._consumer = Consumer(client_config | {"group.id": group, "enable.auto.commit": False})

    def lag(self) -> int:
        """Messages of the topic that the group has not committed yet.

        Raises:
            KafkaAdminError: Kafka does not answer.
        """
        try:
            known = self._consumer.list_topics(self._topic, timeout=5).topics[self._topic].partitions
            places = self._consumer.committed([TopicPartition(self._topic, number) for number in known], timeout=5)
            behind = 0
            for place in places:
                low, high = self._consumer.get_watermark_offsets(place, timeout=5)
                # What retention deleted waits for nobody; a group without a commit starts at the beginning.
                behind += high - max(place.offset, low)
        except KafkaException as error:
            msg = f"Kafka does not tell how far {self._group} has read: {error.args[0].str()}"
            raise KafkaAdminError(msg) from error
        return behind

    def close(self) -> None:
        """Give the client back."""
        self._consumer.close()
