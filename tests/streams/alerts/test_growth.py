from __future__ import annotations

from typing import Any

import msgspec
import pytest

from infra.settings.alerts import AlertSettings
from streams.alerts.growth import grow
from streams.alerts.life import raise_alert
from streams.records import AlertEvent, AlertPurpose, AlertState, Outcome
from tests.alert_builders import build_in, build_possible, build_sighting, grown_hit
from tests.builders import build_alert, build_hit, moment


def test_an_alert_grows_by_a_sighting_and_keeps_its_state() -> None:
    alert = build_in(AlertState.CONFIRMED)
    grown = grow(alert, grown_hit(alert, 60))
    assert grown is not None
    assert (grown.state, grown.revision, grown.hit.revision) == (AlertState.CONFIRMED, alert.revision + 1, 2)
    step = grown.steps[-1]
    assert (step.event, step.at, step.by, step.role) == (AlertEvent.SIGHTED, moment(60), "platewatch", "system")
    assert grown.taken_by == alert.taken_by


def test_every_step_says_how_sure_the_hit_was_when_it_was_taken() -> None:
    raised = raise_alert(build_hit(outcome=Outcome.POSSIBLE), AlertSettings())
    grown = grow(raised, grown_hit(raised, outcome=Outcome.LIKELY))
    assert grown is not None
    assert [step.hit_outcome for step in grown.steps] == [Outcome.POSSIBLE, Outcome.LIKELY]


@pytest.mark.parametrize("revision", [1, 2])
def test_what_the_alert_has_already_is_no_news(revision: int) -> None:
    hit = build_hit(revision=2)
    assert grow(build_alert(hit=hit), msgspec.structs.replace(hit, revision=revision)) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({"outcome": Outcome.POSSIBLE}, {"outcome": Outcome.LIKELY}, id="possible-to-likely"),
        pytest.param({"late": True}, {"late": False}, id="late-to-now"),
        pytest.param({"historical": True}, {"historical": False}, id="historical-to-now"),
    ],
)
def test_an_alert_that_calls_people_only_now_is_upgraded(before: dict[str, Any], after: dict[str, Any]) -> None:
    alert = build_alert(hit=build_hit(**before))
    grown = grow(alert, grown_hit(alert, **after))
    assert grown is not None
    assert grown.steps[-1].event is AlertEvent.UPGRADED
    assert grown.sounds
    again = grow(grown, grown_hit(grown, 120))
    assert again is not None
    assert again.steps[-1].event is AlertEvent.SIGHTED


@pytest.mark.parametrize("purpose", [AlertPurpose.EXERCISE, AlertPurpose.TEST])
def test_an_exercise_is_upgraded_as_an_actual_alert_is_but_silently(purpose: AlertPurpose) -> None:
    alert = build_possible(purpose=purpose)
    grown = grow(alert, grown_hit(alert, outcome=Outcome.EXACT))
    assert grown is not None
    assert (grown.steps[-1].event, grown.sounds) == (AlertEvent.UPGRADED, False)


def test_an_alert_that_ended_with_an_arrest_is_told_of_later_sightings_and_stays_cleared() -> None:
    alert = build_in(AlertState.CLEARED)
    grown = grow(alert, grown_hit(alert))
    assert grown is not None
    assert (grown.state, grown.outcome) == (AlertState.CLEARED, alert.outcome)


def test_growth_is_of_the_time_at_which_the_vehicle_was_seen_but_never_before_the_last_step() -> None:
    alert = build_in(AlertState.CLEARED)
    late = grow(alert, grown_hit(alert, 5))
    assert late is not None
    assert late.steps[-1].at == moment(40.001)


def test_the_hit_of_another_alert_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="is not the one of alert"):
        grow(build_alert(), build_hit("XYZ987", sightings=(build_sighting(),), revision=2))
