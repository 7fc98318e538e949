"""A vehicle that passes again after its alert was closed: when people are called anew, and when they are left alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from infra.settings.alerts import AlertSettings
from streams.alerts.escalation import escalate, is_unattended
from streams.alerts.growth import grow
from streams.alerts.steps import clear, confirm, dispatch, not_confirm, override, reject, verify
from streams.alerts.transitions import AlertRefusedError
from streams.records import Alert, AlertEvent, AlertPurpose, AlertState, ClearedOutcome, Comparison, Outcome
from tests.alert_builders import AGREES, DIFFERS, DISPATCHER, PATROL, build_in, build_sighting, grown_hit
from tests.builders import build_alert, build_hit, moment

WHY = "why"
O = ClearedOutcome  # noqa: E741 - a column of the table below


def raised(outcome: Outcome = Outcome.LIKELY) -> Alert:
    return build_alert(hit=build_hit(outcome=outcome, sightings=(build_sighting(),)))


def verified(alert: Alert | None = None) -> Alert:
    return verify(alert or raised(), DISPATCHER, AGREES, moment(10))


def rejected(alert: Alert | None = None) -> Alert:
    return reject(alert or raised(), DISPATCHER, DIFFERS, reason=WHY, now=moment(10))


def unconfirmed() -> Alert:
    return not_confirm(verified(), DISPATCHER, reason="nobody could say", now=moment(20))


def cleared(alert: Alert, outcome: ClearedOutcome) -> Alert:
    return clear(alert, DISPATCHER, outcome, reason=WHY, now=moment(30))


def dispatched() -> Alert:
    return dispatch(confirm(verified(), DISPATCHER, moment(15)), DISPATCHER, moment(20))


def passes_again(alert: Alert, at_s: float = 300, plate: str = "ABC123", **changes: Any) -> Alert:
    """The vehicle is seen by camera `south`; changes are of the hit, or `alone`: the grade of this sighting alone."""
    alone = changes.pop("alone", alert.hit.outcome)
    sighting = build_sighting(plate, at_s, camera="south", outcome=alone)
    grown = grow(alert, grown_hit(alert, **({"sightings": (*alert.hit.sightings, sighting)} | changes)))
    assert grown is not None
    return grown


def is_reopened(alert: Alert) -> bool:
    return alert.steps[-1].event is AlertEvent.REOPENED


# how it was closed, and what of it comes back: by any sighting; only if that is surer, or reads another plate; never.
ANY, BETTER, NEVER = (True, True, True), (False, True, True), (False, False, False)
CLOSED: dict[str, tuple[Alert, tuple[bool, bool, bool]]] = {
    "not-located": (cleared(dispatched(), O.NOT_LOCATED), ANY),
    "no-action": (cleared(dispatched(), O.NO_ACTION), ANY),
    "no-action-after-verified": (cleared(verified(), O.NO_ACTION), ANY),
    "not-confirmed": (unconfirmed(), ANY),
    "no-action-after-not-confirmed": (cleared(unconfirmed(), O.NO_ACTION), ANY),
    "expired-after-not-confirmed": (cleared(unconfirmed(), O.EXPIRED_ENTRY), NEVER),
    "rejected": (rejected(), BETTER),
    "misread": (cleared(rejected(), O.MISREAD), BETTER),
    "no-action-after-rejected": (cleared(rejected(), O.NO_ACTION), BETTER),
    "not-located-after-rejected": (cleared(rejected(), O.NOT_LOCATED), BETTER),
    "misread-as-officers-found": (cleared(dispatched(), O.MISREAD), BETTER),
    "wrong-state": (cleared(dispatched(), O.WRONG_STATE), BETTER),
    "wrong-vehicle": (cleared(dispatched(), O.WRONG_VEHICLE), BETTER),
    "arrest": (cleared(dispatched(), O.ARREST), NEVER),
    "recovery": (cleared(dispatched(), O.RECOVERY), NEVER),
    "citation": (cleared(dispatched(), O.CITATION), NEVER),
    "expired-entry": (cleared(dispatched(), O.EXPIRED_ENTRY), NEVER),
}


def test_the_table_has_every_way_to_close_an_alert() -> None:
    alerts = [alert for alert, _ in CLOSED.values()]
    assert {alert.outcome for alert in alerts} == {*ClearedOutcome, None}
    assert {alert.state for alert in alerts} == {AlertState.REJECTED, AlertState.NOT_CONFIRMED, AlertState.CLEARED}


@pytest.mark.policy("KY-J.1")
@pytest.mark.parametrize(("alert", "comes_back"), CLOSED.values(), ids=CLOSED)
def test_a_closed_alert_comes_back_when_the_vehicle_passes_again_or_leaves_people_alone(
    alert: Alert, comes_back: tuple[bool, bool, bool]
) -> None:
    same = passes_again(alert)
    surer = passes_again(alert, outcome=Outcome.EXACT)
    otherwise = passes_again(alert, plate="ABC128")
    assert tuple(is_reopened(each) for each in (same, surer, otherwise)) == comes_back
    for grown in (same, surer, otherwise):
        if is_reopened(grown):
            assert (grown.state, grown.taken_by, grown.outcome) == (AlertState.RECEIVED, "", None)
        else:
            assert (grown.state, grown.taken_by, grown.outcome) == (alert.state, alert.taken_by, alert.outcome)
        assert grown.steps[:-1] == alert.steps


@pytest.mark.parametrize(
    "state", [AlertState.RECEIVED, AlertState.VERIFIED, AlertState.CONFIRMED, AlertState.DISPATCHED]
)
def test_what_is_not_closed_is_not_reopened(state: AlertState) -> None:
    alert = build_in(state)
    assert passes_again(alert).steps[-1].event is AlertEvent.SIGHTED


def test_a_better_look_at_a_pass_that_people_saw_is_no_new_sighting() -> None:
    for alert in (cleared(dispatched(), O.NOT_LOCATED), rejected()):
        better = grow(alert, msgspec.structs.replace(alert.hit, revision=2, outcome=Outcome.EXACT))
        assert better is not None
        assert (better.steps[-1].event, better.state) == (AlertEvent.SIGHTED, alert.state)


def test_the_pass_that_decided_is_known_though_the_hit_did_not_list_it() -> None:
    alert = cleared(verified(build_alert()), O.NOT_LOCATED)
    listed = grow(alert, grown_hit(alert, sightings=(build_sighting(),)))
    assert listed is not None
    assert listed.steps[-1].event is AlertEvent.SIGHTED


def test_the_last_look_at_a_pass_that_people_did_not_know_counts_though_its_first_did_not_suffice() -> None:
    alert = rejected()
    first = passes_again(alert, 300, plate="ABC128", alone=Outcome.POSSIBLE)
    assert not is_reopened(first)
    last = build_sighting("ABC128", 300, camera="south", outcome=Outcome.LIKELY)
    read_well = grow(first, grown_hit(first, sightings=(*alert.hit.sightings, last)))
    surer = grow(first, msgspec.structs.replace(first.hit, revision=3, outcome=Outcome.EXACT))
    for grown in (read_well, surer):
        assert grown is not None
        assert is_reopened(grown)


def test_a_sighting_that_comes_in_after_the_alert_was_closed_counts_though_it_was_captured_before() -> None:
    assert is_reopened(passes_again(cleared(dispatched(), O.NOT_LOCATED), 25))


@pytest.mark.parametrize(
    ("before", "after", "again"),
    [
        (Outcome.POSSIBLE, Outcome.POSSIBLE, False),
        (Outcome.POSSIBLE, Outcome.LIKELY, True),
        (Outcome.POSSIBLE, Outcome.EXACT, True),
        (Outcome.LIKELY, Outcome.POSSIBLE, False),
        (Outcome.LIKELY, Outcome.LIKELY, False),
        (Outcome.LIKELY, Outcome.EXACT, True),
        (Outcome.EXACT, Outcome.POSSIBLE, False),
        (Outcome.EXACT, Outcome.LIKELY, False),
        (Outcome.EXACT, Outcome.EXACT, False),
    ],
)
def test_a_misread_comes_back_when_the_hit_is_surer_by_a_grade(before: Outcome, after: Outcome, again: bool) -> None:
    assert is_reopened(passes_again(rejected(raised(before)), outcome=after)) is again


def test_surer_is_against_what_people_saw_when_they_closed_it_and_not_against_the_sighting_before() -> None:
    alert = rejected(raised(Outcome.POSSIBLE))
    better = grow(alert, msgspec.structs.replace(alert.hit, revision=2, outcome=Outcome.LIKELY))
    assert better is not None
    assert not is_reopened(better)
    assert is_reopened(passes_again(better, outcome=Outcome.LIKELY))
    # Whoever clears it then has seen that it is likely.
    assert not is_reopened(passes_again(cleared(better, O.MISREAD), outcome=Outcome.LIKELY))


@pytest.mark.parametrize(
    ("plate", "alone", "again"),
    [
        pytest.param("ABC128", Outcome.LIKELY, True, id="another-plate-likely"),
        pytest.param("ABC128", Outcome.EXACT, True, id="another-plate-exact"),
        pytest.param("ABC128", Outcome.POSSIBLE, False, id="another-plate-merely-possible"),
        pytest.param("ABC128", None, False, id="another-plate-by-who-knows"),
        pytest.param("ABC123", Outcome.EXACT, False, id="the-same-misread"),
        pytest.param("abc-123", Outcome.EXACT, False, id="the-same-misread-written-otherwise"),
    ],
)
def test_a_misread_comes_back_when_another_plate_is_read_that_is_likely_alone(
    plate: str, alone: Outcome | None, again: bool
) -> None:
    assert is_reopened(passes_again(rejected(), plate=plate, alone=alone)) is again


def test_another_plate_that_was_read_before_people_rejected_the_alert_was_rejected_with_it() -> None:
    both = build_hit(outcome=Outcome.LIKELY, sightings=(build_sighting(), build_sighting("ABC128", 5)))
    assert not is_reopened(passes_again(rejected(build_alert(hit=both)), plate="ABC128"))


def test_another_plate_read_weakly_after_the_rejection_does_not_keep_the_alert_closed_when_it_is_read_well() -> None:
    weakly = passes_again(rejected(), 200, plate="ABC128", alone=Outcome.POSSIBLE)
    assert not is_reopened(weakly)
    assert is_reopened(passes_again(weakly, 300, plate="ABC128"))


def test_without_sightings_the_plate_that_decided_counts_as_rejected() -> None:
    alert = rejected(build_alert(hit=build_hit(outcome=Outcome.LIKELY)))
    assert not is_reopened(passes_again(alert))
    assert is_reopened(passes_again(alert, plate="ABC128"))


@pytest.mark.parametrize(
    ("grown", "said"),
    [
        (
            lambda: passes_again(cleared(dispatched(), O.NOT_LOCATED)),
            "after it was cleared as not located, now at south",
        ),
        (lambda: passes_again(unconfirmed()), "after it was not confirmed, now at south"),
        (
            lambda: passes_again(rejected(), outcome=Outcome.EXACT),
            "after it was rejected, now at south and exact",
        ),
        (
            lambda: passes_again(cleared(rejected(), O.MISREAD), plate="ABC128"),
            "after it was cleared as misread, now at south and read as ABC128",
        ),
    ],
    ids=["not-located", "not-confirmed", "surer", "another-plate"],
)
def test_the_history_says_why_the_system_brought_it_back_and_where_the_vehicle_is(
    grown: Callable[[], Alert], said: str
) -> None:
    step = grown().steps[-1]
    assert (step.by, step.role, step.reason, step.at) == ("platewatch", "system", said, moment(300))


@pytest.mark.parametrize(
    ("alert", "said"),
    [
        pytest.param(cleared(dispatched(), O.NOT_LOCATED), "now at east", id="not-located"),
        pytest.param(rejected(), "now at east and exact", id="rejected"),
    ],
)
def test_of_several_sightings_the_newest_is_named(alert: Alert, said: str) -> None:
    sightings = (*alert.hit.sightings, build_sighting(at_s=200, camera="west"), build_sighting(at_s=300, camera="east"))
    grown = grow(alert, grown_hit(alert, sightings=sightings, outcome=Outcome.EXACT))
    assert grown is not None
    assert grown.steps[-1].reason.endswith(said)


@pytest.mark.policy("KY-I.3")
def test_the_outcome_by_which_it_was_cleared_stays_in_its_history() -> None:
    again = passes_again(cleared(dispatched(), O.NOT_LOCATED))
    done = clear(verify(again, PATROL, AGREES, moment(310)), PATROL, O.RECOVERY, reason=WHY, now=moment(320))
    assert [step.outcome for step in done.steps if step.event is AlertEvent.CLEARED] == [O.NOT_LOCATED, O.RECOVERY]
    assert all(step.outcome is None for step in done.steps if step.event is not AlertEvent.CLEARED)


@pytest.mark.policy("KY-H.2")
@pytest.mark.policy("KY-IV.H.1")
def test_a_reopened_alert_is_no_ground_for_a_stop_until_a_person_compared_again() -> None:
    again = passes_again(cleared(dispatched(), O.NOT_LOCATED))
    assert not again.is_verified
    with pytest.raises(AlertRefusedError, match="compare picture and wanted plate first"):
        clear(again, PATROL, O.NO_ACTION, reason=WHY, now=moment(310))
    assert verify(again, PATROL, AGREES, moment(310)).is_verified
    assert not reject(again, PATROL, DIFFERS, reason=WHY, now=moment(310)).is_verified


@pytest.mark.policy("KY-J.2")
def test_neither_an_exigent_reason_nor_a_confirmation_of_before_counts_for_a_reopened_alert() -> None:
    exigent = dispatch(override(raised(), DISPATCHER, reason="child inside", now=moment(5)), DISPATCHER, moment(6))
    again = passes_again(cleared(exigent, O.NOT_LOCATED))
    with pytest.raises(AlertRefusedError, match="must be verified and confirmed before it is dispatched"):
        dispatch(again, DISPATCHER, moment(310))
    overridden = override(again, DISPATCHER, reason="child inside", now=moment(310))
    sent = dispatch(overridden, DISPATCHER, moment(311))
    # As after the first dispatch, what was left out is made up for: nothing of it is on record already.
    assert (
        confirm(verify(sent, DISPATCHER, AGREES, moment(312)), DISPATCHER, moment(313)).state is AlertState.DISPATCHED
    )
    confirmed = passes_again(cleared(dispatched(), O.NOT_LOCATED))
    with pytest.raises(AlertRefusedError, match="confirmed"):
        dispatch(verify(confirmed, DISPATCHER, AGREES, moment(310)), DISPATCHER, moment(311))


def test_it_escalates_again_when_nobody_takes_it_counted_from_when_it_was_seen_again() -> None:
    settings = AlertSettings(escalate_after_s=60)
    first = verify(escalate(raised(), moment(70)), DISPATCHER, AGREES, moment(80))
    again = passes_again(cleared(first, O.NOT_LOCATED))
    assert again.sounds
    assert not is_unattended(again, settings, moment(359))
    assert is_unattended(again, settings, moment(360))
    assert not is_unattended(escalate(again, moment(360)), settings, moment(10_000))


@pytest.mark.parametrize(
    "alert",
    [
        pytest.param(build_alert(hit=build_hit(outcome=Outcome.POSSIBLE)), id="possible"),
        pytest.param(build_alert(hit=build_hit(historical=True)), id="historical"),
        pytest.param(build_alert(hit=build_hit(late=True)), id="late"),
        pytest.param(build_alert(purpose=AlertPurpose.EXERCISE), id="exercise"),
    ],
)
def test_what_is_no_siren_comes_back_silently(alert: Alert) -> None:
    again = passes_again(cleared(verified(alert), O.NOT_LOCATED))
    assert is_reopened(again)
    assert not again.sounds


def test_it_can_be_closed_and_come_back_again_and_what_was_rejected_once_counts_no_more() -> None:
    again = passes_again(rejected(raised(Outcome.POSSIBLE)), outcome=Outcome.LIKELY)
    once_more = clear(verify(again, PATROL, AGREES, moment(310)), PATROL, O.NOT_LOCATED, reason=WHY, now=moment(320))
    assert is_reopened(passes_again(once_more, 400))


def test_what_was_rejected_again_stays_closed_by_the_grade_that_it_has_now() -> None:
    again = passes_again(rejected(raised(Outcome.POSSIBLE)), outcome=Outcome.LIKELY)
    seen = Comparison(plate_read="A8C123", state_agrees=True, vehicle_agrees=True)
    closed = reject(again, PATROL, seen, reason=WHY, now=moment(310))
    assert not is_reopened(passes_again(closed, 400))
    assert is_reopened(passes_again(closed, 400, outcome=Outcome.EXACT))
