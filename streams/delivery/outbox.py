"""What is to be delivered, durable: it is in a changelog before the alert's offset moves, and until it is settled.

Two kinds of state, in the partition of the alert: a ledger of each alert (which revisions were dealt with, and what of
them is pending at whom), and each revision's bytes for as long as one subscriber waits for it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence

import msgspec
import structlog

from streams.codec import decode
from streams.delivery.delivery_queue import Parcel
from streams.faults import UnhandledError
from streams.kept_state import KeptState
from streams.records import Alert, AlertEvent
from streams.together import all_of

_LEDGER, _BYTES = b"L/", b"B/"

_AT_HAND = 256
"""Revisions that are kept decoded: each is sent to several subscribers, most of them at once."""

log = structlog.get_logger(__name__)


class PendingDelivery(msgspec.Struct, frozen=True, array_like=True):
    """A revision that a subscriber waits for."""

    subscription: str
    revision: int
    event: AlertEvent
    queued_at_s: float


class Ledger(msgspec.Struct, frozen=True, array_like=True):
    """What is known of one alert's deliveries."""

    partition: int
    priority: int
    raised_at_s: float
    handled: tuple[int, ...]
    """Revisions that were given to the subscribers who want them."""
    pending: tuple[PendingDelivery, ...]
    touched_at_s: float
    told: tuple[str, ...] = ()
    """Subscribers that a revision was put in for: whoever was told of an alert hears how it ends."""


class Outbox:
    """Keeps parcels until they are settled. Used by one event loop.

    Args:
        states: where.
    """

    def __init__(self, states: KeptState) -> None:
        self._states = states
        self._at_hand: dict[bytes, Alert] = {}
        """The newest last."""
        self._undurable: set[bytes] = set()
        """Revisions that are in memory, and that Kafka has not said to have: of batches that are under way."""

    def knows(self, alert: Alert) -> bool:
        """Whether this revision was put in, and that is durable: a replay is to be passed over."""
        ledger = self._ledger(alert.id)
        if ledger is None or alert.revision not in ledger.handled:
            return False
        if _bytes_key(alert.id, alert.revision) in self._undurable:
            return False
        pending = any(one.revision == alert.revision for one in ledger.pending)
        # Without its bytes the worker stopped between the two: put in again, nobody has been sent anything.
        return not pending or self._states.get(_bytes_key(alert.id, alert.revision)) is not None

    async def put(
        self, alert: Alert, encoded: bytes, subscriptions: Sequence[str], *, partition: int, now_s: float
    ) -> list[Parcel]:
        """Put a revision in for its subscribers.

        Args:
            alert: the revision.
            encoded: its bytes, as they came.
            subscriptions: who wants it, perhaps nobody.
            partition: of pw.alerts, where it came from.
            now_s: seconds since the epoch.

        Returns:
            What is to be sent.

        Raises:
            ServiceAwayError: Kafka did not take it in time; put it in again.
        """
        before = self._ledger(alert.id)
        earlier = before.pending if before else ()
        known = {(one.subscription, one.revision) for one in earlier}
        added = tuple(
            PendingDelivery(subscription, alert.revision, alert.steps[-1].event, now_s)
            for subscription in subscriptions
            if (subscription, alert.revision) not in known
        )
        ledger = Ledger(
            partition=partition,
            priority=alert.priority,
            raised_at_s=alert.raised_at.timestamp(),
            handled=tuple(sorted({*(before.handled if before else ()), alert.revision})),
            pending=(*earlier, *added),
            touched_at_s=now_s,
            told=tuple(sorted({*(before.told if before else ()), *subscriptions})),
        )
        works = [self._states.set(partition, _ledger_key(alert.id), msgspec.msgpack.encode(ledger))]
        if any(one.revision == alert.revision for one in ledger.pending):
            packed = zlib.compress(encoded, 1)
            works.append(self._states.set(partition, _bytes_key(alert.id, alert.revision), packed))
        self._undurable.add(_bytes_key(alert.id, alert.revision))
        await all_of(works)
        self._undurable.discard(_bytes_key(alert.id, alert.revision))
        self._keep_at_hand(_bytes_key(alert.id, alert.revision), alert)
        return [parcel for parcel in _parcels(alert.id, ledger) if parcel.revision == alert.revision]

    def told(self, alert_id: str) -> frozenset[str]:
        """Who was told of an alert, or is about to be."""
        ledger = self._ledger(alert_id)
        return frozenset(ledger.told if ledger else ())

    def waits_for(self, parcel: Parcel) -> bool:
        """Whether the parcel is to be sent: it was not settled, here or by whoever had its partition since."""
        ledger = self._ledger(parcel.alert)
        return ledger is not None and any(
            (one.subscription, one.revision) == (parcel.subscription, parcel.revision) for one in ledger.pending
        )

    def alert(self, parcel: Parcel) -> Alert:
        """The revision to send.

        Raises:
            UnhandledError: the outbox does not have it.
        """
        key = _bytes_key(parcel.alert, parcel.revision)
        alert = self._at_hand.get(key)
        if alert is None:
            alert = decode(Alert, self.encoded(parcel)).record
            self._keep_at_hand(key, alert)
        return alert

    def encoded(self, parcel: Parcel) -> bytes:
        """The revision's bytes, as they came.

        Raises:
            UnhandledError: the outbox does not have it.
        """
        packed = self._states.get(_bytes_key(parcel.alert, parcel.revision))
        if packed is None:
            msg = f"revision {parcel.revision} of alert {parcel.alert} is not in the outbox"
            raise UnhandledError(msg)
        return zlib.decompress(packed)

    async def settle(self, parcel: Parcel, now_s: float) -> None:
        """The subscriber has it, or it was given up. One that is settled already is left as it is.

        Raises:
            ServiceAwayError: Kafka did not take it in time; settle it again.
        """
        ledger = self._ledger(parcel.alert)
        if ledger is None:
            return
        left = tuple(
            one for one in ledger.pending if (one.subscription, one.revision) != (parcel.subscription, parcel.revision)
        )
        settled = msgspec.structs.replace(ledger, pending=left, touched_at_s=now_s)
        await self._states.set(ledger.partition, _ledger_key(parcel.alert), msgspec.msgpack.encode(settled))
        latest = self._ledger(parcel.alert)
        waited_for = latest is not None and any(one.revision == parcel.revision for one in latest.pending)
        key = _bytes_key(parcel.alert, parcel.revision)
        if not waited_for and self._states.get(key) is not None:
            self._at_hand.pop(key, None)
            await self._states.delete(ledger.partition, key)

    def pending(self) -> list[Parcel]:
        """All parcels of the partitions that are ours: after a start, or when partitions have moved.

        Without those whose bytes did not become durable: the worker stopped in between, and the alert comes again.
        """
        parcels: list[Parcel] = []
        for key, ledger in self._ledgers():
            parcels += _parcels(key.removeprefix(_LEDGER).decode(), ledger)
        return [one for one in parcels if self._states.get(_bytes_key(one.alert, one.revision)) is not None]

    async def forget_older(self, than_s: float, at_most: int) -> int:
        """Forget alerts of which nothing is pending and that nothing has happened to since; how many were.

        Raises:
            ServiceAwayError: Kafka did not take it in time; the rest is forgotten another time.
        """
        old = [key for key, ledger in self._ledgers() if _is_over(ledger, than_s)][:at_most]
        forgotten = 0
        for key in old:
            # Looked at again: while the others were forgotten, something may have happened to its alert.
            value = self._states.get(key)
            if value is not None and _is_over(_decoded(value), than_s):
                await self._states.delete(_decoded(value).partition, key)
                forgotten += 1
        return forgotten

    def _keep_at_hand(self, key: bytes, alert: Alert) -> None:
        self._at_hand[key] = alert
        if len(self._at_hand) > _AT_HAND:
            del self._at_hand[next(iter(self._at_hand))]

    def _ledgers(self) -> Iterator[tuple[bytes, Ledger]]:
        """All that can be read. One that a newer version wrote must not keep the others from being delivered."""
        for key, value in self._states.items():
            if key.startswith(_LEDGER):
                try:
                    ledger = _decoded(value)
                except msgspec.DecodeError as error:
                    log.error("a ledger cannot be read; its alert waits for a newer version", reason=str(error))
                    continue
                yield key, ledger

    def _ledger(self, alert: str) -> Ledger | None:
        value = self._states.get(_ledger_key(alert))
        return _decoded(value) if value is not None else None


def _decoded(value: bytes) -> Ledger:
    return msgspec.msgpack.decode(value, type=Ledger)


def _is_over(ledger: Ledger, than_s: float) -> bool:
    return not ledger.pending and ledger.touched_at_s < than_s


def _parcels(alert: str, ledger: Ledger) -> list[Parcel]:
    return [
        Parcel(
            alert=alert,
            revision=one.revision,
            event=one.event,
            subscription=one.subscription,
            priority=ledger.priority,
            raised_at_s=ledger.raised_at_s,
            queued_at_s=one.queued_at_s,
            partition=ledger.partition,
        )
        for one in ledger.pending
    ]


def _ledger_key(alert: str) -> bytes:
    return _LEDGER + alert.encode()


def _bytes_key(alert: str, revision: int) -> bytes:
    return _BYTES + f"{alert}/{revision}".encode()
