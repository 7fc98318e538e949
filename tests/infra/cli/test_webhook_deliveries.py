from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
from rich.console import Console

from infra.cli.webhook_deliveries import count_table, delivery_lines
from streams.delivery.delivery_store import DeliveryCounts
from streams.delivery.subscription import Delivery, DeliveryState
from streams.records import AlertEvent
from tests.builders import moment


def delivery(**changes: Any) -> Delivery:
    one = Delivery(
        id="a1_2", subscription="metro-cad", alert="a1", revision=2, event=AlertEvent.VERIFIED,
        state=DeliveryState.PENDING, queued_at=moment(),
    )  # fmt: skip
    return msgspec.structs.replace(one, **changes)


def shown(thing: Any) -> str:
    console = Console(width=80, record=True)
    console.print(thing)
    return console.export_text()


def test_a_delivery_says_how_it_stands_why_and_when_it_is_tried_again() -> None:
    text = shown(
        delivery_lines([delivery(tries=3, next_try_at=moment(60), last_answer="answered 500 Internal Server Error")])
    )
    assert "metro-cad  pending after 3 tries, next" in text
    assert "alert a1, revision 2 (verified): answered 500 Internal Server Error" in text


def test_what_is_delivered_names_no_next_try() -> None:
    text = shown(delivery_lines([delivery(state=DeliveryState.DELIVERED, tries=1, next_try_at=moment(60))]))
    assert "delivered" in text
    assert "next" not in text


def test_nothing_on_record_is_said() -> None:
    assert "no such delivery" in shown(delivery_lines([]))


def test_counts_stand_by_state_with_the_age_of_the_oldest_that_waits() -> None:
    counts = DeliveryCounts("metro-cad", {DeliveryState.PENDING: 2, DeliveryState.DELIVERED: 1500}, moment())
    text = shown(count_table([counts], moment() + timedelta(seconds=90)))
    assert "1,500" in text
    assert "90 s" in text
