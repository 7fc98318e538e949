"""Faust, set up safely: `build_app` makes the app of one worker, `deliver` sends, `deliveries` takes."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from typing import Any

import faust
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, RecordTooLargeError, TopicAuthorizationFailedError
from faust.exceptions import ProducerSendError

from infra.settings import Settings
from infra.settings.services import KafkaSecurity, KafkaSettings
from infra.settings.workers import WorkerName
from streams.faults import ServiceAwayError, UnhandledError
from streams.fresh_partitions import FreshPartitionConsumer, KeepingFlowControl
from streams.intake import Message
from streams.topics import MAX_MESSAGE_BYTES

FRAMES_BUFFERED = 64
"""Faust's buffer counts messages: its default of 4,096 frames of 200 kB would be 800 MB."""

RECORDS_BUFFERED = 4096


def build_app(settings: Settings, worker: WorkerName) -> faust.App:
    """The Faust app of a worker: at least once, no web views, topics only as `platewatch init` made them."""
    data_dir = settings.workers.data_dir / worker
    data_dir.mkdir(parents=True, exist_ok=True)
    app = faust.App(
        app_id(worker),
        broker=[f"kafka://{address.strip()}" for address in settings.kafka.bootstrap.split(",")],
        broker_credentials=_credentials(settings.kafka),
        broker_session_timeout=settings.workers.session_timeout_s,
        broker_heartbeat_interval=settings.workers.session_timeout_s / 4,
        broker_rebalance_timeout=30.0,
        broker_commit_every=1000,
        broker_commit_interval=0.5,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=4 * 2**20,
        datadir=str(data_dir),
        key_serializer="raw",
        value_serializer="raw",
        # A killed worker's unsent state goes with it, so nothing gains from lingering; a failed send is retried here.
        producer_acks=-1,
        producer_linger=0,
        # Of what waits while a request is under way. By the default of 16 kB a worker that tells much waits for each.
        producer_max_batch_size=2**20,
        producer_max_request_size=MAX_MESSAGE_BYTES,
        producer_request_timeout=60.0,
        store="memory://",
        stream_buffer_maxsize=FRAMES_BUFFERED if worker is WorkerName.RECOGNITION else RECORDS_BUFFERED,
        # We acknowledge by hand and in order; waiting for an empty stream would hang a worker that holds its partition.
        stream_wait_empty=False,
        table_standby_replicas=0,
        topic_allow_declare=False,
        topic_disable_leader=True,
        topic_partitions=settings.kafka.partitions,
        topic_replication_factor=settings.kafka.replication,
        web_enabled=False,
    )
    app.flow_control = KeepingFlowControl()
    app.transport.Consumer = FreshPartitionConsumer
    return app


def app_id(worker: WorkerName) -> str:
    """The worker's name towards Kafka: its consumer group, and the prefix of its changelogs."""
    return f"platewatch-{worker}"


def _credentials(kafka: KafkaSettings) -> faust.SASLCredentials | None:
    if kafka.security is KafkaSecurity.PLAINTEXT:
        return None
    context = ssl.create_default_context(cafile=str(kafka.ca_file) if kafka.ca_file else None)
    return faust.SASLCredentials(
        username=kafka.username, password=kafka.secret, mechanism="SCRAM-SHA-512", ssl_context=context
    )


def topic(app: faust.App, *names: str) -> Any:
    """The topics as raw bytes: decoding is the stage's own work, inside of its guard."""
    return app.topic(*names, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")


class KeyedState:
    """A worker's state by key, kept in memory and in a changelog that is partitioned as its source topic is.

    Faust restores it after a restart or a rebalance. It is written outside of Faust's own iteration (the intake works
    ahead of it), so the source's partition is given, not guessed from the event that Faust last saw.
    """

    def __init__(self, app: faust.App, name: str) -> None:
        self._app = app
        self._table = app.Table(name, key_type=bytes, value_type=bytes)
        self._partitions: dict[bytes, int] = {}
        """Of the states that were written here; Faust knows it only of those that it restored, and drops only those."""

    def get(self, key: bytes) -> bytes | None:
        """The state under the key, if there is one."""
        value: bytes | None = self._table.data.get(key)
        return value

    async def set(self, partition: int, key: bytes, value: bytes) -> None:
        """Remember the state, and wait until the changelog has it: Faust would commit past one that was not sent.

        Args:
            partition: of the message that the state came from.
            key: the message's key.
            value: the state.

        Raises:
            ServiceAwayError: Kafka did not take it in time, though memory has it; set it again. Or the partition is
                another worker's by now, and so is its state: it is as it was.
        """
        self._check_ours(partition)
        self._table.data[key] = value
        self._partitions[key] = partition
        await _accepted(self._table.send_changelog(partition, key, value), self._table)

    async def delete(self, partition: int, key: bytes) -> None:
        """Forget the state, once the changelog has that.

        Raises:
            ServiceAwayError: Kafka did not take it in time, or the partition is another worker's by now; delete it
                again.
        """
        self._check_ours(partition)
        before = self._table.data.get(key)
        await _accepted(self._table.send_changelog(partition, key, None), self._table)
        if self._table.data.get(key) is before:  # else it was set again meanwhile, behind this in the changelog
            self._table.data.pop(key, None)
            self._partitions.pop(key, None)

    def items(self) -> list[tuple[bytes, bytes]]:
        """All that is remembered, of every partition that is ours; what is left of others' is forgotten."""
        ours = self._ours()
        for key in [key for key, partition in self._partitions.items() if partition not in ours]:
            self._table.data.pop(key, None)
            del self._partitions[key]
        return list(self._table.data.items())

    def _ours(self) -> frozenset[int]:
        changelog = self._table.changelog_topic_name
        actives = self._app.assignor.assigned_actives()
        return frozenset(one.partition for one in actives if one.topic == changelog)

    def _check_ours(self, partition: int) -> None:
        """What is known here of a partition that moved is old: in its changelog it would undo what its owner wrote."""
        if partition not in self._ours():
            service = "kafka"
            raise ServiceAwayError(service, f"partition {partition} of {self._table} is another worker's now")


async def deliver(target: Any, key: bytes, value: bytes) -> None:
    """Send, and wait until the broker has it: a send that failed would not stop the offsets from moving.

    Raises:
        ServiceAwayError: Kafka did not take it in time; send again.
        UnhandledError: Kafka will never take it.
    """
    await _accepted(await target.send(key=key, value=value), target)


async def forget(target: Any, key: bytes, partition: int) -> None:
    """Let a compacted topic forget a key: with an empty value, where the key's last message is.

    Args:
        target: the topic.
        key: what is forgotten.
        partition: of the key's messages. It is given, for senders outside of Faust spread keys otherwise than Faust.

    Raises:
        ServiceAwayError: Kafka did not take it in time; send again.
    """
    await _accepted(await target.send(key=key, value=None, partition=partition), target)


async def _accepted(sending: Awaitable[Any], target: Any) -> None:
    try:
        await sending
    except (ProducerSendError, KafkaError) as error:
        cause = error if isinstance(error, KafkaError) else error.__cause__
        if isinstance(cause, MessageSizeTooLargeError | RecordTooLargeError | TopicAuthorizationFailedError):
            msg = f"Kafka refuses a message for {target}: {cause}"
            raise UnhandledError(msg) from error
        service = "kafka"
        raise ServiceAwayError(service, str(error)) from error


@dataclass(frozen=True, slots=True)
class FaustDelivery:
    """A Faust event as the intake sees it."""

    app: faust.App
    event: Any

    @property
    def message(self) -> Message:
        """What was delivered, and where it stood."""
        raw = self.event.message
        pairs = raw.headers.items() if isinstance(raw.headers, dict) else raw.headers or ()
        headers = tuple((name, value or b"") for name, value in pairs)
        return Message(
            raw.topic, raw.partition, raw.offset, raw.key, raw.value, headers, raw.timestamp, raw.generation_id
        )

    @property
    def is_current(self) -> bool:
        """False once a rebalance began a new generation: the message comes again, here or elsewhere."""
        return bool(self.event.message.generation_id == self.app.consumer_generation_id)

    def acknowledge(self) -> None:
        """Let the offset be committed."""
        self.event.ack()


async def deliveries(app: faust.App, stream: Any) -> AsyncIterator[FaustDelivery]:
    """The stream's messages, each to be acknowledged by hand."""
    async for event in stream.noack().events():
        yield FaustDelivery(app, event)
