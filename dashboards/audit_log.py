"""Who did what, when and why, onto pw.audit before it happens."""

from __future__ import annotations

import getpass
import socket
from datetime import UTC, datetime
from uuid import uuid4

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from infra.settings.services import KafkaSettings
from streams.codec import encode
from streams.records import AuditEvent, TopicName, to_milliseconds

_WITHIN_S = 5.0


class AuditLogError(Exception):
    """The event could not be recorded, so what it was about must not happen."""


def terminal_event(
    action: str, subject: str, *, case_number: str = "", reason: str = "", details: dict[str, str] | None = None
) -> AuditEvent:
    """An event caused by the person at this terminal, now."""
    return AuditEvent(
        id=uuid4().hex,
        at=to_milliseconds(datetime.now(UTC)),
        actor=getpass.getuser(),
        action=action,
        subject=subject,
        terminal=socket.gethostname(),
        case_number=case_number,
        reason=reason,
        details=details or {},
    )


def record(event: AuditEvent, settings: KafkaSettings) -> None:
    """Write the event and wait until Kafka has it.

    Raises:
        AuditLogError: Kafka did not take it.
    """
    faults: list[KafkaError] = []

    def delivered(error: KafkaError | None, _: Message) -> None:
        if error is not None:
            faults.append(error)

    producer = Producer(settings.confluent_config() | {"acks": "all", "message.timeout.ms": int(_WITHIN_S * 1000)})
    try:
        producer.produce(TopicName.AUDIT, value=encode(event), on_delivery=delivered)
        waiting = producer.flush(_WITHIN_S + 1)
    except KafkaException as error:
        msg = f"the audit log does not take the event ({error.args[0].str()}), so nothing was done; try again"
        raise AuditLogError(msg) from error
    if waiting or faults:
        why = faults[0].str() if faults else "no answer"
        msg = f"the audit log at {settings.bootstrap} does not take the event ({why}), so nothing was done"
        raise AuditLogError(msg)
