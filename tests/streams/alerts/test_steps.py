from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from streams.alerts.steps import clear, confirm, dispatch, not_confirm, override, reject, take, verify
from streams.alerts.transitions import AlertRefusedError
from streams.codec import decode, encode
from streams.people import Actor, Role
from streams.records import Alert, AlertEvent, AlertPurpose, AlertState, ClearedOutcome, Outcome
from tests.alert_builders import (
    AGREES,
    DIFFERS,
    DISPATCHER,
    OTHER_DISPATCHER,
    PATROL,
    build_dispatched_unseen,
    build_in,
    build_possible,
)
from tests.builders import build_alert, build_hit, moment

WHY = "why"


@pytest.mark.policy("KY-IV.H.1")
@pytest.mark.policy("KY-I.1")
@pytest.mark.policy("KY-I.3")
def test_an_alert_walks_from_its_hit_to_its_outcome_and_each_step_says_who_when_and_why() -> None:
    alert = build_in(AlertState.CLEARED)
    assert [(step.event, step.by, step.role, step.reason) for step in alert.steps] == [
        ("raised", "platewatch", "system", ""),
        ("verified", "Dispatcher Reed", "dispatcher", ""),
        ("confirmed", "Dispatcher Reed", "dispatcher", ""),
        ("dispatched", "Dispatcher Reed", "dispatcher", ""),
        ("cleared", "Officer Lane", "patrol", "driver in custody"),
    ]
    assert [step.at for step in alert.steps] == [moment(0.2), moment(10), moment(20), moment(30), moment(40)]
    assert alert.steps[1].comparison == AGREES
    assert (alert.state, alert.revision, alert.outcome) == (AlertState.CLEARED, 5, ClearedOutcome.ARREST)
    assert alert.is_verified
    assert decode(Alert, encode(alert)).record == alert


@pytest.mark.parametrize("purpose", list(AlertPurpose))
def test_what_is_no_actual_alert_walks_the_same_way(purpose: AlertPurpose) -> None:
    alert = verify(build_alert(purpose=purpose), DISPATCHER, AGREES, moment(10))
    alert = dispatch(confirm(alert, DISPATCHER, moment(20)), DISPATCHER, moment(30))
    assert clear(alert, PATROL, ClearedOutcome.NO_ACTION, reason=WHY, now=moment(40)).purpose is purpose


def test_whoever_takes_the_first_step_has_the_alert_and_another_can_take_it_over() -> None:
    alert = verify(build_alert(), DISPATCHER, AGREES, moment(10))
    assert alert.taken_by == DISPATCHER.name
    taken = take(alert, OTHER_DISPATCHER, moment(20))
    assert (taken.taken_by, taken.state) == (OTHER_DISPATCHER.name, AlertState.VERIFIED)
    assert confirm(taken, DISPATCHER, moment(30)).taken_by == OTHER_DISPATCHER.name


def test_time_never_runs_back_even_when_a_clock_does() -> None:
    alert = verify(build_alert(), DISPATCHER, AGREES, moment(100))
    alert = confirm(alert, DISPATCHER, moment(50))
    assert alert.steps[-1].at == moment(100.001)


@pytest.mark.policy("KY-J.2")
def test_without_confirmation_only_a_recorded_exigent_reason_lets_an_alert_be_dispatched() -> None:
    for alert in (build_in(AlertState.RECEIVED), build_in(AlertState.VERIFIED)):
        with pytest.raises(AlertRefusedError, match="confirmed before it is dispatched, or overridden with an exigent"):
            dispatch(alert, DISPATCHER, moment(50))
        with pytest.raises(AlertRefusedError, match="say what the exigent circumstances are"):
            override(alert, DISPATCHER, reason=" ", now=moment(50))
        overridden = override(alert, DISPATCHER, reason="shots fired", now=moment(50))
        assert (overridden.state, overridden.steps[-1].reason) == (alert.state, "shots fired")
        assert dispatch(overridden, DISPATCHER, moment(51)).state is AlertState.DISPATCHED


@pytest.mark.policy("KY-J.2")
def test_a_possible_hit_is_dispatched_only_once_a_person_typed_the_plate_override_or_not() -> None:
    possible = build_possible()
    with pytest.raises(AlertRefusedError, match="only possible: a person must first type the plate they see"):
        override(possible, DISPATCHER, reason=WHY, now=moment(10))
    with pytest.raises(AlertRefusedError, match="only possible"):
        dispatch(possible, DISPATCHER, moment(10))
    verified = verify(possible, DISPATCHER, AGREES, moment(20))
    overridden = override(verified, DISPATCHER, reason=WHY, now=moment(30))
    assert dispatch(overridden, DISPATCHER, moment(40)).state is AlertState.DISPATCHED


def test_an_alert_that_became_doubtful_after_its_override_is_not_dispatched_unseen() -> None:
    overridden = override(build_alert(), DISPATCHER, reason=WHY, now=moment(10))
    doubtful = msgspec.structs.replace(overridden, hit=build_hit(outcome=Outcome.POSSIBLE))
    with pytest.raises(AlertRefusedError, match="only possible"):
        dispatch(doubtful, DISPATCHER, moment(20))


@pytest.mark.policy("KY-IV.H.1")
def test_what_an_exigent_dispatch_left_out_is_made_up_for() -> None:
    alert = build_dispatched_unseen()
    assert not alert.is_verified
    alert = verify(alert, DISPATCHER, AGREES, moment(20))
    alert = confirm(alert, DISPATCHER, moment(30))
    assert (alert.state, alert.is_verified) == (AlertState.DISPATCHED, True)
    assert alert.steps[-1].event is AlertEvent.CONFIRMED


@pytest.mark.policy("KY-IV.H.1")
def test_an_exigent_dispatch_is_called_off_by_an_answer_that_disagrees() -> None:
    rejected = reject(build_dispatched_unseen(), DISPATCHER, DIFFERS, reason=WHY, now=moment(20))
    assert (rejected.state, rejected.is_verified) == (AlertState.REJECTED, False)
    verified = verify(build_dispatched_unseen(), DISPATCHER, AGREES, moment(20))
    assert not_confirm(verified, DISPATCHER, reason=WHY, now=moment(30)).state is AlertState.NOT_CONFIRMED


NOBODY = Actor("  ", Role.DISPATCHER)
AUDITOR = Actor("Auditor Webb", Role.AUDITOR)
S = AlertState


@pytest.mark.parametrize(
    ("step", "said"),
    [
        pytest.param(lambda: take(build_in(S.RECEIVED), NOBODY, moment(50)), "who does this is missing", id="nobody"),
        pytest.param(lambda: take(build_in(S.VERIFIED), DISPATCHER, moment(50)), "has the alert already", id="twice"),
        pytest.param(lambda: take(build_in(S.RECEIVED), AUDITOR, moment(50)), "in the role auditor", id="auditor"),
        pytest.param(
            lambda: reject(build_in(S.RECEIVED), DISPATCHER, DIFFERS, reason="", now=moment(50)),
            "say why you reject", id="no-reason",
        ),
        pytest.param(
            lambda: not_confirm(build_in(S.VERIFIED), DISPATCHER, reason="", now=moment(50)),
            "say why the record is not confirmed", id="no-reason-why-unconfirmed",
        ),
        pytest.param(
            lambda: clear(build_in(S.REJECTED), PATROL, ClearedOutcome.MISREAD, reason="", now=moment(50)),
            "say why you clear", id="no-reason-why-cleared",
        ),
        pytest.param(
            lambda: confirm(build_in(S.RECEIVED), DISPATCHER, moment(50)), "verify or reject it", id="unverified"
        ),
        pytest.param(lambda: confirm(build_in(S.VERIFIED), PATROL, moment(50)), "ask a dispatcher", id="patrol"),
        pytest.param(
            lambda: confirm(build_dispatched_unseen(), DISPATCHER, moment(50)), "is not verified", id="confirm-unseen"
        ),
        pytest.param(
            lambda: verify(build_in(S.DISPATCHED), DISPATCHER, AGREES, moment(50)), "verified already", id="seen-twice"
        ),
        pytest.param(
            lambda: reject(build_in(S.DISPATCHED), DISPATCHER, DIFFERS, reason=WHY, now=moment(50)),
            "verified already; clear it", id="rejected-after-verified",
        ),
        pytest.param(
            lambda: not_confirm(build_in(S.DISPATCHED), DISPATCHER, reason=WHY, now=moment(50)),
            "confirmed already; clear it", id="unconfirmed-after-confirmed",
        ),
        pytest.param(
            lambda: override(
                override(build_in(S.RECEIVED), DISPATCHER, reason=WHY, now=moment(50)),
                DISPATCHER, reason=WHY, now=moment(60),
            ),
            "on record already; dispatch", id="overridden-twice",
        ),
        pytest.param(
            lambda: override(build_in(S.NOT_CONFIRMED), DISPATCHER, reason=WHY, now=moment(50)),
            "clear it", id="override-of-what-is-not-outstanding",
        ),
        pytest.param(
            lambda: clear(build_in(S.RECEIVED), DISPATCHER, ClearedOutcome.NO_ACTION, reason=WHY, now=moment(50)),
            "compare picture and wanted plate first", id="cleared-unseen",
        ),
    ],
)  # fmt: skip
def test_a_step_that_does_not_fit_is_refused_with_what_to_do(step: Callable[[], Alert], said: str) -> None:
    with pytest.raises(AlertRefusedError, match=said):
        step()
