"""Who is told of an alert that has grown: reopened, or likely only now."""

from __future__ import annotations

from typing import Any

import pytest

from infra.settings.alerts import AlertSettings
from streams.alerts.growth import grow
from streams.alerts.life import raise_alert
from streams.alerts.steps import clear, verify
from streams.delivery.choice import wants
from streams.delivery.subscription import AlertChoice, Subscription
from streams.records import Alert, AlertEvent, AlertPurpose, ClearedOutcome, Outcome
from tests.alert_builders import AGREES, DISPATCHER, grown_hit
from tests.builders import build_hit, build_subscription, moment


def subscriber(**choice: Any) -> Subscription:
    return build_subscription(choice=AlertChoice(**choice))


def grown(alert: Alert, at_s: float, outcome: Outcome) -> Alert:
    bigger = grow(alert, grown_hit(alert, at_s, outcome=outcome))
    assert bigger is not None
    return bigger


def closed(alert: Alert, at_s: float) -> Alert:
    verified = verify(alert, DISPATCHER, AGREES, moment(at_s))
    return clear(verified, DISPATCHER, ClearedOutcome.NOT_LOCATED, reason="gone", now=moment(at_s + 1))


def raised(outcome: Outcome, **settings: Any) -> Alert:
    return raise_alert(build_hit(outcome=outcome), AlertSettings(**settings))


@pytest.mark.policy("KY-J.1")
def test_who_hears_of_new_alerts_hears_of_one_that_is_reopened_and_who_does_not_does_not() -> None:
    reopened = grown(closed(raised(Outcome.LIKELY), 10), 300, Outcome.LIKELY)
    assert reopened.steps[-1].event is AlertEvent.REOPENED
    assert wants(subscriber(), reopened)
    assert wants(subscriber(events=(AlertEvent.RAISED,)), reopened)
    assert wants(subscriber(events=(AlertEvent.RAISED,), outcomes=()), reopened), "though told of it before"
    assert not wants(subscriber(events=(AlertEvent.CLEARED,)), reopened)


@pytest.mark.parametrize(
    ("outcome", "hears"), [(Outcome.LIKELY, True), (Outcome.EXACT, True), (Outcome.POSSIBLE, False)]
)
def test_who_was_told_that_a_reopened_alert_is_likely_hears_how_it_ends(outcome: Outcome, hears: bool) -> None:
    reopened = grown(closed(raised(Outcome.POSSIBLE), 10), 300, outcome)
    assert wants(subscriber(), reopened) is hears
    doubtful = grown(reopened, 310, Outcome.POSSIBLE)
    assert wants(subscriber(), closed(doubtful, 320)) is hears


@pytest.mark.parametrize("lists", ["exercise_lists", "test_lists"])
def test_an_exercise_that_grows_to_be_likely_is_told_to_who_wants_likely_ones(lists: str) -> None:
    before = raised(Outcome.POSSIBLE, **{lists: ("stolen",)})
    after = grown(before, 60, Outcome.LIKELY)
    assert after.purpose is not AlertPurpose.ACTUAL
    assert not wants(subscriber(), before)
    assert wants(subscriber(), after)
    assert wants(subscriber(events=(AlertEvent.RAISED,)), after)
