from __future__ import annotations

import msgspec
import pytest

from infra.bench.alert_way import Ways, stretches_ms, way_rows
from infra.demo.receiver import Receipt
from streams.records import Alert, TopicName
from tests.builders import build_alert


def receipt(alert: Alert, received_at_s: float) -> Receipt:
    return Receipt(
        webhook_id=f"{alert.id}_1",
        alert=alert.id,
        event="raised",
        received_at_s=received_at_s,
        entry="e",
        plate="ABC123",
        camera="north",
        sequence=7,
    )


def test_the_stretches_of_a_way_add_up_to_it() -> None:
    alert = build_alert()
    match = alert.hit.match
    appended: dict[tuple[str, str, int], float] = {
        (TopicName.DETECTIONS, match.detection.id, match.detection.revision): 100.05,
        (TopicName.MATCHES, match.id, match.detection.revision): 100.06,
        (TopicName.HITS, alert.hit.id, 1): 100.07,
        (TopicName.ALERTS, alert.id, 1): 100.08,
    }
    stretches = stretches_ms(alert, receipt(alert, 100.1), appended, frame_s=100.0)
    assert stretches is not None
    assert stretches == pytest.approx([50, 10, 10, 10, 20], abs=1e-6)


def test_a_way_of_which_a_part_was_not_seen_is_left_out() -> None:
    alert = build_alert()
    assert stretches_ms(alert, receipt(alert, 100.1), {}, frame_s=100.0) is None


def test_a_slow_way_is_short() -> None:
    rows = {row.name: row for row in way_rows(Ways(totals=[100.0] * 98 + [501.0] * 2), plays=1)}
    assert rows["frame to webhook: 99 of 100"].met is False
    assert msgspec.json.encode(list(rows.values()))
