"""Where endpoints get their messages, and where what came of them is kept: outbox, dead letters, log, metrics."""

from __future__ import annotations

import asyncio
import random
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
import structlog

from infra import metrics
from infra.settings.workers import RetrySettings
from streams.backoff import backoff_s
from streams.delivery.delivery_log import DeliveryLog
from streams.delivery.delivery_queue import Parcel
from streams.delivery.formats.catalogue import format_alert
from streams.delivery.formats.context import FormatContext
from streams.delivery.message import Answer, OutgoingMessage, judge
from streams.delivery.outbox import Outbox
from streams.delivery.subscription import Delivery, DeliveryState, Subscription, delivery_id
from streams.faults import ServiceAwayError, StreamError, UnhandledError
from streams.records import Alert, DeadLetter, TopicName, event_id, to_milliseconds

STAGE = "delivery"
"""Of its dead letters."""

SUBSCRIPTION_HEADER = "subscription"
"""Of a dead letter: whom it did not reach."""

NO_OFFSET = -1
"""A delivery that failed long after its alert was taken from the topic knows no offset."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskWires:
    """What the desk reaches out with. All may raise ServiceAwayError, and are called again then."""

    bury: Callable[[DeadLetter], Awaitable[None]]
    disable: Callable[[Subscription, str], Awaitable[None]]
    """Disables a subscription whose endpoint is gone, with a notice; a subscription that changed meanwhile is left."""
    context_of: Callable[[Alert, Subscription], Awaitable[FormatContext]]
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


class DeliveryDesk:
    """See `streams.delivery.endpoint.Desk`. Used by one event loop."""

    def __init__(self, outbox: Outbox, delivery_log: DeliveryLog, wires: DeskWires, *, retry: RetrySettings) -> None:
        self._outbox = outbox
        self._log = delivery_log
        self._wires = wires
        self._retry = retry

    async def message(self, parcel: Parcel, subscription: Subscription) -> OutgoingMessage | None:
        """The parcel in the subscriber's words; None where nobody waits for it any more.

        Raises:
            StreamError: it cannot be put in them, as by a template that fails.
        """
        if not self._outbox.waits_for(parcel):
            return None
        try:
            alert = self._outbox.alert(parcel)
            context = await self._wires.context_of(alert, subscription)
            payload = format_alert(alert, subscription, context)
        except StreamError:
            raise
        except Exception as error:  # noqa: BLE001 - what a format did not foresee must not end the worker of all
            # Its text may hold a plate.
            msg = f"it cannot be put into the format {subscription.format}: {type(error).__name__}"
            where = "".join(traceback.format_tb(error.__traceback__))
            log.error("alert cannot be put in words", alert=parcel.alert, format=subscription.format, stack=where)
            raise UnhandledError(msg) from None
        return OutgoingMessage(delivery_id(parcel.alert, parcel.revision), payload)

    def queued(self, parcel: Parcel) -> None:
        """It waits in the outbox."""
        self._log.note(_as_it_stands(parcel, DeliveryState.PENDING))

    def tried(self, parcel: Parcel, answer: Answer, tries: int, next_at_s: float) -> None:
        """A try failed, and there will be another one."""
        metrics.DELIVERY_TRIES.labels(parcel.subscription, judge(answer).name.lower()).inc()
        pending = _as_it_stands(parcel, DeliveryState.PENDING, tries, str(answer))
        self._log.note(msgspec.structs.replace(pending, next_try_at=_moment(next_at_s)))

    async def delivered(self, parcel: Parcel, answer: Answer, tries: int) -> None:
        """The subscriber has it. Returns when the outbox knows."""
        now = _now()
        metrics.DELIVERY_TRIES.labels(parcel.subscription, "delivered").inc()
        metrics.DELIVERY_SECONDS.labels(parcel.subscription).observe(max(0.0, now.timestamp() - parcel.queued_at_s))
        delivered = _as_it_stands(parcel, DeliveryState.DELIVERED, tries, str(answer))
        self._log.note(msgspec.structs.replace(delivered, delivered_at=now))
        await self._settle(parcel, DeliveryState.DELIVERED)

    async def failed(self, parcel: Parcel, reason: str, tries: int) -> None:
        """It was given up. Returns when the dead letter and the outbox know; at once where it was settled before."""
        if not self._outbox.waits_for(parcel):
            return
        log.error(
            "alert not delivered",
            alert=parcel.alert,
            revision=parcel.revision,
            subscription=parcel.subscription,
            reason=reason,
            tries=tries,
        )
        await self._bury(self._letter(parcel, reason, tries))
        self._log.note(_as_it_stands(parcel, DeliveryState.FAILED, tries, reason))
        await self._settle(parcel, DeliveryState.FAILED)

    async def superseded(self, parcel: Parcel) -> None:
        """Its subscription is no more: it is never sent. Returns when the outbox knows."""
        self._log.note(_as_it_stands(parcel, DeliveryState.SUPERSEDED, 0, "the subscription was removed"))
        await self._settle(parcel, DeliveryState.SUPERSEDED)

    async def gone(self, subscription: Subscription, reason: str) -> None:
        """The endpoint wants no more of anything."""
        log.error("subscription disabled", subscription=subscription.id, reason=reason)
        await self._surely(lambda: self._wires.disable(subscription, reason))

    async def _bury(self, letter: DeadLetter) -> None:
        """Bury the letter, if need be without the alert: in base64, one near the size limit is over it."""
        try:
            await self._surely(lambda: self._wires.bury(letter))
        except UnhandledError as error:
            shorter = msgspec.structs.replace(letter, value=None, reason=f"{letter.reason} (left out: {error})")
            await self._surely(lambda: self._wires.bury(shorter))

    async def _settle(self, parcel: Parcel, result: DeliveryState) -> None:
        await self._surely(lambda: self._outbox.settle(parcel, datetime.now(UTC).timestamp()))
        metrics.DELIVERIES.labels(parcel.subscription, result).inc()

    async def _surely(self, act: Callable[[], Awaitable[None]]) -> None:
        """Until the service that it takes is there: what has happened at the endpoint can't be taken back."""
        tries = 0
        while True:
            try:
                await act()
            except ServiceAwayError as error:
                tries += 1
                if tries == 1:
                    log.warning("waiting for service", stage=STAGE, service=error.service, reason=str(error))
                await self._wires.sleep(backoff_s(self._retry, tries, random.random))
            else:
                return

    def _letter(self, parcel: Parcel, reason: str, tries: int) -> DeadLetter:
        return DeadLetter(
            id=event_id(STAGE, parcel.subscription, parcel.alert, parcel.revision),
            at=_now(),
            stage=STAGE,
            topic=TopicName.ALERTS,
            partition=parcel.partition,
            offset=NO_OFFSET,
            key=parcel.alert.encode(),
            value=self._outbox.encoded(parcel),
            headers=((SUBSCRIPTION_HEADER, parcel.subscription.encode()),),
            error="NotDeliveredError",
            reason=reason,
            stack="",
            tries=tries,
        )


def _as_it_stands(parcel: Parcel, state: DeliveryState, tries: int = 0, last_answer: str = "") -> Delivery:
    return Delivery(
        id=delivery_id(parcel.alert, parcel.revision),
        subscription=parcel.subscription,
        alert=parcel.alert,
        revision=parcel.revision,
        event=parcel.event,
        state=state,
        queued_at=_moment(parcel.queued_at_s),
        tries=tries,
        last_try_at=_now() if tries else None,
        last_answer=last_answer,
    )


def _now() -> datetime:
    return to_milliseconds(datetime.now(UTC))


def _moment(at_s: float) -> datetime:
    return to_milliseconds(datetime.fromtimestamp(at_s, UTC))
