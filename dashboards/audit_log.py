"""Who did what, when and why, onto pw.audit before it happens."""

from __future__ import annotations

import getpass
import socket
from datetime import UTC, datetime
from uuid import uuid4

from infra.settings.services import KafkaSettings
from streams.codec import encode
from streams.faults import ServiceAwayError
from streams.records import AuditEvent, TopicName, to_milliseconds
from streams.topic_writing import write_message


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
    try:
        write_message(TopicName.AUDIT, None, encode(event), settings)
    except ServiceAwayError as error:
        msg = f"the audit log does not take the event ({error}), so nothing was done; try again"
        raise AuditLogError(msg) from error
