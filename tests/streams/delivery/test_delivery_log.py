from __future__ import annotations

from collections.abc import Sequence

import pytest

from streams.delivery.delivery_log import DeliveryLog
from streams.delivery.subscription import Delivery, DeliveryState, delivery_id
from streams.documents import Document
from streams.faults import ServiceAwayError, UnhandledError
from streams.records import AlertEvent
from tests.builders import moment


class Index:
    """An index in memory, where a lower version does not replace a higher one; it can fail."""

    def __init__(self) -> None:
        self.kept: dict[str, Document] = {}
        self.fault: Exception | None = None

    async def write(self, documents: Sequence[Document]) -> None:
        if self.fault is not None:
            raise self.fault
        for one in documents:
            if one.id not in self.kept or one.version >= self.kept[one.id].version:
                self.kept[one.id] = one

    def states(self) -> list[str]:
        return [one.source["state"] for one in self.kept.values()]


def delivery(state: DeliveryState = DeliveryState.PENDING, alert: str = "a") -> Delivery:
    return Delivery(
        id=delivery_id(alert, 1),
        subscription="cad",
        alert=alert,
        revision=1,
        event=AlertEvent.RAISED,
        state=state,
        queued_at=moment(),
    )


async def test_of_each_delivery_the_newest_is_written() -> None:
    index = Index()
    log = DeliveryLog(index)
    for state in (DeliveryState.PENDING, DeliveryState.DELIVERED):
        log.note(delivery(state))
    log.note(delivery(alert="b"))
    await log.flush()
    assert index.states() == ["delivered", "pending"]


async def test_what_happens_after_the_clock_was_set_back_is_on_record() -> None:
    index, now_s = Index(), [2_000_000.0]
    log = DeliveryLog(index, clock=lambda: now_s[0])
    log.note(delivery())
    await log.flush()
    now_s[0] -= 3600.0
    log.note(delivery(DeliveryState.DELIVERED))
    await log.flush()
    assert index.states() == ["delivered"]


async def test_while_elasticsearch_is_away_what_is_to_be_written_waits() -> None:
    index = Index()
    log = DeliveryLog(index)
    log.note(delivery())
    index.fault = ServiceAwayError("elasticsearch", "no answer")
    with pytest.raises(ServiceAwayError):
        await log.flush()
    index.fault = None
    await log.flush()
    assert index.states() == ["pending"]


async def test_what_is_refused_for_good_holds_up_nothing_that_comes_later() -> None:
    index = Index()
    log = DeliveryLog(index)
    log.note(delivery())
    index.fault = UnhandledError("a document is refused")
    await log.flush()
    index.fault = None
    log.note(delivery(alert="b"))
    await log.flush()
    assert list(index.kept) == ["cad@b_1"]
