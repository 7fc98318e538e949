from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime

import msgspec
import pytest

from infra.bench.feed import FeedLoad, bench_alert, quantile
from infra.bench.feed_audience import Listener
from infra.bench.feed_straggler import Straggler
from streams.delivery.formats.cloudevents import alert_event
from streams.delivery.formats.context import FormatContext


def told(number: int) -> bytes:
    """An alert of the bench as the feed tells it."""
    data = msgspec.json.encode(alert_event(bench_alert(number), FormatContext(now=datetime.now(UTC))))
    return b"id: 0.%d\nevent: alert\ndata: %b\n\n" % (number + 1, data)


@pytest.mark.parametrize("size", [1, 7, 80, 5000, 10**6])
async def test_an_alert_counts_once_however_the_bytes_are_cut(size: int) -> None:
    listener = Listener(b"", 3, Counter())
    stream = told(0) + told(2) + told(2)
    for start in range(0, len(stream), size):
        listener.data_received(stream[start : start + size])
    assert list(listener.counts) == [1, 0, 2]


async def test_only_whole_events_count_for_a_straggler() -> None:
    straggler = Straggler(0, "")
    reader = asyncio.StreamReader()
    reader.feed_data(told(0) + told(1)[:-1])
    reader.feed_eof()
    await straggler.read_until(reader, lambda: False)
    assert straggler.counts == {0: 1}
    assert straggler.last_id == "0.1"


def test_a_quantile_is_the_smallest_value_that_so_many_are_not_above() -> None:
    histogram = {10: 98, 20: 1, 500: 1}
    assert quantile(histogram, 0.5) == 10
    assert quantile(histogram, 0.99) == 20
    assert quantile(histogram, 1.0) == 500
    assert quantile({}, 0.5) == 0


def test_a_load_is_so_many_alerts() -> None:
    assert FeedLoad().alerts == 3000
