from __future__ import annotations

from xml.etree import ElementTree as ET

from infra.bench.alert_endpoints import Manner
from infra.bench.alert_storm_report import Interval, StormSeen
from infra.bench.storm_picture import draw_storm, longest_by_second
from tests.infra.bench.test_alert_storm_report import receipt


def test_of_each_second_the_longest_delay_counts_and_what_never_came_is_left_out() -> None:
    told = {("a", 1): 10.2, ("b", 1): 10.9, ("c", 1): 12.0}
    assert longest_by_second(told, {("a", 1): 10.3, ("b", 1): 11.9}, begins_s=10.0) == {0: 1000.0}


def test_the_picture_has_a_line_for_each_endpoint_and_a_band_for_each_time_away() -> None:
    seen = StormSeen(
        told={("a", 1): 100.0, ("b", 1): 110.0},
        received={manner: [receipt("a", 1, 100.1), receipt("b", 1, 110.4)] for manner in Manner},
        away=[Interval(104.0, 106.0), Interval(107.0, 109.0)],
        ended_s=110.0,
    )
    root = ET.fromstring(draw_storm(seen))
    kinds = [element.tag.rsplit("}", 1)[1] for element in root]
    assert kinds.count("polyline") == len(Manner)
    assert sum(element.get("fill") == "#e6e1d8" for element in root) == 2
