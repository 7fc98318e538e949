from __future__ import annotations

import pytest

from infra.bench.alert_endpoints import Manner, Receipt
from infra.bench.alert_storm_report import Interval, StormSeen, overtaken, renamed, storm_rows


def receipt(alert: str, revision: int, received_at_s: float = 0.0, webhook_id: str = "") -> Receipt:
    return Receipt(
        webhook_id=webhook_id or f"{alert}_{revision}",
        alert=alert,
        revision=revision,
        event="raised",
        received_at_s=received_at_s,
    )


@pytest.mark.parametrize(
    ("came", "late"),
    [
        pytest.param([("a", 1), ("a", 2), ("b", 1)], 0, id="in-order"),
        pytest.param([("a", 2), ("a", 1)], 1, id="later-first"),
        pytest.param([("a", 1), ("a", 2), ("a", 1)], 0, id="a-repeat-of-an-earlier-one-overtakes-nothing"),
        pytest.param([("a", 3), ("a", 1), ("a", 2)], 2, id="two-overtaken"),
    ],
)
def test_it_tells_how_often_a_later_revision_came_first(came: list[tuple[str, int]], late: int) -> None:
    assert overtaken([receipt(*one) for one in came]) == late


def test_a_repeat_under_another_id_is_told_from_one_under_the_same() -> None:
    assert renamed([receipt("a", 1), receipt("a", 1)]) == 0
    assert renamed([receipt("a", 1), receipt("a", 1, webhook_id="other")]) == 1


def test_what_is_missing_or_slow_is_short_and_what_was_told_while_a_worker_was_away_is_left_out_of_the_delays() -> None:
    told = {("a", 1): 100.0, ("b", 1): 110.0, ("c", 1): 120.0}
    healthy = [receipt("a", 1, 100.1), receipt("b", 1, 119.0), receipt("c", 1, 120.6)]
    seen = StormSeen(
        told=told,
        received={Manner.HEALTHY: healthy, Manner.HANGS: healthy[:2]},
        away=[Interval(105.0, 115.0)],
        ended_s=120.0,
    )
    rows = {row.name: row for row in storm_rows(seen, "a test")}
    assert (rows["healthy: revisions missing"].value, rows["healthy: revisions missing"].met) == (0, True)
    assert (rows["hangs: revisions missing"].value, rows["hangs: revisions missing"].met) == (1, False)
    at_work = rows["healthy, workers at work: 99 of 100"]
    assert at_work.value == pytest.approx(600.0)
    assert at_work.met is False
    assert rows["healthy, all: 99 of 100"].value == pytest.approx(9000.0)
    assert rows["revisions told while a worker was away"].value == 1
