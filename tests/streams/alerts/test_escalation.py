from __future__ import annotations

from typing import Any

import pytest

from infra.settings.alerts import AlertSettings
from streams.alerts.escalation import escalate, is_unattended
from streams.alerts.growth import grow
from streams.alerts.steps import take
from streams.alerts.transitions import AlertRefusedError
from streams.records import Alert, AlertEvent, AlertPurpose, AlertState, Outcome
from tests.alert_builders import DISPATCHER, build_in, build_possible, grown_hit
from tests.builders import build_alert, build_hit, moment

SETTINGS = AlertSettings(escalate_after_s=120)
RAISED_S = 0.2


@pytest.mark.parametrize(("after_s", "due"), [(119.999, False), (120.0, True), (10_000.0, True)])
def test_an_alert_that_nobody_takes_in_time_is_unattended(after_s: float, due: bool) -> None:
    assert is_unattended(build_alert(), SETTINGS, moment(RAISED_S + after_s)) is due


@pytest.mark.parametrize(
    "alert",
    [
        pytest.param(take(build_alert(), DISPATCHER, moment(10)), id="taken"),
        pytest.param(build_possible(), id="possible"),
        pytest.param(build_alert(purpose=AlertPurpose.EXERCISE), id="exercise"),
        pytest.param(build_alert(purpose=AlertPurpose.TEST), id="test"),
        pytest.param(build_alert(hit=build_hit(late=True)), id="late"),
        pytest.param(build_alert(hit=build_hit(historical=True)), id="historical"),
        *(pytest.param(build_in(state), id=state) for state in AlertState if state is not AlertState.RECEIVED),
    ],
)
def test_what_somebody_has_seen_to_or_what_calls_nobody_is_not(alert: Alert) -> None:
    assert not is_unattended(alert, SETTINGS, moment(10_000))


def test_it_escalates_once() -> None:
    escalated = escalate(build_alert(), moment(200))
    assert (escalated.state, escalated.revision) == (AlertState.RECEIVED, 2)
    assert (escalated.steps[-1].event, escalated.steps[-1].at) == (AlertEvent.ESCALATED, moment(200))
    assert not is_unattended(escalated, SETTINGS, moment(10_000))


def grown(alert: Alert, at_s: float, **changes: Any) -> Alert:
    bigger = grow(alert, grown_hit(alert, at_s, **changes))
    assert bigger is not None
    return bigger


def test_time_counts_from_when_people_were_called() -> None:
    upgraded = grown(build_possible(), 300, outcome=Outcome.EXACT)
    assert not is_unattended(upgraded, SETTINGS, moment(419))
    assert is_unattended(upgraded, SETTINGS, moment(420))


def test_a_sighting_more_does_not_put_it_off_nor_call_for_it_again() -> None:
    assert is_unattended(grown(build_alert(), 119), SETTINGS, moment(121))
    assert not is_unattended(grown(escalate(build_alert(), moment(200)), 300), SETTINGS, moment(10_000))


def test_an_alert_that_fell_silent_and_calls_again_escalates_again() -> None:
    silent = grown(escalate(build_alert(), moment(200)), 300, outcome=Outcome.POSSIBLE)
    assert not is_unattended(silent, SETTINGS, moment(10_000))
    calling = grown(silent, 400, outcome=Outcome.EXACT)
    assert not is_unattended(calling, SETTINGS, moment(519))
    assert is_unattended(calling, SETTINGS, moment(520))


def test_what_somebody_has_looked_at_does_not_escalate() -> None:
    with pytest.raises(AlertRefusedError):
        escalate(build_in(AlertState.VERIFIED), moment(200))
