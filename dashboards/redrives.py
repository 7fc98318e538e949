"""Sending once more what could not be delivered: dead letters, back to the worker, and on record first."""

from __future__ import annotations

import asyncio
import getpass
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import structlog

from dashboards.audit_log import record
from infra.settings import Settings
from streams.clients import build_elasticsearch
from streams.codec import InvalidRecordError, decode, encode
from streams.dead_letters import read_dead_letters
from streams.delivery.delivery_store import DeliveryStore
from streams.delivery.desk import STAGE, SUBSCRIPTION_HEADER
from streams.delivery.subscription import delivery_id
from streams.faults import StreamError
from streams.records import Alert, AuditEvent, DeadLetter, Redrive, TopicName, event_id, to_milliseconds
from streams.topic_writing import write_message

log = structlog.get_logger(__name__)


class RedriveRefusedError(StreamError):
    """Nothing is sent once more; the message says what is missing."""


class Redrives:
    """Used by one event loop.

    Args:
        letters: reads all dead letters that are kept.
        audit: writes an event, or raises AuditLogError; nothing happens then.
        send: gives a redrive to the delivery worker, or raises ServiceAwayError.
        delivered: which of these deliveries (subscription, delivery ids) are on record as delivered. A crash loses the
            last moment of that record, so what is not on it may have failed, whatever it says.
    """

    def __init__(
        self,
        letters: Callable[[], Awaitable[list[DeadLetter]]],
        audit: Callable[[AuditEvent], Awaitable[None]],
        send: Callable[[Redrive], Awaitable[None]],
        delivered: Callable[[str, Iterable[str]], Awaitable[frozenset[str]]],
    ) -> None:
        self._letters = letters
        self._audit = audit
        self._send = send
        self._delivered = delivered

    async def redrive(self, subscription: str, alert: str | None, *, by: str, reason: str) -> int:
        """Send once more what failed for a subscription.

        Args:
            subscription: its id.
            alert: only of this alert; None: of all.
            by: who asks for it.
            reason: why.

        Returns:
            How many deliveries are sent.

        Raises:
            RedriveRefusedError: nobody is named, or no reason given.
            AuditLogError, ServiceAwayError: a service does not answer; try again, what was sent already does no harm.
        """
        if not by.strip() or not reason.strip():
            msg = "say who sends this once more, and why; both are on record"
            raise RedriveRefusedError(msg)
        found = failed_alerts(await self._letters(), subscription, alert)
        delivered = await self._delivered(subscription, found)
        due = [one for name, one in found.items() if name not in delivered]
        if not due:
            return 0
        at = to_milliseconds(datetime.now(UTC))
        await self._audit(_event(subscription, len(due), by=by.strip(), reason=reason.strip(), at=at))
        for one in due:
            await self._send(Redrive(subscription=subscription, alert=one, at=at, by=by.strip()))
        return len(due)


def failed_alerts(letters: Iterable[DeadLetter], subscription: str, alert: str | None) -> dict[str, Alert]:
    """The revisions that did not reach the subscription, by the id of their delivery, in order.

    A letter without its alert, or with one that another version wrote, is told of and keeps no other from being sent.
    """
    found: dict[str, Alert] = {}
    for letter in letters:
        if letter.stage != STAGE or dict(letter.headers).get(SUBSCRIPTION_HEADER) != subscription.encode():
            continue
        try:
            one = decode(Alert, letter.value or b"").record
        except InvalidRecordError as error:
            log.error("a dead letter cannot be sent once more", letter=letter.id, reason=str(error))
            continue
        if alert in (None, one.id):
            found[delivery_id(one.id, one.revision)] = one
    return dict(sorted(found.items(), key=lambda item: (item[1].id, item[1].revision)))


def _event(subscription: str, count: int, *, by: str, reason: str, at: datetime) -> AuditEvent:
    return AuditEvent(
        id=event_id("webhook.redriven", subscription, at, by),
        at=at,
        actor=by,
        action="webhook.redriven",
        subject=subscription,
        terminal=socket.gethostname(),
        reason=reason,
        details={"deliveries": str(count), "account": getpass.getuser()},
    )


@asynccontextmanager
async def open_redrives(settings: Settings) -> AsyncIterator[Redrives]:
    """Redrives, over clients that are closed at the end."""

    async def letters() -> list[DeadLetter]:
        return await asyncio.to_thread(read_dead_letters, settings.kafka)

    async def audit(event: AuditEvent) -> None:
        await asyncio.to_thread(record, event, settings.kafka)

    async def send(redrive: Redrive) -> None:
        value = encode(redrive)
        await asyncio.to_thread(write_message, TopicName.REDRIVES, redrive.alert.id, value, settings.kafka)

    client = build_elasticsearch(settings.elasticsearch)
    try:
        yield Redrives(letters, audit, send, DeliveryStore(client).delivered)
    finally:
        await client.close()
