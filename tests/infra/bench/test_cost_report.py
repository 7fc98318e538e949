"""What is told of a simulation: for a day, at the thresholds of the settings and at others, with what it rests on."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from infra.bench.category_scores import CategoryScores
from infra.bench.cost_report import OTHER_THRESHOLDS, CostReport, LeftOut, SimulatedList, cost_report
from infra.bench.threshold_costs import SimulatedCosts
from infra.settings.pipeline import MatchingSettings, RegionSettings, ThresholdSettings
from streams.records import Category

NOTHING = LeftOut(partial=0, not_in_force=0)


def report(
    settings: MatchingSettings, left_out: LeftOut = NOTHING, not_simulated: int = 0, states: int = 0
) -> CostReport:
    scores = CategoryScores(12, 1e-6, [0.4, 0.95], [0.95, 0.95], [(1, 0.6, 0.002)])
    costs = SimulatedCosts(1000, {Category.AMBER: scores, Category.CASE: scores}, not_simulated)
    lists = (SimulatedList("ncic", "v1", 24),)
    return cost_report(costs, settings, lists=lists, left_out=left_out, states=states, exact_looks=0.9)


def test_each_category_is_told_at_its_own_thresholds_and_at_the_others() -> None:
    settings = MatchingSettings(
        thresholds=ThresholdSettings(likely=0.5, possible=0.2),
        category_thresholds={"amber": ThresholdSettings(likely=0.3, possible=0.3)},
    )
    amber, case = report(settings).categories
    assert [(one.threshold, one.settings) for one in amber.thresholds if one.settings] == [
        (0.3, ("possible", "likely"))
    ]
    assert [one.threshold for one in amber.thresholds] == list(OTHER_THRESHOLDS)
    assert [(one.threshold, one.settings) for one in case.thresholds if one.settings] == [
        (0.2, ("possible",)),
        (0.5, ("likely",)),
    ]
    assert [one.threshold for one in case.thresholds] == sorted({0.2, *OTHER_THRESHOLDS})
    assert (amber.category, amber.plates, amber.wanted_simulated) == ("amber", 12, 2)


def test_false_alerts_are_reckoned_for_the_passes_of_a_day() -> None:
    few, many = (
        report(MatchingSettings(region=RegionSettings(reads_per_day=passes))).categories[0].thresholds[0]
        for passes in (1_000, 50_000)
    )
    assert few.false_alerts_per_day == pytest.approx(0.002)
    assert many.false_alerts_per_day == pytest.approx(0.1)
    assert many.interval == pytest.approx(tuple(50 * bound for bound in few.interval))


@pytest.mark.parametrize(
    ("left_out", "not_simulated", "said"),
    [
        pytest.param(LeftOut(partial=3, not_in_force=0), 0, "3 entries of partial plates are left out", id="partial"),
        pytest.param(LeftOut(partial=0, not_in_force=4), 0, "4 entries are not in force now", id="over"),
        pytest.param(NOTHING, 5, "5 listed plates pass only as what others are taken for", id="rare-letters"),
    ],
)
def test_what_was_left_out_is_said_where_something_was(left_out: LeftOut, not_simulated: int, said: str) -> None:
    settings = MatchingSettings()
    assert any(said in one for one in report(settings, left_out, not_simulated).assumptions)
    assert not any(said in one for one in report(settings).assumptions)


def test_it_is_said_how_well_the_rendered_plates_were_read() -> None:
    assert "90% were read right" in report(MatchingSettings()).assumptions[0]


@pytest.mark.parametrize(
    ("region", "states", "advised"),
    [
        pytest.param({}, 8, True, id="eight-states-of-a-half-each"),
        pytest.param({}, 1, False, id="one-state"),
        pytest.param({"other_state_share": 0.02}, 8, False, id="few-of-each"),
        pytest.param({"state_shares": {"US-KY": 0.9}, "other_state_share": 0.01}, 8, False, id="shares-are-set"),
    ],
)
def test_shares_of_states_that_cannot_be_are_told(region: dict[str, Any], states: int, *, advised: bool) -> None:
    advice = report(MatchingSettings(region=RegionSettings(**region)), states=states).advice
    assert bool(advice) is advised
    assert all("Set the shares of your traffic" in one for one in advice)


def test_as_json_it_says_the_same() -> None:
    told = report(MatchingSettings(), states=3)
    assert msgspec.json.decode(msgspec.json.encode(told), type=CostReport) == told
