from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from infra.settings.workers import RetrySettings
from streams.codec import decode, encode
from streams.delivery.delivery_log import DeliveryLog
from streams.delivery.delivery_queue import Parcel
from streams.delivery.desk import SUBSCRIPTION_HEADER, DeliveryDesk, DeskWires
from streams.delivery.formats.context import FormatContext
from streams.delivery.message import Answer
from streams.delivery.outbox import Outbox
from streams.delivery.subscription import Subscription, delivery_id
from streams.documents import Document
from streams.faults import ServiceAwayError, UnhandledError
from streams.records import Alert, DeadLetter
from tests.builders import build_alert, build_subscription, moment
from tests.kept_states import MemoryStates

NOW = 1000.0


class Room:
    """A desk, and all that it reaches out to, in memory."""

    def __init__(self) -> None:
        self.states_kept = MemoryStates()
        self.outbox = Outbox(self.states_kept)
        self.buried: list[DeadLetter] = []
        self.written: dict[str, Document] = {}
        self.refuse: Callable[[DeadLetter], None] = lambda _letter: None
        self.format_fault: Exception | None = None
        self.log = DeliveryLog(self)
        wires = DeskWires(bury=self._bury, disable=self._disable, context_of=self._context, sleep=self._sleep)
        self.desk = DeliveryDesk(self.outbox, self.log, wires, retry=RetrySettings())

    async def write(self, documents: Sequence[Document]) -> None:
        self.written |= {one.id: one for one in documents}

    async def pending(self, alert: Alert | None = None) -> Parcel:
        one = alert or build_alert()
        (parcel,) = await self.outbox.put(one, encode(one), ["metro-cad"], partition=2, now_s=NOW)
        return parcel

    async def states(self) -> list[str]:
        await self.log.flush()
        return [one.source["state"] for one in self.written.values()]

    async def _bury(self, letter: DeadLetter) -> None:
        self.refuse(letter)
        self.buried.append(letter)

    async def _disable(self, subscription: Subscription, why: str) -> None: ...

    async def _context(self, alert: Alert, subscription: Subscription) -> FormatContext:
        if self.format_fault is not None:
            raise self.format_fault
        return FormatContext(now=moment(), source="test", agency="", image_links=lambda _id: None, crop=None)

    async def _sleep(self, _seconds: float) -> None: ...


async def test_a_message_has_the_id_of_its_revision_at_every_try() -> None:
    room = Room()
    parcel = await room.pending()
    for _ in range(2):
        message = await room.desk.message(parcel, build_subscription())
        assert message is not None
        assert message.id == delivery_id(parcel.alert, 1)


async def test_what_is_delivered_is_on_record_and_waits_no_more() -> None:
    room = Room()
    await room.desk.delivered(await room.pending(), Answer(204), tries=1)
    assert room.outbox.pending() == []
    assert await room.states() == ["delivered"]


async def test_what_failed_is_a_dead_letter_that_can_be_sent_again() -> None:
    room = Room()
    await room.desk.failed(await room.pending(), "answered 400", tries=3)
    (letter,) = room.buried
    assert dict(letter.headers)[SUBSCRIPTION_HEADER] == b"metro-cad"
    assert decode(Alert, letter.value or b"").record == build_alert()
    assert room.outbox.pending() == []
    assert await room.states() == ["failed"]


async def test_a_dead_letter_waits_for_kafka_and_the_outbox_waits_with_it() -> None:
    room = Room()
    tries = iter([True, True, False])

    def away(_letter: DeadLetter) -> None:
        assert room.outbox.pending() != []
        if next(tries):
            service = "kafka"
            raise ServiceAwayError(service, "no broker")

    room.refuse = away
    await room.desk.failed(await room.pending(), "answered 400", tries=1)
    assert len(room.buried) == 1


async def test_a_dead_letter_that_kafka_refuses_is_told_without_the_alert() -> None:
    room = Room()

    def too_large(letter: DeadLetter) -> None:
        if letter.value is not None:
            msg = "Kafka refuses a message: too large"
            raise UnhandledError(msg)

    room.refuse = too_large
    await room.desk.failed(await room.pending(), "answered 400", tries=1)
    (letter,) = room.buried
    assert letter.value is None
    assert letter.reason.startswith("answered 400")
    assert "too large" in letter.reason
    assert await room.states() == ["failed"]


async def test_what_a_format_did_not_foresee_is_the_fault_of_that_message_and_tells_no_plate() -> None:
    room = Room()
    room.format_fault = KeyError("ABC123")
    with pytest.raises(UnhandledError, match="KeyError") as raised:
        await room.desk.message(await room.pending(), build_subscription())
    assert "ABC123" not in str(raised.value)


async def test_what_was_settled_elsewhere_is_not_sent_and_not_told_to_have_failed() -> None:
    room = Room()
    parcel = await room.pending()
    await room.outbox.settle(parcel, NOW)
    assert await room.desk.message(parcel, build_subscription()) is None
    await room.desk.failed(parcel, "not delivered since yesterday", tries=9)
    assert room.buried == []
    assert await room.states() == []
