"""The wire to a real Kafka."""

from __future__ import annotations

import asyncio
import threading

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from connectors.delivery import Outcome
from connectors.message import OutgoingMessage
from connectors.source import ConnectorError, WireFullError
from connectors.wire import Report
from infra.settings.services import KafkaSettings

_LINGER_MS = 2
"""Wait for a batch to fill. A frame is a batch by itself; more would only be added to the way of each plate."""

_MESSAGE_TIMEOUT_FACTOR = 10
"""The publisher calls messages back at its own limit, all at once. The client's, which drops them one by one and so
could let a newer message pass an older one, must never come first."""

_QUEUE_KIB_MAX = 256 * 1024
_RECONNECT_MS_MAX = 1000
"""Kafka is found again within a second of its return; the client's own 10 s would be ten seconds of late alerts."""

_POLL_S = 0.1
_CLOSE_S = 2.0

_CALLED_BACK = frozenset({KafkaError._PURGE_QUEUE, KafkaError._PURGE_INFLIGHT})  # noqa: SLF001 - its public names
_NEVER = frozenset({KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.INVALID_RECORD, KafkaError.INVALID_MSG})


class KafkaWire:
    """Producer of one process: acknowledged by all in-sync replicas, idempotent, uncompressed (JPEG is already)."""

    def __init__(self, settings: KafkaSettings, *, timeout_s: float) -> None:
        self._bootstrap = settings.bootstrap
        self._config = settings.confluent_config() | {
            "acks": "all",
            "enable.idempotence": True,
            "linger.ms": _LINGER_MS,
            "compression.type": "none",
            "message.timeout.ms": round(timeout_s * 1000 * _MESSAGE_TIMEOUT_FACTOR),
            "queue.buffering.max.kbytes": _QUEUE_KIB_MAX,
            "reconnect.backoff.max.ms": _RECONNECT_MS_MAX,
            "retry.backoff.max.ms": _RECONNECT_MS_MAX,
            "client.id": "platewatch-camera",
            "log_level": 0,
        }
        self._producer: Producer | None = None
        self._report: Report | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = threading.Event()
        self._broken = threading.Event()
        self._failed = threading.Event()
        self._thread: threading.Thread | None = None
        self._connection_error = ""

    def open(self, report: Report) -> None:
        """Begin, with a thread that waits for reports."""
        self._report = report
        self._loop = asyncio.get_running_loop()
        self._producer = self._build()
        self._thread = threading.Thread(target=self._poll, name="kafka-reports", daemon=True)
        self._thread.start()

    def send(self, ticket: int, message: OutgoingMessage) -> None:
        """Put the message into the client's queue."""
        if self._producer is None or self._failed.is_set():
            msg = f"Kafka at {self._bootstrap} does not take messages ({self._connection_error or 'not connected'})"
            raise WireFullError(msg)

        def report(error: KafkaError | None, _: Message) -> None:
            self._on_delivery(ticket, error)

        try:
            self._producer.produce(
                message.topic,
                key=message.key,
                value=message.value,
                headers=list(message.headers),
                on_delivery=report,
            )
        except BufferError as error:
            msg = f"the queue to Kafka at {self._bootstrap} is full"
            raise WireFullError(msg) from error
        except KafkaException as error:
            self._note_fatal(error.args[0])
            msg = f"the client of Kafka at {self._bootstrap} takes no message ({error.args[0].str()})"
            raise WireFullError(msg) from error

    def abandon(self) -> None:
        """Empty the client's queues; a client that has failed for good is replaced."""
        if self._producer is None:
            return
        self._producer.purge(in_queue=True, in_flight=True, blocking=False)
        self._failed.clear()
        if self._broken.is_set():
            self._broken.clear()
            self._producer = self._build()

    async def close(self) -> None:
        """Stop the thread and drop the client."""
        self._stop.set()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join, _CLOSE_S)
        producer, self._producer, self._thread = self._producer, None, None
        if producer is not None:
            producer.purge(in_queue=True, in_flight=True, blocking=False)
            await asyncio.to_thread(producer.flush, _CLOSE_S)

    def _build(self) -> Producer:
        try:
            return Producer(self._config | {"error_cb": self._on_error})
        except (KafkaException, ValueError) as error:
            msg = f"the settings of Kafka are not accepted ({error}); check kafka.* in the settings"
            raise ConnectorError(msg) from error

    def _poll(self) -> None:
        while not self._stop.is_set():
            producer = self._producer
            if producer is not None:
                producer.poll(_POLL_S)

    def _on_error(self, error: KafkaError) -> None:
        self._connection_error = error.str()
        self._note_fatal(error)

    def _note_fatal(self, error: KafkaError) -> None:
        if error.fatal():
            self._broken.set()

    def _on_delivery(self, ticket: int, error: KafkaError | None) -> None:
        if error is None:
            self._hand_in(ticket, Outcome.DELIVERED, "")
            return
        self._note_fatal(error)
        reason = f"Kafka at {self._bootstrap} does not take messages ({self._connection_error or error.str()})"
        if error.code() in _NEVER:
            self._hand_in(ticket, Outcome.REJECTED, reason)
            return
        if error.code() not in _CALLED_BACK:
            self._failed.set()
        self._hand_in(ticket, Outcome.FAILED, reason)

    def _hand_in(self, ticket: int, outcome: Outcome, reason: str) -> None:
        if self._loop is None or self._report is None:
            return
        try:
            self._loop.call_soon_threadsafe(self._report, ticket, outcome, reason)
        except RuntimeError:  # the event loop is closed, so nobody waits any more
            self._stop.set()
